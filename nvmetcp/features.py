"""Features: their numbers, and how the values of those that NVMe/TCP hosts use are made up."""

from __future__ import annotations

from enum import IntEnum, IntFlag

from nvmetcp.errors import LocalProtocolError


class Feature(IntEnum):
    """Feature identifiers."""

    ARBITRATION = 0x01
    POWER_MANAGEMENT = 0x02
    TEMPERATURE_THRESHOLD = 0x04
    ERROR_RECOVERY = 0x05
    VOLATILE_WRITE_CACHE = 0x06
    NUMBER_OF_QUEUES = 0x07
    WRITE_ATOMICITY = 0x0A
    ASYNC_EVENT_CONFIGURATION = 0x0B
    KEEP_ALIVE_TIMER = 0x0F
    HOST_BEHAVIOR = 0x16
    HOST_IDENTIFIER = 0x81
    RESERVATION_NOTIFICATION_MASK = 0x82
    RESERVATION_PERSISTENCE = 0x83


class AsyncEvents(IntFlag):
    """Bits of the asynchronous event configuration (and of OAES); 7:0 are SMART warnings."""

    NAMESPACE_ATTRIBUTE = 1 << 8
    FIRMWARE_ACTIVATION = 1 << 9
    ANA_CHANGE = 1 << 11
    DISCOVERY_CHANGE = 1 << 31


class ReservationMask(IntFlag):
    """Reservation notifications that are not wanted."""

    REGISTRATION_PREEMPTED = 1 << 1
    RELEASED = 1 << 2
    PREEMPTED = 1 << 3


EXTENDED_HOST_ID = 1  # of the host identifier feature: 16 bytes, not 8


def pack_queues(submission: int, completion: int) -> int:
    """Return numbers of I/O queues (1 to 65535 each) as the feature has them: 0's based."""
    if not (1 <= submission <= 65535 and 1 <= completion <= 65535):
        raise LocalProtocolError(f"{submission} and {completion} queues")
    return submission - 1 | completion - 1 << 16


def parse_queues(value: int) -> tuple[int, int]:
    """Return numbers of submission and completion queues; 65536 is what no host may ask for."""
    return (value & 0xFFFF) + 1, (value >> 16 & 0xFFFF) + 1
