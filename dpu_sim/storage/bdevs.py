"""Block devices of an SPDK target, by name: found, counted, limited."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from typing import Any

import grpc

from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    resource_exhausted,
)
from dpu_sim.storage.spdk import SpdkClient, SpdkError
from opi.proto.opi_api.storage.v1.opicommon_pb2 import VolumeStats

Found = Mapping[str, Any]
"""A device as bdev_get_bdevs describes it."""

MOST = (1 << 31) - 1
"""Counters of the API have 32 bits; those that would not fit stay at the largest number."""

_REMOTE_NAMESPACE = re.compile(r"nvmeRemoteControllers/([^/]+)/nvmeRemoteNamespaces/([^/]+)$")

_INVALID_PARAMETERS = -32602
"""What the target says of a key that it does not have."""

COUNTERS = {
    "read_bytes_count": "bytes_read",
    "read_ops_count": "num_read_ops",
    "write_bytes_count": "bytes_written",
    "write_ops_count": "num_write_ops",
    "unmap_bytes_count": "bytes_unmapped",
    "unmap_ops_count": "num_unmap_ops",
    "read_latency_ticks": "read_latency_ticks",
    "write_latency_ticks": "write_latency_ticks",
    "unmap_latency_ticks": "unmap_latency_ticks",
}


class Bdevs:
    """The devices of one target."""

    def __init__(self, spdk: SpdkClient) -> None:
        self._spdk = spdk

    async def call(self, method: str, **parameters: Any) -> Any:
        """A call of the target. Raises ApiError: what became of a refusal."""
        try:
            return await self._spdk.call(method, parameters)
        except SpdkError as error:
            raise _refused(error, str(parameters.get("name", ""))) from error

    async def secret_call(self, method: str, what: str, **parameters: Any) -> Any:
        """A call with a secret: of a refusal nothing is told but `what` is refused, and its code.

        Raises:
            ApiError: FAILED_PRECONDITION.
        """
        try:
            return await self._spdk.call(method, parameters)
        except SpdkError as error:
            code = error.code
        raise failed_precondition(f"the SPDK target refuses {what} ({method}: {code})")

    async def crypto_key(self, name: str) -> Mapping[str, str] | None:
        """The key of that name, with its secrets, which no error tells. Raises ApiError."""
        try:
            listed = await self._spdk.call("accel_crypto_keys_get", {"key_name": name})
        except SpdkError as error:
            if error.code == _INVALID_PARAMETERS:
                return None
            code = error.code
        else:
            return next((one for one in listed if one["name"] == name), None)
        text = f"the SPDK target refuses to tell of a key (accel_crypto_keys_get: {code})"
        raise failed_precondition(text)

    async def every(self) -> list[Found]:
        """All devices."""
        return list(await self.call("bdev_get_bdevs"))

    async def known(self) -> list[Found]:
        """All devices; while restoring, those that restoring has not touched."""
        try:
            return await self._spdk.known("bdev_get_bdevs")
        except SpdkError as error:
            raise _refused(error, "") from error

    async def find(self, name: str, user: str = "") -> Found | None:
        """The device of that name; one that merely has it as an alias is not meant.

        It counts as claimed while a virtio device other than `user` has it.
        """
        found = await self._find(name)
        if found is None or not self._spdk.exports.other(name, user):
            return found
        return {**found, "claimed": True}

    async def _find(self, name: str) -> Found | None:
        try:
            listed = await self._spdk.call("bdev_get_bdevs", {"name": name})
        except SpdkError as error:
            if error.code == -errno.ENODEV:
                return None
            raise _refused(error, name) from error
        return next((one for one in listed if one["name"] == name), None)

    async def base(self, reference: str, user: str = "") -> Found:
        """The device that a `volume_name_ref` means. Raises ApiError: FAILED_PRECONDITION."""
        name = bdev_name(reference)
        found = await self.find(name, user)
        if found is None:
            text = f"volume_name_ref: {reference} is no volume on the target"
            raise failed_precondition(text, [reference], "REFERENCE", "does not exist")
        return found

    async def unused(self, reference: str, user: str = "") -> str:
        """As `base`, its name; refused as well while something else than `user` has it."""
        found = await self.base(reference, user)
        if found["claimed"]:
            text = f"volume_name_ref: {reference} is in use"
            raise failed_precondition(text, [reference], "IN_USE", "is in use")
        return str(found["name"])

    async def statistics(self, name: str) -> VolumeStats:
        """What went through a device. Raises ApiError: FAILED_PRECONDITION, there is none."""
        return await self.sum([name])

    async def sum(self, names: Iterable[str]) -> VolumeStats:
        """What went through several devices together. Raises ApiError: one is not there."""
        wanted = list(names)
        return added(await self._iostat(wanted) if wanted else ())

    async def _iostat(self, names: list[str]) -> list[Mapping[str, Any]]:
        """The counters of some devices, of each by itself when the target does not know better."""
        try:
            listed = (await self._spdk.call("bdev_get_iostat", {"names": names}))["bdevs"]
        except SpdkError as error:
            if error.code == -errno.ENODEV:
                raise _absent(names, error) from error
            listed = [one for name in names for one in await self._old_iostat(name)]
        return [one for one in listed if one["name"] in names]

    async def _old_iostat(self, name: str) -> list[Mapping[str, Any]]:
        """The same by the spelling of targets before SPDK 26.01."""
        try:
            return list((await self._spdk.call("bdev_get_iostat", {"name": name}))["bdevs"])
        except SpdkError as error:
            if error.code == -errno.ENODEV:
                raise _absent([name], error) from error
            raise _refused(error, name) from error

    async def limits(self, found: Found) -> dict[str, int]:
        """The limits that are in force on a device, by SPDK's names."""
        return {name: n for name, n in found.get("assigned_rate_limits", {}).items() if n}


def added(told: Iterable[Mapping[str, Any]]) -> VolumeStats:
    """The sum of what the target tells of several things that it counts for."""
    total = dict.fromkeys(COUNTERS, 0)
    for one in told:
        for ours, its in COUNTERS.items():
            total[ours] += int(one.get(its, 0))
    return VolumeStats(**{name: min(count, MOST) for name, count in total.items()})


def bdev_name(resource: str) -> str:
    """The device that a resource is on the target: the last segment of its name.

    A namespace of a remote controller is what SPDK calls CONTROLLERnNUMBER.
    """
    remote = _REMOTE_NAMESPACE.search(resource)
    return f"{remote[1]}n{remote[2]}" if remote else resource.rsplit("/", 1)[-1]


def _refused(error: SpdkError, name: str) -> ApiError:
    if error.code == -errno.EEXIST:
        return already_exists(f"{name} (or its uuid) on the SPDK target")
    text = f"the SPDK target refuses: {error}"
    if error.code in (-errno.ENOMEM, -errno.ENOSPC):
        return resource_exhausted(text, "memory of the storage target")
    return failed_precondition(text)


def _absent(names: list[str], error: SpdkError) -> ApiError:
    which = names[0] if len(names) == 1 else f"{error.message}: one of {', '.join(names[:10])}"
    return failed_precondition(f"{which} is not on the target")


def is_unavailable(error: ApiError) -> bool:
    """Whether the target did not answer, so that there is no use in asking it for more."""
    return error.code is grpc.StatusCode.UNAVAILABLE
