"""The controller's end of a connection: one queue, commands in, data and completions out."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nvmetcp import sgl
from nvmetcp.command import Direction
from nvmetcp.connection import Connection, State, fault
from nvmetcp.decoder import IC_RULE, TERM_RULE, Rule, controller_rules
from nvmetcp.errors import FatalError, LocalProtocolError
from nvmetcp.events import CommandArrived, DataArrived, Event, Opened
from nvmetcp.pdu import (
    AT_CCCID,
    AT_FLAGS,
    AT_TTAG,
    CAPSULE_CMD_SIZE,
    LAST,
    R2T,
    SHORT_SIZE,
    SUCCESS,
    CapsuleCmd,
    Framing,
    H2CData,
    ICReq,
    ICResp,
    PduType,
    encode_c2h_data,
    encode_ic_resp,
    encode_r2t,
    encode_response,
)
from nvmetcp.record import Buffer
from nvmetcp.status import Completion, Status, failure

ADMIN_IN_CAPSULE = 8192
FIRST_QUEUE_SIZE = 32  # until Connect tells the size
AT_COMMAND_CID = 10
TAGS = 1 << 16
_TO_HOST = int(Direction.CONTROLLER_TO_HOST)
_TO_CONTROLLER = int(Direction.HOST_TO_CONTROLLER)

# For `answer_at_once`. A capsule: common header, opcode and flags, cid, nsid, length and type of
# data, first block, dword 12. A data PDU: common header, cid, length. A response: common header,
# sq_head, sq_id, cid. The common header is one number; its upper half is the length of the PDU.
_CAPSULE = struct.Struct("<QHHI24xIIQI12x")
_DATA_PDU = struct.Struct("<QHxxxxxxI4x")
_RESPONSE = struct.Struct("<Q8xHHHxx")
_BARE_CAPSULE = PduType.CAPSULE_CMD | CAPSULE_CMD_SIZE << 16
_NO_DATA_CAPSULE = _BARE_CAPSULE | CAPSULE_CMD_SIZE << 32
_DATA_CAPSULE = _BARE_CAPSULE | CAPSULE_CMD_SIZE << 24
_LAST_DATA = PduType.C2H_DATA | LAST << 8 | SHORT_SIZE << 16 | SHORT_SIZE << 24
_GOOD_RESPONSE = PduType.CAPSULE_RESP | SHORT_SIZE << 16 | SHORT_SIZE << 32
_READ, _WRITE = 0x02 | sgl.PSDT_SGL << 8, 0x01 | sgl.PSDT_SGL << 8
_ZERO = bytes(8)
_TRANSPORT, _IN_CAPSULE = sgl.TRANSPORT_DATA_BLOCK << 24, sgl.IN_CAPSULE_DATA_BLOCK << 24


@dataclass(frozen=True, slots=True)
class ControllerConfig:
    """What a controller grants. Sizes in bytes; `max_transfer` bounds the data of one command."""

    header_digest: bool = True
    data_digest: bool = True
    cpda: int = 0
    max_h2c_data: int = 131072
    in_capsule: int = ADMIN_IN_CAPSULE
    max_transfer: int = 131072
    r2t_size: int = 131072


@dataclass(slots=True)
class _Outstanding:
    """A command under way: its transport data, and how far it went."""

    direction: int
    length: int
    sent: int = 0
    finished: bool = False
    asked: int = 0
    received: int = 0
    requests: dict[int, tuple[int, int]] | None = None  # ttag -> next, end


QuickRead = tuple[int, int, int, int, int]
"""A Read: command identifier, namespace, first block, `control`, bytes of data."""


class Disk(Protocol):
    """Carries out commands at once, or leaves them. `control` is dword 12 of the command."""

    def read_at_once(self, reads: list[QuickRead]) -> Sequence[Buffer]:
        """Return the data of the first of them, as many as are possible, as long as asked for."""

    def write_at_once(self, nsid: int, slba: int, control: int, data: memoryview) -> bool:
        """Take `data`; False to leave the command to `receive`."""


class ControllerConnection(Connection):
    """`receive` yields commands; answer each with `complete` or `respond`, in any order."""

    def __init__(self, config: ControllerConfig | None = None) -> None:
        rules: dict[int, Rule] = {PduType.IC_REQ: IC_RULE, PduType.H2C_TERM_REQ: TERM_RULE}
        super().__init__(rules, PduType.C2H_TERM_REQ)
        self.config = config or ControllerConfig()
        self.queue_id = 0
        self.queue_size = FIRST_QUEUE_SIZE
        self.flow_control = True
        self._sq_head = 0
        self._maxr2t = 0
        self._next_tag = 0
        self._outstanding: dict[int, _Outstanding] = {}
        self._tags: dict[int, int] = {}
        self._handlers |= {
            ICReq: self._opened,
            CapsuleCmd: self._command,
            H2CData: self._data,
        }

    @property
    def outstanding(self) -> frozenset[int]:
        """The identifiers of the commands without completion."""
        return frozenset(self._outstanding)

    def queue_created(self, queue_id: int, size: int, *, flow_control: bool = True) -> None:
        """Take over what Connect told: call it before completing Connect. `size` in entries."""
        self.queue_id = queue_id
        self.queue_size = size
        self.flow_control = flow_control
        # Connect itself took the first entry.
        self._sq_head = 1 % size
        if queue_id:
            config = self.config
            self._decoder.rules = controller_rules(config.in_capsule, config.max_h2c_data)

    def request_data(self, cid: int) -> None:
        """Ask for the data of a command, all of it, as fast as the host allows.

        Raises LocalProtocolError when the command has no data to ask for or was asked before.
        """
        command = self._find(cid)
        if not command.direction & _TO_CONTROLLER or not command.length:
            raise LocalProtocolError(f"command {cid} has no data to ask for")
        if command.asked:
            raise LocalProtocolError(f"the data of command {cid} were asked for")
        self._request_more(cid, command)

    def send_data(self, cid: int, data: Buffer, *, last: bool = True, flags: int = 0) -> None:
        """Send the next part of a command's data. Raises LocalProtocolError if it is too much."""
        command = self._find(cid)
        end = command.sent + len(data)
        if not command.direction & _TO_HOST or command.finished:
            raise LocalProtocolError(f"command {cid} takes no data")
        if not len(data) or end > command.length:
            message = f"command {cid}: {command.sent} + {len(data)} of {command.length} bytes"
            raise LocalProtocolError(message)
        flags |= LAST if last else 0
        self._out += encode_c2h_data(self._sending, cid, command.sent, data, flags)
        command.sent = end
        command.finished = last

    def respond(self, cid: int, data: Buffer) -> None:
        """Send all data of a command and complete it with success."""
        if self.flow_control:
            self.send_data(cid, data)
            self.complete(Completion(cid))
        else:
            self.send_data(cid, data, flags=SUCCESS)
            del self._outstanding[cid]

    def fail(self, cid: int, status: Status, result: int = 0) -> None:
        """Complete a command with an error status."""
        self.complete(failure(cid, status, result))

    def complete(self, completion: Completion) -> None:
        """Complete a command; the queue's number and head are filled in here.

        Raises LocalProtocolError for an unknown command and while its data are on their way.
        """
        command = self._find(completion.cid)
        if command.requests:
            raise LocalProtocolError(f"command {completion.cid} still waits for data")
        if command.sent and not command.finished and completion.succeeded:
            raise LocalProtocolError(f"command {completion.cid} has not sent its last data")
        completion.sq_id = self.queue_id
        completion.sq_head = self._sq_head if self.flow_control else 0xFFFF
        self._out.append(encode_response(self._sending, completion.pack()))
        del self._outstanding[completion.cid]

    def answer_at_once(self, data: Buffer, disk: Disk, room: int) -> int:
        """Answer the Reads, and Writes with data in their capsule, that `data` begins with.

        Does what `receive`, `respond` and `complete` would, in a quarter of the time: without
        events, for commands that need no waiting on an I/O queue without digests. Ends before
        anything else, and once the answers exceed `room` bytes. Returns how many bytes are done
        with; the rest is for `receive`.
        """
        if not self._quick():
            return 0
        view = memoryview(data)
        start, end = 0, len(view)
        while room > 0 and end - start >= CAPSULE_CMD_SIZE:
            pdu, operation, cid, nsid, length, kind, slba, control = _CAPSULE.unpack_from(
                view, start
            )
            if operation == _READ:
                reads = self._leading_reads(view[start:], room)
                contents = disk.read_at_once(reads) if reads else ()
                if not contents:
                    break
                room -= self._answer_reads(reads, contents)
                start += CAPSULE_CMD_SIZE * len(contents)
            elif operation == _WRITE and kind == _IN_CAPSULE and cid not in self._outstanding:
                inside = self._inside(view[start:], pdu, length)
                if inside is None or not disk.write_at_once(nsid, slba, control, inside):
                    break
                self._sq_head = (self._sq_head + 1) % self.queue_size
                response = _RESPONSE.pack(_GOOD_RESPONSE, self._sq_head, self.queue_id, cid)
                self._out.append(response)
                start += CAPSULE_CMD_SIZE + length
            else:
                break
        return start

    def _leading_reads(self, view: memoryview, room: int) -> list[QuickRead]:
        """The Reads that `view` begins with, until their data fill `room`."""
        outstanding, reads = self._outstanding, []
        whole = len(view) // CAPSULE_CMD_SIZE * CAPSULE_CMD_SIZE
        for pdu, operation, cid, nsid, length, kind, slba, control in _CAPSULE.iter_unpack(
            view[:whole]
        ):
            plain = pdu == _NO_DATA_CAPSULE and operation == _READ and kind == _TRANSPORT
            if not plain or cid in outstanding or room <= 0:
                break
            reads.append((cid, nsid, slba, control, length))
            room -= length
        return reads

    def _answer_reads(self, reads: list[QuickRead], contents: Sequence[Buffer]) -> int:
        """Send data and completions of the first Reads; how many bytes of data that are."""
        out, head, size, queue_id = self._out, self._sq_head, self.queue_size, self.queue_id
        data_pdu, response = _DATA_PDU.pack, _RESPONSE.pack
        total, shape, last = 0, 0, -1
        for (cid, _, _, _, length), content in zip(reads, contents, strict=False):
            if length != last:
                shape, last = _LAST_DATA | SHORT_SIZE + length << 32, length
            head += 1
            if head == size:
                head = 0
            out += (
                data_pdu(shape, cid, length),
                content,
                response(_GOOD_RESPONSE, head, queue_id, cid),
            )
            total += length
        self._sq_head = head
        return total

    def _inside(self, view: memoryview, pdu: int, length: int) -> memoryview | None:
        """The data of a Write in its capsule, None if they are not all there, or not plain."""
        used = CAPSULE_CMD_SIZE + length
        plain = pdu == _DATA_CAPSULE | used << 32 and 0 < length <= self.config.in_capsule
        if not plain or len(view) < used or view[32:40] != _ZERO:
            return None
        return view[CAPSULE_CMD_SIZE:used]

    def _quick(self) -> bool:
        """Whether the next byte begins a PDU, and PDUs have no digests and no gaps."""
        return (
            self.queue_id > 0
            and self.flow_control
            and self.state is State.OPEN
            and self._decoder.at_boundary
            and self._decoder.framing.plain
            and self._decoder.framing.capsule_offset == CAPSULE_CMD_SIZE
            and self._sending.plain
            and len(self._outstanding) < self.queue_size - 1
        )

    def _find(self, cid: int) -> _Outstanding:
        self._require_open()
        try:
            return self._outstanding[cid]
        except KeyError:
            raise LocalProtocolError(f"no command {cid} is outstanding") from None

    def _opened(self, request: ICReq) -> Iterable[Event]:
        config = self.config
        header = request.header_digest and config.header_digest
        data = request.data_digest and config.data_digest
        response = ICResp(header, data, config.cpda, config.max_h2c_data)
        encoded = encode_ic_resp(response)
        self._step(PduType.IC_REQ)
        self._step(PduType.IC_RESP)
        self._out.append(encoded)
        self._maxr2t = request.maxr2t
        self._sending = Framing(header, data, request.hpda)
        self._decoder.framing = Framing(header, data, config.cpda)
        self._decoder.rules = controller_rules(ADMIN_IN_CAPSULE, config.max_h2c_data)
        return (Opened(request),)

    def _command(self, pdu: CapsuleCmd) -> Iterable[Event]:
        command, data = pdu.command, pdu.data
        cid = command.cid
        if cid in self._outstanding:
            raise fault(f"command {cid} is already outstanding", AT_COMMAND_CID)
        if len(self._outstanding) >= self.queue_size - 1:
            raise fault("more commands than the queue holds", status=FatalError.PDU_SEQUENCE)
        self._sq_head = (self._sq_head + 1) % self.queue_size
        status = sgl.check(command, 0 if data is None else len(data))
        if not pdu.digest_ok:
            status = Status.TRANSIENT_TRANSPORT_ERROR
        direction = command.direction
        length = command.sgl_length
        if command.sgl_type == sgl.IN_CAPSULE_DATA_BLOCK:
            if length and direction != _TO_CONTROLLER:
                status = status or Status.SGL_TYPE_INVALID
            start = command.sgl_address
            data = None if data is None else data[start : start + length]
            length = 0
        if status:
            data, length = None, 0
        elif length > self.config.max_transfer:
            status, length = Status.INVALID_FIELD, 0
        self._outstanding[cid] = _Outstanding(direction, length)
        return (CommandArrived(command, data, length, status),)

    def _request_more(self, cid: int, command: _Outstanding) -> None:
        requests = command.requests = command.requests or {}
        while command.asked < command.length and len(requests) <= self._maxr2t:
            length = min(self.config.r2t_size, command.length - command.asked)
            tag = self._take_tag(cid)
            requests[tag] = command.asked, command.asked + length
            self._out.append(encode_r2t(self._sending, R2T(cid, tag, command.asked, length)))
            command.asked += length

    def _take_tag(self, cid: int) -> int:
        while self._next_tag in self._tags:
            self._next_tag = (self._next_tag + 1) % TAGS
        tag = self._next_tag
        self._tags[tag] = cid
        self._next_tag = (tag + 1) % TAGS
        return tag

    def _data(self, pdu: H2CData) -> Iterable[Event]:
        command = self._outstanding.get(pdu.cid)
        if command is None:
            raise fault(f"data for no command: {pdu.cid}", AT_CCCID)
        requests = command.requests or {}
        if pdu.ttag not in requests:
            raise fault(f"data that were not asked for: tag {pdu.ttag}", AT_TTAG)
        start, end = requests[pdu.ttag]
        stop = pdu.offset + len(pdu.data)
        if pdu.offset != start or stop > end:
            message = f"data {pdu.offset}..{stop}, asked for {start}..{end}"
            raise fault(message, status=FatalError.DATA_OUT_OF_RANGE)
        if pdu.last != (stop == end):
            raise fault("LAST flag in the wrong place", AT_FLAGS)
        command.received += len(pdu.data)
        if pdu.last:
            del requests[pdu.ttag], self._tags[pdu.ttag]
            self._request_more(pdu.cid, command)
        else:
            requests[pdu.ttag] = stop, end
        last = command.received == command.length
        return (DataArrived(pdu.cid, pdu.offset, pdu.data, last, pdu.digest_ok),)
