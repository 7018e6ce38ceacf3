"""Send an illegal PDU to a controller, say what came back, and whether it still serves others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from traffic.errors import TrafficError
from traffic.nvmeof import nvme_tcp as tcp
from traffic.nvmeof.builders import Dialect, agreed, connect, connect_data
from traffic.nvmeof.connection import CONTROLLER, HOST, ConnectionChecker
from traffic.nvmeof.controllers import Controllers
from traffic.nvmeof.cutter import Cutter, FramingError, Pdu
from traffic.nvmeof.demands import Kind, Reaction
from traffic.nvmeof.illegal import CID, Illegal, Situation, Stage
from traffic.nvmeof.nvme import NVMePropertyGet, NVMePropertySet
from traffic.nvmeof.nvme_tcp import NVMeTCP, NVMeTCPICReq
from traffic.nvmeof.rules import Side, Violation

_CHUNK: Final = 1 << 16
_MAX_H2C: Final = 1 << 24
_CONNECT_CID, _ENABLE_CID, _STATUS_CID = 1, 2, 3
_CC, _CSTS, _ENABLE, _READY = 0x14, 0x1C, 0x460001, 1
_CLOSE_GRACE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, and as whom; `timeout` in seconds for each answer."""

    address: str
    port: int
    subnqn: str
    hostnqn: str
    timeout: float = 5.0


@dataclass
class Outcome:
    """What an illegal PDU led to."""

    reaction: Reaction
    as_demanded: bool
    alive: bool
    """A new connection was served afterwards."""
    violations: list[Violation] = field(default_factory=list)
    """What the controller did wrong on the way, by the checker."""

    def as_json(self) -> dict[str, Any]:
        """Return it for printing."""
        return self.reaction.as_json() | {
            "as_demanded": self.as_demanded,
            "alive": self.alive,
            "violations": [one.as_json() for one in self.violations],
        }


