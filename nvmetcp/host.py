"""The host's end of a connection: one queue, commands out, data and completions in."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from nvmetcp.command import Command, Direction
from nvmetcp.connection import Connection, State, fault
from nvmetcp.decoder import IC_RULE, TERM_RULE, Rule, host_rules
from nvmetcp.errors import FatalError, LocalProtocolError
from nvmetcp.events import Completed, DataArrived, Event, Opened
from nvmetcp.pdu import (
    AT_CCCID,
    AT_DATA_OFFSET,
    AT_DGST,
    AT_FLAGS,
    CAPSULE_CMD_SIZE,
    LAST,
    R2T,
    SHORT_SIZE,
    C2HData,
    CapsuleResp,
    Framing,
    ICReq,
    ICResp,
    PduType,
    encode_command,
    encode_h2c_data,
    encode_ic_req,
)
from nvmetcp.record import Buffer
from nvmetcp.sgl import IN_CAPSULE_DATA_BLOCK, TRANSPORT_DATA_BLOCK
from nvmetcp.status import Completion

ADMIN_IN_CAPSULE = 8192  # data that may always come with admin and Fabrics commands, in bytes
MAX_DATA_PDU = 1 << 26  # largest data PDU a host believes, in bytes
AT_COMPLETION_CID = 20
_WHOLE = 1 << 18  # bytes of data; larger PDUs are not waited for by `complete_at_once`
_OPEN = State.OPEN  # attributes of an enumeration are slow to get
_TO_HOST, _TO_CONTROLLER = int(Direction.CONTROLLER_TO_HOST), int(Direction.HOST_TO_CONTROLLER)

# For the short ways. A capsule: common header, and the command as it is packed. A data PDU: common
# header, cid, offset, length. A response: common header, result, cid, status. The common header is
# one number; its upper half is the length of the PDU.
_CAPSULE = struct.Struct("<QBBHIIIQQI3xB6I")
_DATA_PDU = struct.Struct("<QHxxII4x")
_RESPONSE = struct.Struct("<QQ4xHH")
_BARE_CAPSULE = PduType.CAPSULE_CMD | CAPSULE_CMD_SIZE << 16
_NO_DATA_CAPSULE = _BARE_CAPSULE | CAPSULE_CMD_SIZE << 32
_DATA_CAPSULE = _BARE_CAPSULE | CAPSULE_CMD_SIZE << 24
_LAST_DATA = PduType.C2H_DATA | LAST << 8 | SHORT_SIZE << 16 | SHORT_SIZE << 24
_GOOD_RESPONSE = PduType.CAPSULE_RESP | SHORT_SIZE << 16 | SHORT_SIZE << 32
_HEADER = 0xFFFFFFFF
_PHASE = 1  # bit of the status field that says nothing on fabrics


@dataclass(frozen=True, slots=True)
class HostConfig:
    """What a host asks for, and the size of its queue in entries (one of them stays empty)."""

    header_digest: bool = False
    data_digest: bool = False
    hpda: int = 0
    maxr2t: int = 0
    queue_size: int = 32
    in_capsule: int = ADMIN_IN_CAPSULE
    flow_control: bool = True


class _Submitted:
    """A command under way: what it may send and receive, and how far both are.

    How far they are at first is in the class: most commands end without a step between.
    """

    received = 0
    last = False
    digest_ok = True
    asked = 0
    unanswered = 0

    def __init__(self, data: memoryview | None, length: int) -> None:
        self.data = data
        self.length = length


class HostConnection(Connection):
    """Send `open` first, then `submit` commands; `receive` yields their data and completions."""

    def __init__(self, config: HostConfig | None = None) -> None:
        rules: dict[int, Rule] = {PduType.IC_RESP: IC_RULE, PduType.C2H_TERM_REQ: TERM_RULE}
        super().__init__(rules, PduType.H2C_TERM_REQ)
        self.config = config or HostConfig()
        self.max_h2c_data = 0
        self._free = deque(range(self.config.queue_size - 1))
        self._submitted: dict[int, _Submitted] = {}
        self._answering: list[_Submitted] = []
        self._plain = False
        self._handlers |= {
            ICResp: self._opened,
            C2HData: self._data,
            CapsuleResp: self._response,
            R2T: self._ready_to_transfer,
        }

    @property
    def free(self) -> int:
        """How many commands may be submitted now."""
        return len(self._free)

    @property
    def outstanding(self) -> frozenset[int]:
        """The identifiers of the commands without completion."""
        return frozenset(self._submitted)

    def open(self) -> None:
        """Begin the handshake. Raises LocalProtocolError when it was begun before."""
        config = self.config
        request = ICReq(config.header_digest, config.data_digest, config.hpda, config.maxr2t)
        encoded = encode_ic_req(request)
        self._step(PduType.IC_REQ)
        self._out.append(encoded)

    def submit(self, command: Command, data: Buffer | None = None, length: int = 0) -> int:
        """Send a command and return its identifier.

        `data` goes to the controller: with the command where it fits, else when it is asked for.
        `length` is how many bytes may come back. Raises LocalProtocolError when the connection
        isn't open, the queue is full, or the command has no such data.
        """
        if self.state is not _OPEN:
            self._require_open()
        view = memoryview(data).cast("B") if data else None
        if self._plain and self._free:
            wanted = _TO_CONTROLLER if view else _TO_HOST
            # Never true of a Fabrics command, whose opcode says both directions.
            if bool(view) != bool(length) and command[0] & 3 == wanted:
                return self._submit_plainly(command, view, length)
        _check_direction(command, view, length)
        if not self._free:
            raise LocalProtocolError("the queue is full")
        size = len(view) if view else length
        inside = view is not None and size <= self.config.in_capsule
        kind = IN_CAPSULE_DATA_BLOCK if inside else TRANSPORT_DATA_BLOCK
        cid = self._free[0]
        sent = command._replace(cid=cid, sgl_address=0, sgl_length=size, sgl_type=kind).pack()
        self._out += encode_command(self._sending, sent, view if inside else None)
        self._free.popleft()
        self._submitted[cid] = _Submitted(None if inside else view, length)
        return cid

    def _submit_plainly(self, command: Command, view: memoryview | None, length: int) -> int:
        """Do the same without digests and gaps, for commands with data, in half the time."""
        out, cid = self._out, self._free.popleft()
        size = length if view is None else len(view)
        inside = view is not None and size <= self.config.in_capsule
        head = _DATA_CAPSULE | CAPSULE_CMD_SIZE + size << 32 if inside else _NO_DATA_CAPSULE
        kind = IN_CAPSULE_DATA_BLOCK if inside else TRANSPORT_DATA_BLOCK
        (opcode, flags, _, nsid, two, three, metadata, _, _, _,
         ten, eleven, twelve, thirteen, fourteen, fifteen) = command  # fmt: skip
        try:
            capsule = _CAPSULE.pack(
                head, opcode, flags, cid, nsid, two, three, metadata, 0, size, kind,
                ten, eleven, twelve, thirteen, fourteen, fifteen,
            )  # fmt: skip
        except struct.error as error:
            self._free.appendleft(cid)
            raise LocalProtocolError(f"{command}: {error}") from error
        out.append(capsule)
        if inside:
            assert view is not None
            out.append(view)
        self._submitted[cid] = _Submitted(None if inside else view, length)
        return cid

    @property
    def missing(self) -> int:
        """How many bytes belong to a PDU that has begun, as far as is known; 0 between PDUs."""
        return 0 if self._decoder.at_boundary else self._decoder.missing

    def complete_at_once(
        self, data: memoryview
    ) -> tuple[int, bool, list[tuple[int, memoryview | None]]]:
        """Take the successful completions that `data` begins with, and their data.

        Does what `receive` would, in a third of the time: without events, for commands whose data
        came as one PDU right before the completion, without digests. Returns how many bytes are
        done with; whether what follows is the beginning of more such, to be passed again when it is
        whole (else it is for `receive`); and identifiers with data, views of `data`.
        """
        found: list[tuple[int, memoryview | None]] = []
        if not self._plain or not self._decoder.at_boundary or self.state is not _OPEN:
            return 0, False, found
        submitted, free = self._submitted, self._free
        start, end = 0, len(data)
        while end - start >= SHORT_SIZE:
            head, cid, offset, length = _DATA_PDU.unpack_from(data, start)
            at, content = start, None
            if head & _HEADER == _LAST_DATA:
                at += SHORT_SIZE + length
                if head >> 32 != SHORT_SIZE + length or offset or length > _WHOLE:
                    return start, False, found
                if end - at < SHORT_SIZE:
                    return start, True, found
                content = data[start + SHORT_SIZE : at]
            elif head != _GOOD_RESPONSE:
                return start, False, found
            head, result, done, status = _RESPONSE.unpack_from(data, at)
            command = submitted.get(done)
            if head != _GOOD_RESPONSE or result or status & ~_PHASE or command is None:
                return start, False, found
            if command.received or command.length != (length if content is not None else 0):
                return start, False, found
            if content is not None and cid != done:
                return start, False, found
            del submitted[done]
            free.append(done)
            found.append((done, content))
            start = at + SHORT_SIZE
        return start, start < end, found

    def data_to_send(self) -> list[Buffer]:
        """Return the buffers to send, in order, and forget them."""
        for submitted in self._answering:
            submitted.unanswered = 0
        self._answering.clear()
        return super().data_to_send()

    def _opened(self, response: ICResp) -> Iterable[Event]:
        config = self.config
        if self.state is not State.OPENING:
            raise fault("ICResp without ICReq", status=FatalError.PDU_SEQUENCE)
        if response.header_digest > config.header_digest or (
            response.data_digest > config.data_digest
        ):
            raise fault("digests that were not asked for", AT_DGST)
        self._step(PduType.IC_RESP)
        header, data = response.header_digest, response.data_digest
        self.max_h2c_data = response.max_h2c_data
        self._sending = Framing(header, data, response.cpda)
        self._decoder.framing = Framing(header, data, config.hpda)
        self._plain = (
            self._sending.plain
            and self._decoder.framing.plain
            and self._sending.capsule_offset == CAPSULE_CMD_SIZE
            and self._decoder.framing.short_offset == SHORT_SIZE
        )
        self._decoder.rules = host_rules(MAX_DATA_PDU)
        return (Opened(response),)

    def _data(self, pdu: C2HData) -> Iterable[Event]:
        submitted = self._submitted.get(pdu.cid)
        if submitted is None:
            raise fault(f"data for no command: {pdu.cid}", AT_CCCID)
        end = submitted.received + len(pdu.data)
        if submitted.last:
            raise fault("data after the last", status=FatalError.PDU_SEQUENCE)
        if pdu.offset != submitted.received or end > submitted.length:
            message = f"data at {pdu.offset}, {submitted.received} of {submitted.length} came"
            raise fault(message, status=FatalError.DATA_OUT_OF_RANGE)
        if pdu.success and (self.config.flow_control or not pdu.last):
            raise fault("SUCCESS flag that was not agreed", AT_FLAGS)
        submitted.received = end
        submitted.last = pdu.last
        submitted.digest_ok &= pdu.digest_ok
        arrived = DataArrived(pdu.cid, pdu.offset, pdu.data, pdu.last, pdu.digest_ok)
        if pdu.success:
            return (arrived, self._complete(Completion(pdu.cid), submitted))
        return (arrived,)

    def _response(self, pdu: CapsuleResp) -> Iterable[Event]:
        completion = pdu.completion
        submitted = self._submitted.get(completion.cid)
        if submitted is None:
            raise fault(f"completion of no command: {completion.cid}", AT_COMPLETION_CID)
        if submitted.received and not submitted.last and completion.succeeded:
            raise fault("completion before the last data", status=FatalError.PDU_SEQUENCE)
        return (self._complete(completion, submitted),)

    def _complete(self, completion: Completion, submitted: _Submitted) -> Completed:
        del self._submitted[completion.cid]
        self._free.append(completion.cid)
        return Completed(completion, submitted.received, submitted.digest_ok)

    def _ready_to_transfer(self, request: R2T) -> Iterable[Event]:
        submitted = self._submitted.get(request.cid)
        if submitted is None or submitted.data is None:
            raise fault(f"request for data of no command: {request.cid}", AT_CCCID)
        end = request.offset + request.length
        if request.offset != submitted.asked:
            raise fault(f"request out of order: {request.offset}", AT_DATA_OFFSET)
        if not request.length or end > len(submitted.data):
            raise fault(f"request up to {end}", status=FatalError.DATA_OUT_OF_RANGE)
        if submitted.unanswered > self.config.maxr2t:
            raise fault("too many requests to transfer", status=FatalError.LIMIT_EXCEEDED)
        submitted.asked = end
        submitted.unanswered += 1
        self._answering.append(submitted)
        self._send_data(request, submitted.data)
        return ()

    def _send_data(self, request: R2T, data: memoryview) -> None:
        end = request.offset + request.length
        for start in range(request.offset, end, self.max_h2c_data):
            stop = min(start + self.max_h2c_data, end)
            self._out += encode_h2c_data(
                self._sending, request.cid, request.ttag, start, data[start:stop], last=stop == end
            )


def _check_direction(command: Command, data: memoryview | None, length: int) -> None:
    direction = command.direction
    if data and not direction & Direction.HOST_TO_CONTROLLER:
        raise LocalProtocolError(f"opcode {command.opcode:#04x} sends no data")
    if length and not direction & Direction.CONTROLLER_TO_HOST:
        raise LocalProtocolError(f"opcode {command.opcode:#04x} receives no data")
    if data and length:
        raise LocalProtocolError("data in both directions has no descriptor")
