"""What the C library does with memory that is free again."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""

_KEPT = 16 << 20
"""Bytes of free memory that stay with the process."""


def keep_freed_memory() -> None:
    """Take buffers of I/O from memory that is there, not from the system with its page faults.

    glibc gives and takes blocks of 128 KiB, the size of the largest I/O, one by one: that costs a
    read of this size a fifth of its time. Elsewhere nothing happens.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, _KEPT)
        libc.mallopt(_TRIM_THRESHOLD, _KEPT)


def give_back_freed_memory() -> None:
    """Give the system what is free anywhere, not only at the end of memory, but for `_KEPT`.

    What many large buffers leave between small ones is otherwise kept, and grows each time. Takes
    some 0.1 ms for each MiB.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(_KEPT)
