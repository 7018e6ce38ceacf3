"""Volumes that have blocks of their own: null, malloc and aio devices of an SPDK target.

A volume `volumes/ID` is the device ID there. Its uuid tells ours from a stranger's of that name:
where the client chooses none it follows from the name, so that whoever comes back after a crash
knows it, and a host finds the same device after a restart.

What malloc volumes hold is gone with the target's process; they come back empty. Files keep
theirs.
"""

from __future__ import annotations

import errno
import logging
import re
import uuid
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    invalid_arguments,
)
from dpu_sim.storage.bdevs import Bdevs, Found, bdev_name, is_unavailable
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1.backend_aio_pb2 import AioVolume
from opi.proto.opi_api.storage.v1.backend_malloc_pb2 import MallocVolume
from opi.proto.opi_api.storage.v1.backend_null_pb2 import NullVolume
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

SECTOR = 512
METADATA_SIZES = (0, 8, 16, 32, 64, 128)
LARGEST_BLOCK = 1 << 31
LONGEST_PATH = 4095

_MIB = 1 << 20
_NAMES = uuid.UUID("6b1f3a52-96cd-5c0b-8d6a-0f52f7c6a3de")
"""Name space of the uuids of volumes for which the client chose none."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NO_STORAGE = ("/proc", "/sys")

_log = logging.getLogger(__name__)


class Volume(Protocol):
    """What the three kinds have in common."""

    name: str
    block_size: int
    blocks_count: int
    uuid: str


V = TypeVar("V", NullVolume, MallocVolume, AioVolume)


class VolumeBackend(Backend[V]):
    """The volumes of one kind. Subclasses say what makes one, and what can be changed."""

    module: str
    """SPDK's name of the kind, as in bdev_MODULE_create."""

    def __init__(self, spdk: SpdkClient) -> None:
        self._bdevs = Bdevs(spdk)

    @abstractmethod
    def problems(self, volume: V) -> Mapping[str, str | None]:
        """What is wrong with the fields of this kind, by name; None for nothing."""

    @abstractmethod
    def parameters(self, volume: V) -> dict[str, Any]:
        """Those of the create method besides name and uuid."""

    @abstractmethod
    def fits(self, found: Found, volume: V) -> bool:
        """Whether a device with the volume's uuid is what the volume asks for."""

    async def validate(self, resource: V) -> None:
        """Check sizes, uuid and file name. Raises ApiError: INVALID_ARGUMENT."""
        found = {"uuid": uuid_problem(resource.uuid), **self.problems(resource)}
        problems = {name: problem for name, problem in found.items() if problem}
        if problems:
            raise invalid_arguments(problems)

    async def create(self, resource: V) -> V:
        """Make the device, or take over the one that an interrupted creation made."""
        volume = _with_uuid(resource)
        found = await self._bdevs.find(bdev_name(volume.name))
        if found is None:
            return await self._make(volume)
        if not (_is_ours(found, volume) and self.fits(found, volume)):
            raise already_exists(f"{volume.name} on the SPDK target")
        return self.seen(volume, found)

    async def update(self, old: V, new: V) -> V:
        """Change the device in place where the target can, else make it anew if it is unused."""
        volume = _with_uuid(new)
        found = await self._bdevs.find(bdev_name(old.name))
        if found is None:
            return await self._make(volume)
        if not _is_ours(found, _with_uuid(old)):
            raise already_exists(f"{old.name} on the SPDK target")
        return await self.change(found, old, volume)

    async def delete(self, resource: V) -> None:
        """Remove the device; a stranger's of that name stays."""
        found = await self._bdevs.find(bdev_name(resource.name))
        if found is not None and _is_ours(found, _with_uuid(resource)):
            await self._remove(found)

    async def discard(self, intended: V, stored: V | None) -> None:
        """Remove the device that an interrupted creation, or change of uuid, has made."""
        wanted = _with_uuid(intended)
        found = await self._bdevs.find(bdev_name(wanted.name))
        if found is None or not _is_ours(found, wanted):
            return
        if stored is None or not _is_ours(found, _with_uuid(stored)):
            await self._remove(found)

    async def reconcile(self, resource: V) -> V:
        """See to it that the target has the volume as the store has it. Raises ApiError."""
        volume = _with_uuid(resource)
        found = await self._bdevs.find(bdev_name(volume.name))
        if found is None:
            made = await self._make(volume)
            self.restored(made)
            return made
        if not _is_ours(found, volume):
            raise already_exists(f"{volume.name} on the SPDK target")
        if self.fits(found, volume):
            return self.seen(volume, found)
        return await self.change(found, volume, volume)

    async def stats(self, resource: V) -> VolumeStats:
        """What went through the volume, from the target."""
        return await self._bdevs.statistics(bdev_name(resource.name))

    def seen(self, volume: V, found: Found) -> V:  # noqa: ARG002
        """The volume with what the device tells of it."""
        return volume

    def restored(self, volume: V) -> None:
        """The device had to be made again on start."""

    async def change(self, found: Found, old: V, new: V) -> V:
        """Turn the device that is there into `new`; `old` is what to go back to."""
        if _is_ours(found, new) and self.fits(found, new):
            return self.seen(new, found)
        return await self.replace(found, old, new)

    async def replace(self, found: Found, old: V, new: V) -> V:
        """Make the device anew, with the limits it had; when that fails, the old one is back."""
        if found["claimed"]:
            text = f"{old.name} is in use: what is asked for would need a new device"
            raise failed_precondition(text, [old.name], "IN_USE", "is in use")
        limits = await self._bdevs.limits(found)
        await self._remove(found)
        try:
            made = await self._make(new)
            await self._limit(new, limits)
        except ApiError as error:
            if not is_unavailable(error):
                await self.delete(new)
                await self._make(_with_uuid(old))
                await self._limit(old, limits)
            raise
        return made

    async def _limit(self, volume: V, limits: Mapping[str, int]) -> None:
        if limits:
            name = bdev_name(volume.name)
            await self._bdevs.call("bdev_set_qos_limit", name=name, **limits)

    async def _make(self, volume: V) -> V:
        """Make the device, or nothing."""
        name = bdev_name(volume.name)
        wanted = self.parameters(volume)
        await self._bdevs.call(
            f"bdev_{self.module}_create", name=name, uuid=volume.uuid.lower(), **wanted
        )
        try:
            found = await self._bdevs.find(name)
        except ApiError as error:
            if not is_unavailable(error):
                await self._remove({"name": name})
            raise
        if found is None:
            raise failed_precondition(f"{volume.name} vanished from the SPDK target")
        if not self.fits(found, volume):
            await self._remove(found)
            raise failed_precondition(self.misfit(found, volume))
        return self.seen(volume, found)

    def misfit(self, found: Found, volume: V) -> str:
        """Why what the target made is not what was asked for."""
        size = f"{found['num_blocks']} blocks of {found['block_size']} bytes"
        return f"the SPDK target made {volume.name} with {size}, not with what was asked for"

    async def _remove(self, found: Found) -> None:
        await self._bdevs.call(f"bdev_{self.module}_delete", name=found["name"])