class _Line:
    """A connection, with everything that passes shown to the checker."""

    def __init__(self, target: Target) -> None:
        self._target = target
        try:
            self._socket = socket.create_connection((target.address, target.port), target.timeout)
        except OSError as error:
            raise TrafficError(f"{target.address}:{target.port}: {error}") from error
        self.violations: list[Violation] = []
        name = f"probe > {target.address}:{target.port}"
        self._checker = ConnectionChecker(
            name, target.address, Controllers(), self.violations.append
        )
        self._cutter = Cutter()
        self._packet = 0
        self._arrived: list[Pdu] = []
        self.closed = False

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes, *, end: bool = False) -> None:
        self._show(HOST, data)
        try:
            self._socket.sendall(data)
            if end:
                self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            # Refused before it was read as a whole; what was answered is still to be read.
            pass

    def receive(self, seconds: float) -> Pdu | None:
        """Return the next PDU; None when the time is over or the connection closed."""
        deadline = time.monotonic() + seconds
        while not self._arrived and not self.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._read(left)
        return self._arrived.pop(0) if self._arrived else None

    def _read(self, seconds: float) -> None:
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(_CHUNK)
        except TimeoutError:
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        self._show(CONTROLLER, data)
        try:
            self._arrived += self._cutter.feed(data)
        except FramingError as error:
            raise TrafficError(f"the answer is no NVMe/TCP: {error}") from error

    def _show(self, direction: int, data: bytes) -> None:
        self._packet += 1
        self._checker.feed(direction, data, self._packet, time.monotonic())

    def wait_closed(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.closed and (left := deadline - time.monotonic()) > 0:
            self._read(left)
        return self.closed

    def expect(self, kind: int) -> Any:
        """Return the layer of the next PDU, of type `kind`. Raises TrafficError for another."""
        pdu = self.receive(self._target.timeout)
        if pdu is None or pdu.kind != kind:
            what = "nothing" if pdu is None else tcp.PDU_TYPES[pdu.kind]
            raise TrafficError(f"{what} came, not the {tcp.PDU_TYPES[kind]} of a legal beginning")
        return pdu.layer


@contextmanager
def _line(target: Target) -> Iterator[_Line]:
    line = _Line(target)
    try:
        yield line
    finally:
        line.close()


def send_illegal(target: Target, illegal: Illegal) -> Outcome:
    """Bring a connection to where the PDU belongs, send it, and watch.

    Raises TrafficError when there is no such target, or it refuses the legal beginning.
    """
    with _line(target) as line:
        situation = _prepare(line, target, illegal)
        line.send(illegal.make(situation), end=illegal.cut)
        cid = situation.cid if illegal.stage is Stage.TRANSFER else CID
        reaction = _watch(line, target.timeout, cid)
    met = any(one.met(reaction) for one in illegal.demands)
    found = [one for one in line.violations if one.side is Side.CONTROLLER]
    return Outcome(reaction, met, _is_alive(target), found)


def _prepare(line: _Line, target: Target, illegal: Illegal) -> Situation:
    if illegal.stage is Stage.FIRST:
        return Situation(Dialect(), target.subnqn)
    dialect = _shake_hands(line, digests=illegal.digests)
    situation = Situation(dialect, target.subnqn)
    if illegal.stage is Stage.TRANSFER:
        return _await_r2t(line, target, situation)
    if illegal.stage is Stage.ADMIN:
        _connect(line, target, dialect)
    return situation


def _shake_hands(line: _Line, *, digests: bool) -> Dialect:
    wanted = Dialect(header_digest=digests, data_digest=digests)
    request = wanted.ic_req()
    line.send(bytes(request))
    dialect = agreed(request, line.expect(tcp.IC_RESP))
    if digests and not (dialect.header_digest and dialect.data_digest):
        raise TrafficError("the target grants no digests")
    if dialect.max_h2c > _MAX_H2C:
        raise TrafficError(f"MAXH2CDATA {dialect.max_h2c} is more than is tried here")
    return dialect


def _await_r2t(line: _Line, target: Target, situation: Situation) -> Situation:
    command = connect(inside=False, cid=_CONNECT_CID)
    line.send(bytes(situation.dialect.command(command)))
    asked = line.expect(tcp.R2T)
    return Situation(
        situation.dialect, target.subnqn, int(asked.cccid), int(asked.ttag), int(asked.r2tl)
    )


def _connect(line: _Line, target: Target, dialect: Dialect) -> None:
    """Connect an Admin queue and wait until the controller is ready."""
    data = connect_data(target.subnqn, target.hostnqn)
    _succeed(line, dialect.command(connect(cid=_CONNECT_CID), data))
    enable = NVMePropertySet(cid=_ENABLE_CID, offset=_CC, value=_ENABLE)
    _succeed(line, dialect.command(enable))
    ask = bytes(dialect.command(NVMePropertyGet(cid=_STATUS_CID, offset=_CSTS)))
    deadline = time.monotonic() + target.timeout
    while True:
        line.send(ask)
        if int(line.expect(tcp.CAPSULE_RESP).cqe.result) & _READY:
            return
        if time.monotonic() > deadline:
            raise TrafficError("the controller does not become ready")


def _succeed(line: _Line, command: NVMeTCP) -> None:
    line.send(bytes(command))
    cqe = line.expect(tcp.CAPSULE_RESP).cqe
    if cqe.status:
        raise TrafficError(
            f"the target refuses a legal beginning: status {cqe.status:#x}",
            "name a subsystem and a host that it serves: --subnqn, --hostnqn",
        )


def _watch(line: _Line, seconds: float, cid: int) -> Reaction:
    """Return the first PDU that answers, what else comes notwithstanding."""
    deadline = time.monotonic() + seconds
    other = False
    while (pdu := line.receive(deadline - time.monotonic())) is not None:
        layer = pdu.layer
        if pdu.kind == tcp.C2H_TERM:
            closed = line.wait_closed(max(deadline - time.monotonic(), _CLOSE_GRACE))
            return Reaction(Kind.TERMREQ, int(layer.fes), int(layer.fei), closed)
        if pdu.kind == tcp.CAPSULE_RESP and int(layer.cqe.cid) == cid:
            return Reaction(Kind.COMPLETION, layer.cqe.status, int(layer.cqe.result), line.closed)
        other = True
    if other:
        return Reaction(Kind.OTHER, closed=line.closed)
    return Reaction(Kind.CLOSE if line.closed else Kind.NOTHING, closed=line.closed)


def _is_alive(target: Target) -> bool:
    """Whether a new connection gets its handshake."""
    try:
        with _line(target) as line:
            line.send(bytes(NVMeTCPICReq()))
            line.expect(tcp.IC_RESP)
    except TrafficError:
        return False
    return True
