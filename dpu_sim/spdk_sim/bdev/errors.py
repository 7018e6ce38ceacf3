"""How I/O on a block device fails, and what an NVMe target says of it.

Status codes are those of the NVM Express Base Specification (status code type, status code).
"""

from __future__ import annotations

from typing import ClassVar

GENERIC, COMMAND_SPECIFIC, MEDIA = 0, 1, 2
"""Status code types."""


class IoError(Exception):
    """An I/O that was not carried out. `status` is (SCT, SC); `counted` is SPDK's word for it."""

    status: ClassVar[tuple[int, int]] = (GENERIC, 0x06)
    counted: ClassVar[str] = "failed"

    @property
    def nvme_status(self) -> tuple[int, int]:
        """(SCT, SC) that an NVMe target completes the command with."""
        return self.status


class OutOfRangeError(IoError):
    """Blocks beyond the end, or none at all."""

    status = (GENERIC, 0x80)


class InvalidLengthError(IoError):
    """Data that is no whole number of blocks."""

    status = (GENERIC, 0x02)


class UnsupportedError(IoError):
    """The device has no such operation."""

    status = (GENERIC, 0x01)


class ReadOnlyError(IoError):
    """The device, or the way it was opened, allows no change."""

    status = (GENERIC, 0x20)


class RemovedError(IoError):
    """The device is gone."""

    status = (GENERIC, 0x0B)
    counted = "aborted"


class NoSpaceError(IoError):
    """What holds the blocks is full (ENOSPC, EDQUOT)."""

    status = (GENERIC, 0x81)


class NoMemoryError(IoError):
    """There is no memory for the I/O; it may be tried again."""

    status = (GENERIC, 0x82)
    counted = "nomem"


class ReadFailedError(IoError):
    """The medium does not give the data (EIO)."""

    status = (MEDIA, 0x81)


class WriteFailedError(IoError):
    """The medium does not take the data (EIO)."""

    status = (MEDIA, 0x80)


class CompareFailedError(IoError):
    """The blocks hold something else. `offset` is the first byte that differs."""

    status = (MEDIA, 0x85)
    counted = "miscompare"

    def __init__(self, offset: int) -> None:
        super().__init__(f"data differ at byte {offset}")
        self.offset = offset


class InjectedError(IoError):
    """An error that was asked for, with the status that was asked for."""

    counted = "nvme_error"

    def __init__(self, sct: int, sc: int) -> None:
        super().__init__(f"injected: sct {sct:#x} sc {sc:#x}")
        self._status = (sct, sc)

    @property
    def nvme_status(self) -> tuple[int, int]:
        """(SCT, SC) as injected."""
        return self._status
