"""What can go wrong on a connection, and whose mistake it was."""

from __future__ import annotations

from enum import IntEnum


class FatalError(IntEnum):
    """Fatal Error Status of a termination request (FES)."""

    INVALID_HEADER_FIELD = 0x01
    PDU_SEQUENCE = 0x02
    HEADER_DIGEST = 0x03
    DATA_OUT_OF_RANGE = 0x04
    LIMIT_EXCEEDED = 0x05  # R2T limit (told by the host) or data transfer limit (by the controller)
    UNSUPPORTED_PARAMETER = 0x06


class ProtocolError(Exception):
    """A rule of the protocol was broken."""


class LocalProtocolError(ProtocolError):
    """Our own side asked for something that the protocol forbids; nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer broke the protocol.

    `status` is what a termination request tells it, `information` the FEI that belongs to it (byte
    offset of the field, or the digest received), `header` the start of the PDU at fault.
    """

    def __init__(
        self,
        message: str,
        status: FatalError = FatalError.INVALID_HEADER_FIELD,
        information: int = 0,
        header: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.information = information
        self.header = header
