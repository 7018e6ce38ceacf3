"""A block device as its users see it: opened, claimed, limited, counted, removed, resized.

Every open descriptor is a channel with statistics of its own. I/O goes through `Descriptor`; on a
device in memory without limits it is done at once, without a turn of the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import TypeVar

from dpu_sim.spdk_sim.bdev.device import Buffer, Content, Device, IoType
from dpu_sim.spdk_sim.bdev.errors import (
    InvalidLengthError,
    IoError,
    OutOfRangeError,
    ReadOnlyError,
    RemovedError,
)
from dpu_sim.spdk_sim.bdev.histogram import Histogram
from dpu_sim.spdk_sim.bdev.qos import Limiter, RateLimits
from dpu_sim.spdk_sim.bdev.statistics import IoStatistics, Reset, now

T = TypeVar("T")

_log = logging.getLogger("dpu_sim.spdk_sim")
_numbers = itertools.count(1)
_LIMITED = frozenset({IoType.READ, IoType.WRITE})
_CHANGES = frozenset(
    {IoType.WRITE, IoType.UNMAP, IoType.WRITE_ZEROES, IoType.COMPARE_AND_WRITE, IoType.COPY}
)


class Event(Enum):
    """What happens to a device while it is open."""

    REMOVE = auto()
    """It is going away: new I/O fails; the descriptor will be closed if its owner does not."""
    RESIZE = auto()
    """It has another number of blocks."""


EventHandler = Callable[[Event], Awaitable[None] | None]


class Bdev:
    """A registered device."""

    def __init__(self, name: str, device: Device) -> None:
        self.name = name
        self.device = device
        self.geometry = device.geometry
        self.claimed_by: str | None = None
        self.limits = RateLimits()
        self.limiter: Limiter | None = None
        self.histogram: Histogram | None = None
        self.removed = False
        self.watched = False
        """Whether I/O has to take the long way: a histogram, or removal."""
        self._descriptors: dict[int, Descriptor] = {}
        self._closed_channels = IoStatistics()
        self._under_way = 0
        self._idle: asyncio.Future[None] | None = None

    @property
    def aliases(self) -> list[str]:
        """Other names by which it is found."""
        return self.device.aliases

    # -- users

    def open(
        self, *, write: bool, on_event: EventHandler | None = None, claim: str | None = None
    ) -> Descriptor:
        """Open the device, and claim it for one writer if `claim` says for whom.

        Raises:
            OSError: EPERM, somebody else has claimed it; ENODEV, it is being removed.
        """
        if self.removed:
            raise OSError(errno.ENODEV, self.name)
        if (write or claim) and self.claimed_by is not None:
            raise OSError(errno.EPERM, f"{self.name} is claimed by {self.claimed_by}")
        descriptor = Descriptor(self, write and not self.device.readonly, on_event, claim)
        self._descriptors[descriptor.number] = descriptor
        if claim is not None:
            self.claimed_by = claim
        return descriptor

    @property
    def is_open(self) -> bool:
        """Whether anybody uses it."""
        return bool(self._descriptors)

    def forget(self, descriptor: Descriptor) -> None:
        """Take a descriptor off that is being closed; its numbers stay."""
        if self._descriptors.pop(descriptor.number, None) is None:
            return
        self._closed_channels.add(descriptor.total())
        if descriptor.claim is not None:
            self.claimed_by = None

    # -- limits, statistics, histogram

    def limit(self, limits: RateLimits) -> None:
        """Put limits in force instead of those so far; what waits is admitted anew."""
        former, self.limits = self.limiter, limits.rounded()
        self.limiter = None if self.limits.unlimited else Limiter(self.limits)
        self._judge()
        if former is not None:
            former.release()

    def keep_histogram(self, histogram: Histogram | None) -> None:
        """Record latencies from now on, or no longer."""
        self.histogram = histogram
        self._judge()

    def _judge(self) -> None:
        self.watched = self.removed or self.histogram is not None

    def statistics(self) -> IoStatistics:
        """The sum over all channels, closed ones included."""
        total = IoStatistics()
        for one in (self._closed_channels, *self.channels().values()):
            total.add(one)
        return total

    def channels(self) -> dict[int, IoStatistics]:
        """Statistics of the open channels by their number."""
        return {number: one.total() for number, one in self._descriptors.items()}

    def reset_statistics(self, mode: Reset) -> None:
        """Set back the numbers of every channel."""
        self._closed_channels.reset(mode)
        for one in self._descriptors.values():
            one.reset_statistics(mode)

    # -- I/O under way

    def begin(self) -> None:
        """An operation starts. Raises RemovedError."""
        if self.removed:
            raise RemovedError(self.name)
        self._under_way += 1

    def end(self) -> None:
        """An operation has ended."""
        self._under_way -= 1
        if not self._under_way and self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def admit(self, kind: IoType, size: int) -> None:
        """Wait until the limits let an operation through. Raises RemovedError."""
        while (limiter := self.limiter) is not None and not await limiter.admit(kind, size):
            if self.removed:
                raise RemovedError(self.name)

    # -- events

    async def announce(self, event: Event) -> None:
        """Tell every descriptor; wait for those that answer in their own time."""
        for one in list(self._descriptors.values()):
            try:
                if one.on_event is not None and (answer := one.on_event(event)) is not None:
                    await answer
            except Exception:  # noqa: BLE001  one user must not keep the others from knowing
                _log.exception("%s of %s", event, self.name)

    async def remove(self) -> None:
        """Let I/O under way end, fail what comes, close every descriptor and the device."""
        self.removed = True
        self._judge()
        if self.limiter is not None:
            self.limiter.release()
        self.device.abort()
        await self.announce(Event.REMOVE)
        if self._under_way:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        for one in list(self._descriptors.values()):
            one.close()
        await self.device.close()


class Descriptor:
    """An open device, and the channel that its I/O goes through."""

    def __init__(
        self, bdev: Bdev, write: bool, on_event: EventHandler | None, claim: str | None
    ) -> None:
        self.number = next(_numbers)
        self.bdev = bdev
        self.on_event = on_event
        self.claim = claim
        self.statistics = IoStatistics()
        self._device = bdev.device
        self._geometry = bdev.geometry
        self._block_size = bdev.geometry.block_size
        self._write = write
        self._closed = False
        self._branches: list[Descriptor] = []

    def close(self) -> None:
        """Give the device back, and the claim on it; harmless if done before."""
        for one in (self, *self._branches):
            one._closed = True
        self.bdev.forget(self)

    # -- parts of its I/O

    def branch(self) -> Descriptor:
        """The same channel for a part of the I/O, which `statistics` there counts by itself."""
        one = Descriptor(self.bdev, self._write, None, None)
        self._branches.append(one)
        return one

    def join(self, branch: Descriptor) -> None:
        """A part is not told apart any longer; its numbers stay."""
        self._branches.remove(branch)
        self.statistics.add(branch.statistics)

    def total(self) -> IoStatistics:
        """What passed through, its parts included."""
        total = IoStatistics()
        for one in (self, *self._branches):
            total.add(one.statistics)
        return total

    def reset_statistics(self, mode: Reset) -> None:
        """Set back the numbers of all parts."""
        for one in (self, *self._branches):
            one.statistics.reset(mode)

    # -- without waiting

    @property
    def at_once(self) -> bool:
        """Whether `read_now` and `write_now` succeed now, whatever legal they are asked for."""
        bdev = self.bdev
        return self._device.at_once and not bdev.watched and bdev.limiter is None

    def read_now(self, first: int, count: int) -> Content | None:
        """As `read` if it can be done at once; None: `read` has to be awaited."""
        bdev = self.bdev
        if bdev.watched or self._closed:
            return None
        if first < 0 or count <= 0 or first + count > self._geometry.blocks:
            return None
        if bdev.limiter is not None and not self._admitted(IoType.READ, count * self._block_size):
            return None
        started = now()
        data = self._device.read_now(first, count)
        if data is not None:
            self.statistics.read.count(len(data), now() - started)
        return data

    def read_many_now(self, ranges: Sequence[tuple[int, int]]) -> list[Content]:
        """As `read_now` for several ranges, (first, count); ends before one that has to wait.

        They are counted together: each has taken its share of the time.
        """
        bdev, device_read, blocks = self.bdev, self._device.read_now, self._geometry.blocks
        found: list[Content] = []
        if bdev.watched or self._closed or bdev.limiter is not None:
            return found
        started = now()
        for first, count in ranges:
            if first + count > blocks or (data := device_read(first, count)) is None:
                break
            found.append(data)
        if found:
            self.statistics.read.count_many(len(found), sum(map(len, found)), now() - started)
        return found

    def write_now(self, first: int, data: Buffer) -> bool:
        """As `write` if it can be done at once; False: `write` has to be awaited."""
        bdev = self.bdev
        if bdev.watched or self._closed or not self._write:
            return False
        size = len(data)
        count, rest = divmod(size, self._block_size)
        if rest or first < 0 or count <= 0 or first + count > self._geometry.blocks:
            return False
        if bdev.limiter is not None and not self._admitted(IoType.WRITE, size):
            return False
        started = now()
        if not self._device.write_now(first, data):
            return False
        self.statistics.write.count(size, now() - started)
        return True

    def _admitted(self, kind: IoType, size: int) -> bool:
        """Whether the limits let an operation through now that the device then does at once."""
        limiter = self.bdev.limiter
        return limiter is None or (self._device.at_once and limiter.admit_now(kind, size))

    # -- operations; each raises IoError

    async def read(self, first: int, count: int) -> Content:
        """The content of `count` blocks from `first` on."""
        data = self.read_now(first, count)
        if data is not None:
            return data
        return await self._perform(
            IoType.READ, first, count, partial(self._device.read, first, count)
        )

    async def write(self, first: int, data: Buffer) -> None:
        """Replace blocks from `first` on; `data` must not change before the call returns."""
        if self.write_now(first, data):
            return
        count = self._blocks_of(data)
        await self._perform(IoType.WRITE, first, count, partial(self._device.write, first, data))

    async def flush(self) -> None:
        """Make every write that was acknowledged before survive a crash."""
        await self._perform(IoType.FLUSH, None, 0, self._device.flush)

    async def write_zeroes(self, first: int, count: int) -> None:
        """Fill blocks with zeroes."""
        operation = partial(self._device.write_zeroes, first, count)
        await self._perform(IoType.WRITE_ZEROES, first, count, operation)

    async def unmap(self, first: int, count: int) -> None:
        """Give blocks back; what they read as is up to the device (`zeroes_after_unmap`)."""
        operation = partial(self._device.unmap, first, count)
        await self._perform(IoType.UNMAP, first, count, operation)

    async def compare(self, first: int, expected: Buffer) -> None:
        """Raise CompareFailedError unless the blocks hold `expected`."""
        count = self._blocks_of(expected)
        operation = partial(self._device.compare, first, expected)
        await self._perform(IoType.COMPARE, first, count, operation)

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """Write `data` if the blocks hold `expected`; nothing else gets in between."""
        if len(expected) != len(data):
            raise InvalidLengthError("data of different length")
        operation = partial(self._device.compare_and_write, first, expected, data)
        await self._perform(IoType.COMPARE_AND_WRITE, first, self._blocks_of(data), operation)

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Copy blocks within the device; the ranges may overlap."""
        if source < 0 or source + count > self.bdev.geometry.blocks:
            raise OutOfRangeError(f"{source}+{count}")
        operation = partial(self._device.copy, source, destination, count)
        await self._perform(IoType.COPY, destination, count, operation)

    async def reset(self) -> None:
        """Give up I/O that hangs; it fails."""
        await self._perform(IoType.RESET, None, 0, self._device.reset)

    def _blocks_of(self, data: Buffer) -> int:
        count, rest = divmod(len(data), self._block_size)
        if rest:
            raise InvalidLengthError(f"{len(data)} bytes are no blocks of {self._block_size}")
        return count

    async def _perform(
        self, kind: IoType, first: int | None, count: int, operation: Callable[[], Awaitable[T]]
    ) -> T:
        """Check, admit, carry out and count one operation; `first` None: on the whole device."""
        bdev, size = self.bdev, count * self._block_size
        self._check(kind, first, count)
        bdev.begin()
        started = now()
        try:
            if bdev.limiter is not None and kind in _LIMITED:
                await bdev.admit(kind, size)
            result = await operation()
        except IoError as error:
            self.statistics.errors[error.counted] += 1
            raise
        finally:
            bdev.end()
        self._count(kind, size, now() - started)
        return result

    def _check(self, kind: IoType, first: int | None, count: int) -> None:
        if self._closed:
            raise RemovedError(f"{self.bdev.name} is closed")
        if kind in _CHANGES and not self._write:
            raise ReadOnlyError(self.bdev.name)
        if first is None:
            return
        if first < 0 or count <= 0 or first + count > self.bdev.geometry.blocks:
            raise OutOfRangeError(f"{first}+{count} of {self.bdev.geometry.blocks}")

    def _count(self, kind: IoType, size: int, ticks: int) -> None:
        tally = self.statistics.tally(kind)
        if tally is not None:
            tally.count(size, ticks)
        if self.bdev.histogram is not None:
            self.bdev.histogram.count(kind, ticks)
