"""The commands of one connection: identifiers, Connect, descriptors, completions, queue head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from traffic.nvmeof import nvme
from traffic.nvmeof.controllers import Controller, Controllers, Key
from traffic.nvmeof.cutter import Pdu
from traffic.nvmeof.nvme import NVMeConnect, NVMeConnectData
from traffic.nvmeof.rules import Side

Report = Callable[[str, Side, str], None]
ADMIN_IN_CAPSULE: Final = 8192
_MUST_FETCH: Final = frozenset((nvme.WRITE, nvme.COMPARE))
_NO_FLOW_CONTROL: Final = 0xFFFF  # SQHD of a controller that gives it up


@dataclass(slots=True)
class Outstanding:
    """A command without completion, and how far its data are."""

    sqe: Any
    direction: int
    length: int
    """Bytes that travel in data PDUs, by its descriptor."""
    fetched: int = 0
    asked: int = 0
    sent: int = 0
    last: bool = False
    requests: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Open R2Ts: tag -> offset that is due, end."""
    data: bytes = b""
    """The first bytes of its data, of the commands whose data matter here."""

    @property
    def is_connect(self) -> bool:
        """Whether this makes the connection a queue."""
        return isinstance(self.sqe, NVMeConnect)

    @property
    def is_kept(self) -> bool:
        """Whether the data that come back say what later rules depend on."""
        return bool(self.sqe.opcode == nvme.IDENTIFY)


