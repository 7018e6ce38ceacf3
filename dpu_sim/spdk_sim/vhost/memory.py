"""The guest's memory, mapped here.

A file that shrinks while it is mapped kills whoever touches the lost part (SIGBUS): only memory
files are taken that are sealed against that, or that can be sealed. Whoever maps a region keeps it
alive: parts that operations hold stay valid after the front end has replaced the table.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import mmap
import os
from collections.abc import Sequence

from dpu_sim.spdk_sim.vhost.messages import Region

ADDRESSES = 1 << 64
LARGEST = 1 << 46
"""Bytes of one region."""


class GuestFaultError(Exception):
    """The guest, or its front end, named memory that it does not have, or used a ring wrongly."""


class _Mapping:
    __slots__ = ("guest", "guest_end", "user", "user_end", "view")

    def __init__(self, region: Region, view: memoryview) -> None:
        self.guest, self.guest_end = region.guest_address, region.guest_address + region.size
        self.user, self.user_end = region.user_address, region.user_address + region.size
        self.view = view


class GuestMemory:
    """The regions of one table."""

    def __init__(self, regions: Sequence[tuple[Region, memoryview]]) -> None:
        """`regions` with their memory. Raises GuestFaultError: two of them overlap."""
        self._mappings = [_Mapping(region, view) for region, view in regions]
        ordered = sorted(self._mappings, key=lambda one: one.guest)
        for one, following in itertools.pairwise(ordered):
            if following.guest < one.guest_end:
                raise GuestFaultError("regions of memory overlap")

    def parts(self, address: int, length: int) -> list[memoryview]:
        """Memory that the guest names; more than one piece where it goes across regions.

        Raises GuestFaultError: the guest has no such memory.
        """
        found = []
        for one in self._mappings:  # nearly always the whole in one region
            if one.guest <= address and address + length <= one.guest_end:
                start = address - one.guest
                return [one.view[start : start + length]]
        while length:
            mapping = self._at(address)
            start = address - mapping.guest
            piece = mapping.view[start : start + length]
            found.append(piece)
            address += len(piece)
            length -= len(piece)
        return found

    def _at(self, address: int) -> _Mapping:
        for one in self._mappings:
            if one.guest <= address < one.guest_end:
                return one
        raise GuestFaultError(f"no memory at {address:#x}")

    def user_part(self, address: int, length: int) -> memoryview:
        """Memory in one piece that the front end names.

        Raises GuestFaultError: there is none.
        """
        for one in self._mappings:
            if one.user <= address and address + length <= one.user_end:
                start = address - one.user
                return one.view[start : start + length]
        raise GuestFaultError(f"no memory of the front end at {address:#x}")


def map_memory(table: Sequence[tuple[Region, int]]) -> GuestMemory:
    """Map the regions of a table; each has the descriptor of its file, which stays the caller's.

    Raises GuestFaultError: a region is no memory that can be mapped safely.
    """
    return GuestMemory([(region, _map(region, descriptor)) for region, descriptor in table])


def _map(region: Region, descriptor: int) -> memoryview:
    """The memory of one region."""
    if not 0 < region.size <= LARGEST or region.offset > LARGEST:
        raise GuestFaultError(f"a region of {region.size} bytes at {region.offset}")
    if max(region.guest_address, region.user_address) + region.size > ADDRESSES:
        raise GuestFaultError("a region beyond all addresses")
    keep_from_shrinking(descriptor)
    try:
        if os.fstat(descriptor).st_size < region.offset + region.size:
            raise GuestFaultError("a region beyond the end of its file")
        start = region.offset - region.offset % mmap.ALLOCATIONGRANULARITY
        skipped = region.offset - start
        mapped = mmap.mmap(descriptor, region.size + skipped, offset=start)
    except (OSError, ValueError, OverflowError) as error:
        raise GuestFaultError(f"memory that cannot be mapped: {error}") from error
    return memoryview(mapped)[skipped : skipped + region.size]


def keep_from_shrinking(descriptor: int) -> None:
    """Make sure that a memory file keeps its size. Raises GuestFaultError: that is not possible."""
    try:
        if not fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SHRINK:
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
    except OSError as error:
        what = errno.errorcode.get(error.errno or 0, "?")
        raise GuestFaultError(
            f"memory that may shrink ({what}); QEMU: -object memory-backend-memfd,share=on"
        ) from error
