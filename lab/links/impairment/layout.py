"""Where the classifier finds things: in the frame's context and on its own stack."""

from __future__ import annotations

from enum import IntEnum


class SkBuff(IntEnum):
    """Byte offsets in struct __sk_buff, what a classifier sees of a frame (linux/bpf.h)."""

    LEN = 0
    PROTOCOL = 16
    IFINDEX = 40
    GSO_SEGS = 164


class Stack(IntEnum):
    """Byte offsets below the frame pointer; eight bytes each unless said otherwise."""

    KEY = -8
    NEW_BYTE = -16
    OLD_BYTE = -24
    STREAM = -32
    CHECKSUM = -40
    PSEUDO_SUM = -48
    FIELD = -56
    IP = -96
    """40 bytes: an IPv6 header, or the fixed part of an IPv4 header."""
