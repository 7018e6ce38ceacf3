"""What both ends of a connection share: states, bytes in, bytes out, and how an error ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Any

from nvmetcp.decoder import PduDecoder, Rules
from nvmetcp.errors import FatalError, LocalProtocolError, RemoteProtocolError
from nvmetcp.events import Event, Terminated
from nvmetcp.pdu import Framing, PduType, TermReq, encode_term_req
from nvmetcp.record import Buffer


class State(Enum):
    """Where a connection is."""

    IDLE = auto()
    OPENING = auto()
    OPEN = auto()
    CLOSED = auto()


# Which PDU brings a connection from which state to which; whatever is missing here is an error of
# the side that sent it. The direction of a PDU is in its type, so both ends use the same table.
TRANSITIONS: Mapping[tuple[State, PduType], State] = {
    (State.IDLE, PduType.IC_REQ): State.OPENING,
    (State.IDLE, PduType.H2C_TERM_REQ): State.CLOSED,
    (State.IDLE, PduType.C2H_TERM_REQ): State.CLOSED,
    (State.OPENING, PduType.IC_RESP): State.OPEN,
    (State.OPENING, PduType.H2C_TERM_REQ): State.CLOSED,
    (State.OPENING, PduType.C2H_TERM_REQ): State.CLOSED,
    (State.OPEN, PduType.CAPSULE_CMD): State.OPEN,
    (State.OPEN, PduType.CAPSULE_RESP): State.OPEN,
    (State.OPEN, PduType.H2C_DATA): State.OPEN,
    (State.OPEN, PduType.C2H_DATA): State.OPEN,
    (State.OPEN, PduType.R2T): State.OPEN,
    (State.OPEN, PduType.H2C_TERM_REQ): State.CLOSED,
    (State.OPEN, PduType.C2H_TERM_REQ): State.CLOSED,
}

_OPEN, _CLOSED = State.OPEN, State.CLOSED  # attributes of an enumeration are slow to get
Handler = Callable[[Any], Iterable[Event]]


class Connection:
    """Base of HostConnection and ControllerConnection.

    `receive` takes bytes and yields events, `data_to_send` gives the buffers that are due. Once
    `state` is CLOSED, send what is due and close the transport.
    """

    def __init__(self, rules: Rules, termination: PduType) -> None:
        self.state = State.IDLE
        self._decoder = PduDecoder(rules)
        self._sending = Framing()
        self._out: list[Buffer] = []
        self._termination = termination
        self._handlers: dict[type, Handler] = {TermReq: self._terminated}

    def receive(self, data: Buffer) -> Iterator[Event]:
        """Yield what `data` tells; must be exhausted before the next call.

        Data in events are views of `data`: use or copy them before it is written again. Raises
        RemoteProtocolError when the peer broke the protocol; a termination request is then due.
        """
        if self.state is State.CLOSED:
            raise LocalProtocolError("the connection is closed")
        handlers = self._handlers
        try:
            for pdu in self._decoder.receive(data):
                yield from handlers[type(pdu)](pdu)
                if self._closed():
                    return
        except RemoteProtocolError as error:
            error.header = error.header or self._decoder.header()
            self._fail(error)
            raise

    def data_to_send(self) -> list[Buffer]:
        """Return the buffers to send, in order, and forget them.

        They may be views of data given to this connection: don't change that before it is sent.
        """
        out, self._out = self._out, []
        return out

    def terminate(self, status: FatalError, information: int = 0, header: bytes = b"") -> None:
        """Tell the peer why we give up. Raises LocalProtocolError when already closed."""
        self._step(self._termination)
        to_host = self._termination is PduType.C2H_TERM_REQ
        self._out.append(encode_term_req(TermReq(to_host, status, information, header)))

    def _closed(self) -> bool:
        return self.state is _CLOSED

    def _step(self, sent: PduType) -> None:
        try:
            self.state = TRANSITIONS[self.state, sent]
        except KeyError:
            raise LocalProtocolError(f"no {sent.name} while {self.state.name}") from None

    def _fail(self, error: RemoteProtocolError) -> None:
        if self.state is not State.CLOSED:
            self.terminate(error.status, error.information, error.header)

    def _terminated(self, request: TermReq) -> Iterable[Event]:
        self.state = State.CLOSED
        return (Terminated(request),)

    def _require_open(self) -> None:
        if self.state is not _OPEN:
            raise LocalProtocolError(f"the connection is {self.state.name}, not OPEN")


def fault(
    message: str, at: int = 0, status: FatalError = FatalError.INVALID_HEADER_FIELD
) -> RemoteProtocolError:
    """Return the error of a PDU that does not fit what went before; `at` is its field."""
    return RemoteProtocolError(message, status, at)