class NullBackend(VolumeBackend[NullVolume]):
    """Volumes that forget what is written. Their number of blocks changes in place."""

    module = "null"

    def problems(self, volume: NullVolume) -> Mapping[str, str | None]:
        """Of the sizes."""
        return _size_problems(volume)

    def parameters(self, volume: NullVolume) -> dict[str, Any]:
        """Sizes."""
        return {"block_size": volume.block_size, "num_blocks": volume.blocks_count}

    def fits(self, found: Found, volume: NullVolume) -> bool:
        """By size."""
        return _sizes(found) == (volume.block_size, volume.blocks_count)

    async def change(self, found: Found, old: NullVolume, new: NullVolume) -> NullVolume:
        """The target resizes to whole MiB, also while the volume is in use."""
        size = new.block_size * new.blocks_count
        same = _is_ours(found, new) and found["block_size"] == new.block_size
        if not same or self.fits(found, new) or size % _MIB:
            return await super().change(found, old, new)
        name = bdev_name(new.name)
        await self._bdevs.call("bdev_null_resize", name=name, new_size=size // _MIB)
        return new


class MallocBackend(VolumeBackend[MallocVolume]):
    """Volumes in the target's memory. Their shape stays: a new device would have lost the data."""

    module = "malloc"

    def problems(self, volume: MallocVolume) -> Mapping[str, str | None]:
        """Of the sizes."""
        known = volume.metadata_size in METADATA_SIZES
        sizes = ", ".join(map(str, METADATA_SIZES))
        return {
            **_size_problems(volume),
            "metadata_size": None if known else f"must be one of {sizes}",
        }

    def parameters(self, volume: MallocVolume) -> dict[str, Any]:
        """Sizes; metadata lie behind the data of their block."""
        metadata = {"md_size": volume.metadata_size, "md_interleave": True}
        sizes = {"block_size": volume.block_size, "num_blocks": volume.blocks_count}
        return sizes | (metadata if volume.metadata_size else {})

    def fits(self, found: Found, volume: MallocVolume) -> bool:
        """By size; the target counts interleaved metadata as part of the block."""
        sizes = (volume.block_size + volume.metadata_size, volume.blocks_count)
        return _sizes(found) == sizes and found.get("md_size", 0) == volume.metadata_size

    async def replace(self, found: Found, old: MallocVolume, new: MallocVolume) -> MallocVolume:  # noqa: ARG002
        """Refused. Raises ApiError: FAILED_PRECONDITION."""
        text = f"{old.name} cannot be changed without losing its data: delete it and create another"
        raise failed_precondition(text, [old.name], "VOLATILE", "its data would be lost")

    def restored(self, volume: MallocVolume) -> None:
        """What it held is gone, which somebody may want to know."""
        _log.warning("a malloc volume is empty again", extra={"data": {"resource": volume.name}})


class AioBackend(VolumeBackend[AioVolume]):
    """Volumes in files and on block devices of the DPU, each in one volume at a time."""

    module = "aio"

    def problems(self, volume: AioVolume) -> Mapping[str, str | None]:
        """Of sizes and file name."""
        size = volume.block_size
        fine = SECTOR <= size <= LARGEST_BLOCK and size & (size - 1) == 0
        return {
            "block_size": None if fine or not size else f"must be a power of two, {SECTOR} or more",
            "blocks_count": "must not be negative" if volume.blocks_count < 0 else None,
            "filename": path_problem(volume.filename),
        }

    def parameters(self, volume: AioVolume) -> dict[str, Any]:
        """File, and block size if one is asked for."""
        size = {"block_size": volume.block_size} if volume.block_size else {}
        return {"filename": volume.filename, **size}

    def fits(self, found: Found, volume: AioVolume) -> bool:
        """By file and block size, and at least so many blocks: a file is as long as it is."""
        return bool(
            _file(found) == volume.filename
            and volume.block_size in (0, found["block_size"])
            and volume.blocks_count <= found["num_blocks"]
        )

    def seen(self, volume: AioVolume, found: Found) -> AioVolume:
        """With the size that the file gives it."""
        volume.block_size, volume.blocks_count = found["block_size"], found["num_blocks"]
        return volume

    def misfit(self, found: Found, volume: AioVolume) -> str:
        """It is the file that is too short."""
        return (
            f"blocks_count: {volume.filename} holds {found['num_blocks']} blocks of "
            f"{found['block_size']} bytes, fewer than {volume.blocks_count}"
        )

    async def change(self, found: Found, old: AioVolume, new: AioVolume) -> AioVolume:
        """A file that has grown is looked at again; another file takes a new device."""
        if not (_is_ours(found, new) and _file(found) == new.filename):
            return await super().change(found, old, new)
        await self._bdevs.call("bdev_aio_rescan", name=found["name"])
        now = await self._bdevs.find(found["name"]) or found
        if new.block_size in (0, now["block_size"]) and not self.fits(now, new):
            raise failed_precondition(self.misfit(now, new))
        return await super().change(now, old, new)

    async def _make(self, volume: AioVolume) -> AioVolume:
        for one in await self._bdevs.known():
            if _file(one) == volume.filename:
                text = f"filename: {volume.filename} is in use by {one['name']}"
                raise failed_precondition(text, [one["name"]], "IN_USE", "has the file")
        try:
            return await super()._make(volume)
        except ApiError as error:
            if getattr(error.__cause__, "code", 0) == -errno.ENOENT:
                text = f"filename: there is no file {volume.filename} on the DPU"
                raise failed_precondition(text) from error
            raise


def path_problem(text: str) -> str | None:
    """What is wrong with the path of a file for a volume; None for nothing."""
    if not text.startswith("/") or text.endswith("/"):
        return "must be the absolute path of a file"
    if not text.isprintable() or len(text.encode()) > LONGEST_PATH:
        return f"must be printable, at most {LONGEST_PATH} bytes"
    path = PurePosixPath(text)
    if str(path) != text or ".." in path.parts or text.startswith("//"):
        return "must be without '.', '..' and empty parts"
    if any(path.is_relative_to(one) for one in _NO_STORAGE):
        return f"must not lie below {' or '.join(_NO_STORAGE)}"
    return None


def _size_problems(volume: NullVolume | MallocVolume) -> dict[str, str | None]:
    size, count = volume.block_size, volume.blocks_count
    fine = 0 < size <= LARGEST_BLOCK and size % SECTOR == 0
    too_large = size > 0 and count > ((1 << 63) - 1) // size
    return {
        "block_size": None if fine else f"must be a multiple of {SECTOR}, at most {LARGEST_BLOCK}",
        "blocks_count": "must be positive"
        if count <= 0
        else ("makes the volume larger than 2^63 bytes" if too_large else None),
    }


def uuid_problem(text: str) -> str | None:
    """What is wrong with the text of a UUID; None when nothing is, or there is no text."""
    if not text:
        return None
    if not _UUID.fullmatch(text):
        return "must be a UUID in the 8-4-4-4-12 form"
    return None if uuid.UUID(text).int else "must not be the nil UUID"


def _with_uuid(volume: V) -> V:
    """A copy that has a uuid."""
    copy = type(volume)()
    copy.CopyFrom(volume)
    if not copy.uuid:
        copy.uuid = str(uuid.uuid5(_NAMES, bdev_name(volume.name)))
    return copy


def _is_ours(found: Found, volume: Volume | Message) -> bool:
    return bool(found.get("uuid", "").lower() == volume.uuid.lower())  # type: ignore[union-attr]


def _sizes(found: Found) -> tuple[int, int]:
    return found["block_size"], found["num_blocks"]


def _file(found: Found) -> str | None:
    """The file of an aio device; None for another device."""
    name = found.get("driver_specific", {}).get("aio", {}).get("filename")
    return None if name is None else str(name)