class Queue:
    """Follows commands and completions; `transfers` follows the data between them."""

    def __init__(self, server: str, controllers: Controllers, report: Report) -> None:
        self.commands: dict[int, Outstanding] = {}
        self.now = 0.0
        self._server = server
        self._controllers = controllers
        self._controller: Controller | None = None
        self._key: Key | None = None
        self._report = report
        self._connecting = self._connected = self._told = False
        self._qid = 0
        self._size = 0
        self._flow_control = True
        self._submitted = self._consumed = self._completed = 0

    def command(self, pdu: Pdu) -> None:
        """Check a command capsule."""
        sqe = pdu.layer.sqe
        cid = int(sqe.cid)
        if cid in self.commands:
            self._report("cid-in-use", Side.HOST, f"command {cid} is outstanding already")
        self._check_order(sqe)
        self._check_size(sqe)
        self._keep_alive()
        length = self._check_descriptor(sqe, pdu.data_size)
        made = Outstanding(sqe, nvme.direction_of(sqe), length)
        if isinstance(sqe, NVMeConnect):
            made.data = pdu.data
            self._check_connect(sqe)
        self.commands[cid] = made

    def _check_order(self, sqe: Any) -> None:
        connect = isinstance(sqe, NVMeConnect)
        if self._connected:
            if connect:
                self._report("connect-twice", Side.HOST, f"Connect of queue {int(sqe.qid)}")
        elif self._connecting:
            self._report("before-connect", Side.HOST, f"command {int(sqe.cid)} is too early")
        elif not connect and not self._told:
            self._told = True  # once is enough: every further command would say the same
            self._report("connect-first", Side.HOST, f"opcode {int(sqe.opcode):#04x} came first")

    def _check_connect(self, sqe: Any) -> None:
        if not self._connected:
            self._connecting = True
            self._size = int(sqe.sqsize) + 1 if int(sqe.sqsize) else 0
        if int(sqe.recfmt):
            self._report("connect-field", Side.HOST, f"RECFMT {int(sqe.recfmt)}")
        if not int(sqe.sqsize):
            self._report("connect-field", Side.HOST, "a queue of one entry")
        if int(sqe.sgl.length) != nvme.CONNECT_DATA_SIZE:
            self._report("connect-field", Side.HOST, f"{int(sqe.sgl.length)} bytes of data")

    def _check_size(self, sqe: Any) -> None:
        self._submitted += 1
        if not self._size:
            return
        used = self._submitted - self._consumed if self._flow_control else len(self.commands) + 1
        if used >= max(self._size, 2):
            self._report(
                "queue-full", Side.HOST, f"command {int(sqe.cid)}: {used} of {self._size - 1} used"
            )

    def _check_descriptor(self, sqe: Any, inside: int) -> int:
        """Check command flags and descriptor; returns the bytes that data PDUs will carry."""
        if int(sqe.psdt) != nvme.PSDT_SGL:
            self._report("psdt", Side.HOST, f"PSDT {int(sqe.psdt)}")
        kind, length, offset = sqe.sgl.kind, int(sqe.sgl.length), int(sqe.sgl.address)
        if kind not in (nvme.IN_CAPSULE, nvme.TRANSPORT):
            self._report("sgl-type", Side.HOST, f"descriptor type {kind:#04x}")
            return 0
        described = offset + length if kind == nvme.IN_CAPSULE and length else 0
        if described != inside:
            message = f"command {int(sqe.cid)}: {inside} bytes in the capsule, not {described}"
            self._report("sgl-length", Side.HOST, message)
        elif described and not nvme.direction_of(sqe) & 1:
            self._report("sgl-length", Side.HOST, "data in the capsule of a command that reads")
        limit = ADMIN_IN_CAPSULE
        if self._qid and self._controller is not None and self._controller.in_capsule is not None:
            limit = max(self._controller.in_capsule, 0)
            if int(sqe.opcode) == nvme.FABRICS:
                limit = max(limit, ADMIN_IN_CAPSULE)
        elif self._qid:
            return length if kind == nvme.TRANSPORT else 0
        if inside > limit:
            self._report("in-capsule", Side.HOST, f"{inside} bytes, {limit} are taken")
        return length if kind == nvme.TRANSPORT else 0

    def response(self, pdu: Pdu) -> None:
        """Check a completion."""
        cqe = pdu.layer.cqe
        command = self.commands.pop(int(cqe.cid), None)
        if command is None:
            self._report("cqe-cid", Side.CONTROLLER, f"completion of {int(cqe.cid)}")
            return
        if int(cqe.phase):
            self._report("cqe-field", Side.CONTROLLER, "phase tag set")
        if int(cqe.sqid) not in (0, int(command.sqe.qid) if command.is_connect else self._qid):
            self._report("cqe-field", Side.CONTROLLER, f"completion for queue {int(cqe.sqid)}")
        self._completed += 1
        if command.is_connect and int(cqe.status) == 0:
            self._accepted(command, cqe)
        elif command.is_connect:
            self._connecting = False
        self._check_head(int(cqe.sqhd))
        if int(cqe.status) == 0:
            self._check_transferred(int(cqe.cid), command)
            self._learn(command)

    def silently_completed(self, cid: int) -> None:
        """Forget a command whose last data said SUCCESS: no completion follows."""
        command = self.commands.pop(cid)
        self._completed += 1
        self._check_transferred(cid, command)
        self._learn(command)

    @property
    def flow_control(self) -> bool:
        """Whether the head of the submission queue is told; SUCCESS flags need that it isn't."""
        return self._flow_control

    def _check_head(self, head: int) -> None:
        if not self._flow_control or not self._size:
            return
        if head >= self._size:
            message = f"head {head} of a queue of {self._size}"
            self._report("cqe-sqhd", Side.CONTROLLER, message)
            return
        consumed = self._consumed + (head - self._consumed) % self._size
        if not self._completed <= consumed <= self._submitted:
            message = (
                f"head {head}: {consumed} commands taken,"
                f" {self._submitted} sent and {self._completed} completed"
            )
            self._report("cqe-sqhd", Side.CONTROLLER, message)
            consumed = self._completed
        self._consumed = consumed

    def _check_transferred(self, cid: int, command: Outstanding) -> None:
        what, done, due = "fetched", command.fetched, 0
        if command.requests:
            due = command.asked
        opcode = int(command.sqe.opcode)
        if command.is_connect or (self._qid and opcode in _MUST_FETCH):
            due = max(due, command.length)
        elif self._qid and opcode == nvme.READ:
            what, done, due = "sent", command.sent, command.length
        if done < due:
            message = f"command {cid}: success with {done} of {due} bytes {what}"
            self._report("cqe-early", Side.CONTROLLER, message)
        if command.sent and not command.last:
            self._report("c2h-last", Side.CONTROLLER, f"command {cid}: no LAST in its data")

    def _learn(self, command: Outstanding) -> None:
        controller, sqe = self._controller, command.sqe
        if controller is None or self._qid:
            return
        if sqe.opcode == nvme.IDENTIFY and int(sqe.cdw10) & 0xFF == 1:
            controller.identified(command.data)
        elif sqe.opcode == nvme.SET_FEATURES and int(sqe.cdw10) & 0xFF == nvme.FEATURE_KEEP_ALIVE:
            controller.kato = int(sqe.cdw11) / 1000

    def _accepted(self, command: Outstanding, cqe: Any) -> None:
        sqe, data = command.sqe, NVMeConnectData(command.data[: nvme.CONNECT_DATA_SIZE])
        self._connecting, self._connected = False, True
        self._qid, self._size = int(sqe.qid), int(sqe.sqsize) + 1
        self._flow_control = not (
            int(sqe.cattr) & nvme.DISABLE_FLOW_CONTROL and int(cqe.sqhd) == _NO_FLOW_CONTROL
        )
        if len(command.data) < nvme.CONNECT_DATA_SIZE:
            return
        cntlid = int(cqe.result) & 0xFFFF
        self._key = (self._server, bytes(data.subnqn).rstrip(b"\0"), cntlid)
        host = (bytes(data.hostid), bytes(data.hostnqn).rstrip(b"\0"))
        if not self._qid:
            self._controller = Controller(host, int(sqe.kato) / 1000, self.now)
            self._controllers.add(self._key, self._controller)
        else:
            self._join(host)

    def _join(self, host: tuple[bytes, bytes]) -> None:
        assert self._key is not None
        controller = self._controller = self._controllers.find(self._key)
        if controller is None:
            return  # its admin queue is older than the capture
        if controller.host != host:
            message = f"queue {self._qid} for {host[1]!r}, not {controller.host[1]!r}"
            self._report("connect-host", Side.CONTROLLER, message)
        if self._qid in controller.queues:
            self._report("connect-qid", Side.CONTROLLER, f"queue {self._qid} exists")
        controller.queues.add(self._qid)

    def _keep_alive(self) -> None:
        controller = self._controller
        if controller is None or not self._connected:
            return
        self.check_silence()
        if not self._qid or controller.traffic_counts:
            controller.active = self.now

    def check_silence(self) -> None:
        """Report a host that let the keep-alive time-out pass (admin queue only)."""
        controller = self._controller
        if controller is None or self._qid or not controller.kato:
            return
        silence = self.now - controller.active
        if silence > controller.kato:
            message = f"{silence:.3f} s without a command, time-out {controller.kato:.3f} s"
            self._report("keep-alive", Side.HOST, message)
            controller.active = self.now

    def close(self) -> None:
        """Forget what the other connections know of this one."""
        if self._key is None or self._controller is None:
            return
        if self._qid:
            self._controller.queues.discard(self._qid)
        elif self._controllers.find(self._key) is self._controller:
            self._controllers.remove(self._key)
        self._controller = None
