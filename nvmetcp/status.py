"""Completions and their status: code type, code, and whether trying again may help."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from nvmetcp.errors import RemoteProtocolError

CQE_SIZE = 16
_CQE = struct.Struct("<IIHHHH")
_MORE = 1 << 14
_DNR = 1 << 15


class Status(IntEnum):
    """Status code type in bits 10:8, status code in bits 7:0."""

    SUCCESS = 0x000
    INVALID_OPCODE = 0x001
    INVALID_FIELD = 0x002
    COMMAND_ID_CONFLICT = 0x003
    DATA_TRANSFER_ERROR = 0x004
    ABORTED_POWER_LOSS = 0x005
    INTERNAL_ERROR = 0x006
    ABORT_REQUESTED = 0x007
    ABORTED_SQ_DELETION = 0x008
    ABORTED_FAILED_FUSED = 0x009
    ABORTED_MISSING_FUSED = 0x00A
    INVALID_NAMESPACE = 0x00B
    COMMAND_SEQUENCE_ERROR = 0x00C
    INVALID_SGL_SEGMENT = 0x00D
    INVALID_SGL_COUNT = 0x00E
    SGL_DATA_LENGTH_INVALID = 0x00F
    SGL_METADATA_LENGTH_INVALID = 0x010
    SGL_TYPE_INVALID = 0x011
    PRP_OFFSET_INVALID = 0x013
    ATOMIC_WRITE_UNIT_EXCEEDED = 0x014
    OPERATION_DENIED = 0x015
    SGL_OFFSET_INVALID = 0x016
    HOST_ID_INCONSISTENT = 0x018
    KEEP_ALIVE_EXPIRED = 0x019
    KEEP_ALIVE_INVALID = 0x01A
    ABORTED_PREEMPT = 0x01B
    SANITIZE_FAILED = 0x01C
    SANITIZE_IN_PROGRESS = 0x01D
    NAMESPACE_WRITE_PROTECTED = 0x020
    COMMAND_INTERRUPTED = 0x021
    TRANSIENT_TRANSPORT_ERROR = 0x022
    LBA_OUT_OF_RANGE = 0x080
    CAPACITY_EXCEEDED = 0x081
    NAMESPACE_NOT_READY = 0x082
    RESERVATION_CONFLICT = 0x083
    FORMAT_IN_PROGRESS = 0x084

    INVALID_QUEUE_ID = 0x101
    INVALID_QUEUE_SIZE = 0x102
    ABORT_LIMIT_EXCEEDED = 0x103
    ASYNC_EVENT_LIMIT_EXCEEDED = 0x105
    INVALID_LOG_PAGE = 0x109
    INVALID_FORMAT = 0x10A
    FEATURE_NOT_SAVEABLE = 0x10D
    FEATURE_NOT_CHANGEABLE = 0x10E
    FEATURE_NOT_NAMESPACE_SPECIFIC = 0x10F
    NAMESPACE_ALREADY_ATTACHED = 0x118
    NAMESPACE_NOT_ATTACHED = 0x11A
    # Shared numbers: the first is of Fabrics commands, the second of the NVM command set.
    CONNECT_INCOMPATIBLE_FORMAT = 0x180
    CONFLICTING_ATTRIBUTES = 0x180
    CONNECT_CONTROLLER_BUSY = 0x181
    CONNECT_INVALID_PARAMETERS = 0x182
    CONNECT_RESTART_DISCOVERY = 0x183
    CONNECT_INVALID_HOST = 0x184
    CONNECT_INVALID_QUEUE_TYPE = 0x185
    DISCOVERY_RESTART = 0x190
    AUTHENTICATION_REQUIRED = 0x191

    WRITE_FAULT = 0x280
    UNRECOVERED_READ_ERROR = 0x281
    GUARD_CHECK_ERROR = 0x282
    APPLICATION_TAG_CHECK_ERROR = 0x283
    REFERENCE_TAG_CHECK_ERROR = 0x284
    COMPARE_FAILURE = 0x285
    ACCESS_DENIED = 0x286
    DEALLOCATED_OR_UNWRITTEN = 0x287

    INTERNAL_PATH_ERROR = 0x300
    ANA_PERSISTENT_LOSS = 0x301
    ANA_INACCESSIBLE = 0x302
    ANA_TRANSITION = 0x303
    CONTROLLER_PATHING_ERROR = 0x360
    HOST_PATHING_ERROR = 0x370
    ABORTED_BY_HOST = 0x371


# What the host may send again, to this or to another controller; everything else gets Do Not Retry.
RETRYABLE = frozenset(
    {
        Status.SUCCESS,
        Status.ABORT_REQUESTED,
        Status.ABORTED_SQ_DELETION,
        Status.ABORTED_POWER_LOSS,
        Status.ABORTED_FAILED_FUSED,
        Status.ABORTED_PREEMPT,
        Status.COMMAND_INTERRUPTED,
        Status.TRANSIENT_TRANSPORT_ERROR,
        Status.NAMESPACE_NOT_READY,
        Status.FORMAT_IN_PROGRESS,
        Status.SANITIZE_IN_PROGRESS,
        Status.CONNECT_CONTROLLER_BUSY,
        Status.CONNECT_RESTART_DISCOVERY,
        Status.INTERNAL_PATH_ERROR,
        Status.ANA_INACCESSIBLE,
        Status.ANA_TRANSITION,
        Status.CONTROLLER_PATHING_ERROR,
        Status.HOST_PATHING_ERROR,
        Status.ABORTED_BY_HOST,
    }
)


def describe(status: int) -> str:
    """Return a status in words, for messages: `LBA_OUT_OF_RANGE (0/80)`."""
    code = f"{status >> 8 & 7:x}/{status & 0xFF:02X}"
    try:
        return f"{Status(status & 0x7FF).name} ({code})"
    except ValueError:
        return f"status {code}"


@dataclass(slots=True)
class Completion:
    """A completion queue entry. `result` is dwords 0 and 1 as one 64-bit number.

    `status` holds code type and code (see Status), `retry_delay` an index into the controller's
    retry delay times, `more` that the error log page tells more, `do_not_retry` DNR.
    """

    cid: int
    status: int = 0
    result: int = 0
    sq_head: int = 0
    sq_id: int = 0
    do_not_retry: bool = False
    more: bool = False
    retry_delay: int = 0

    @property
    def succeeded(self) -> bool:
        """Whether the command did what it was asked."""
        return self.status == 0

    def pack(self) -> bytes:
        """Return the 16 bytes of the entry; the phase tag is always 0 on fabrics."""
        field = (self.status & 0x7FF) << 1 | self.retry_delay << 12
        field |= _MORE * self.more | _DNR * self.do_not_retry
        low, high = self.result & 0xFFFFFFFF, self.result >> 32
        return _CQE.pack(low, high, self.sq_head, self.sq_id, self.cid, field)

    @classmethod
    def parse(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> Completion:
        """Read an entry at `offset`. Raises RemoteProtocolError for less than 16 bytes."""
        if len(data) - offset < CQE_SIZE:
            raise RemoteProtocolError(f"completion of {len(data) - offset} bytes")
        low, high, head, sq_id, cid, field = _CQE.unpack_from(data, offset)
        return cls(
            cid,
            field >> 1 & 0x7FF,
            low | high << 32,
            head,
            sq_id,
            bool(field & _DNR),
            bool(field & _MORE),
            field >> 12 & 3,
        )


def failure(cid: int, status: Status, result: int = 0) -> Completion:
    """Return the completion of a command that failed, with DNR where trying again is in vain."""
    return Completion(cid, status, result, do_not_retry=status not in RETRYABLE)
