"""Encrypted volumes: a key and a crypto device on top of another volume of an SPDK target.

Device and key have the id of the volume. A key is not told by anything here: neither by errors
nor by logs.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from dpu_sim.api.backend import Backend
from dpu_sim.api.errors import (
    ApiError,
    already_exists,
    failed_precondition,
    invalid_arguments,
)
from dpu_sim.storage.bdevs import Bdevs, Found, bdev_name, is_unavailable
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1 import opicommon_pb2 as common
from opi.proto.opi_api.storage.v1.middleend_encryption_pb2 import EncryptedVolume

KEY_BYTES: Mapping[int, int] = {
    common.ENCRYPTION_TYPE_AES_XTS_128: 32,
    common.ENCRYPTION_TYPE_AES_XTS_256: 64,
}
"""Both keys of XTS together, by the cipher; no other cipher is on offer."""


class EncryptedBackend(Backend[EncryptedVolume]):
    """The encrypted volumes of one target."""

    def __init__(self, spdk: SpdkClient) -> None:
        self._bdevs = Bdevs(spdk)

    async def validate(self, resource: EncryptedVolume) -> None:
        """Check cipher and length of the key. Raises ApiError: INVALID_ARGUMENT."""
        wanted = KEY_BYTES.get(resource.cipher)
        problems = {}
        if wanted is None:
            problems["cipher"] = "must be AES_XTS_128 or AES_XTS_256: the target has no other"
        elif len(resource.key) != wanted:
            problems["key"] = f"must have {wanted} bytes for this cipher, not {len(resource.key)}"
        if bdev_name(resource.volume_name_ref) == bdev_name(resource.name):
            problems["volume_name_ref"] = "must be another volume"
        if problems:
            raise invalid_arguments(problems)

    async def create(self, resource: EncryptedVolume) -> EncryptedVolume:
        """Make key and device, or nothing; what an interrupted creation made is taken over."""
        name = bdev_name(resource.name)
        found = await self._bdevs.find(name)
        if found is None:
            if await self._key(name) not in (None, _halves(resource)):
                raise already_exists(f"the key of {resource.name} on the SPDK target")
            await self._make(resource)
        elif not await self._is_made(found, resource):
            raise already_exists(f"{resource.name} on the SPDK target")
        return resource

    async def update(self, old: EncryptedVolume, new: EncryptedVolume) -> EncryptedVolume:
        """Another key or base takes a new device, which the volume must be unused for."""
        await self._bdevs.base(new.volume_name_ref)
        await self._replace(await self._bdevs.find(bdev_name(old.name)), old, new)
        return new

    async def delete(self, resource: EncryptedVolume) -> None:
        """Remove device and key, as far as they are there and this volume's."""
        name = bdev_name(resource.name)
        found = await self._bdevs.find(name)
        if found is not None and _crypto(found) is None:
            return  # a stranger's
        await self._remove(name, found)

    async def discard(self, intended: EncryptedVolume, stored: EncryptedVolume | None) -> None:
        """Remove what an interrupted creation made, if it is just that."""
        if stored is not None:
            return
        name = bdev_name(intended.name)
        found = await self._bdevs.find(name)
        if found is not None and not await self._is_made(found, intended):
            return
        if await self._key(name) == _halves(intended):
            await self._remove(name, found)

    async def reconcile(self, resource: EncryptedVolume) -> EncryptedVolume:
        """See to it that the target has the volume as the store has it. Raises ApiError."""
        found = await self._bdevs.find(bdev_name(resource.name))
        if found is None or _crypto(found) is not None:
            if found is None or not await self._is_made(found, resource):
                await self._replace(found, resource, resource)
            return resource
        raise already_exists(f"{resource.name} on the SPDK target")

    async def stats(self, resource: EncryptedVolume) -> common.VolumeStats:
        """What went through the crypto device."""
        return await self._bdevs.statistics(bdev_name(resource.name))

    async def _replace(
        self, found: Found | None, old: EncryptedVolume, new: EncryptedVolume
    ) -> None:
        """Make key and device anew, with the limits they had; or have the old ones again."""
        if found is not None and found["claimed"]:
            text = f"{old.name} is in use: another key or base would need a new device"
            raise failed_precondition(text, [old.name], "IN_USE", "is in use")
        name = bdev_name(old.name)
        limits = {} if found is None else await self._bdevs.limits(found)
        await self._remove(name, found)
        try:
            await self._make(new)
            await self._limit(name, limits)
        except ApiError as error:
            if old != new and not is_unavailable(error):
                await self._remove(name, await self._bdevs.find(name))
                await self._make(old)
                await self._limit(name, limits)
            raise

    async def _limit(self, name: str, limits: Mapping[str, int]) -> None:
        if limits:
            await self._bdevs.call("bdev_set_qos_limit", name=name, **limits)

    async def _make(self, volume: EncryptedVolume) -> None:
        """Make key and device, or nothing."""
        name = bdev_name(volume.name)
        # Of one in use the target itself says no more than "Operation not permitted".
        base = await self._bdevs.unused(volume.volume_name_ref)
        first, second = _halves(volume)
        if await self._key(name) is None:
            await self._bdevs.secret_call(
                "accel_crypto_key_create",
                f"the key of {volume.name}",
                name=name,
                cipher="AES_XTS",
                key=first,
                key2=second,
                tweak_mode="SIMPLE_LBA",
            )
        try:
            await self._bdevs.call(
                "bdev_crypto_create", name=name, base_bdev_name=base, key_name=name
            )
        except ApiError as error:
            if not is_unavailable(error):
                await self._bdevs.call("accel_crypto_key_destroy", key_name=name)
            raise

    async def _remove(self, name: str, found: Found | None) -> None:
        """Remove device and key as far as they are there, or nothing."""
        key = await self._key(name)
        if found is not None:
            await self._bdevs.call("bdev_crypto_delete", name=name)
        if key is None:
            return
        try:
            await self._bdevs.call("accel_crypto_key_destroy", key_name=name)
        except ApiError as error:
            if found is not None and not is_unavailable(error):
                await self._put_back(found)
            raise

    async def _put_back(self, found: Found) -> None:
        """Make a device as it was, of the key that is still there."""
        name, base = str(found["name"]), (_crypto(found) or {}).get("base_bdev_name", "")
        await self._bdevs.call("bdev_crypto_create", name=name, base_bdev_name=base, key_name=name)
        await self._limit(name, await self._bdevs.limits(found))

    async def _is_made(self, found: Found, volume: EncryptedVolume) -> bool:
        """Whether the device lies on the volume's base and has its key."""
        crypto = _crypto(found)
        if crypto is None or crypto.get("base_bdev_name") != bdev_name(volume.volume_name_ref):
            return False
        key, wanted = await self._key(found["name"]), _halves(volume)
        return key is not None and hmac.compare_digest("".join(key), "".join(wanted))

    async def _key(self, name: str) -> tuple[str, str] | None:
        """The halves of the target's key of that name, in hexadecimal digits."""
        found = await self._bdevs.crypto_key(name)
        return None if found is None else (found["key"].lower(), found.get("key2", "").lower())


def _halves(volume: EncryptedVolume) -> tuple[str, str]:
    half = len(volume.key) // 2
    return volume.key[:half].hex(), volume.key[half:].hex()


def _crypto(found: Found) -> Mapping[str, str] | None:
    """What the target says of a crypto device; None for another device."""
    described: Mapping[str, str] | None = found.get("driver_specific", {}).get("crypto")
    return described
