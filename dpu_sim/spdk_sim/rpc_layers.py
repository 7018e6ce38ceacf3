"""SPDK's methods for devices on top of others: crypto with its keys, delay, error and passthru."""

from __future__ import annotations

import errno
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.crypto import CryptoDevice, CryptoKey
from dpu_sim.spdk_sim.bdev.delay import DelayDevice, Latencies
from dpu_sim.spdk_sim.bdev.injection import INJECTABLE, ErrorDevice, Fault, Injection
from dpu_sim.spdk_sim.bdev.layered import Layer, PassthruDevice
from dpu_sim.spdk_sim.bdev.registry import Plan, Registry
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import PARSE_ERROR, invalid_parameters, system_error, undecoded
from dpu_sim.spdk_sim.parameters import decode, identifier, one_of, string, unsigned

CIPHERS = ("AES_CBC", "AES_XTS")
TWEAK_MODES = (
    "SIMPLE_LBA",
    "JOIN_NEG_LBA_WITH_LBA",
    "INCR_512_FULL_LBA",
    "INCR_512_UPPER_LBA",
)
_LATENCIES = ("avg_read", "p99_read", "avg_write", "p99_write")
_ERROR_PREFIX = "EE_"


class Keys:
    """The keys of the accel framework; a device keeps the one that it was created with."""

    def __init__(self) -> None:
        self._keys: dict[str, CryptoKey] = {}

    def __iter__(self) -> Iterator[CryptoKey]:
        return iter(self._keys.values())

    def find(self, name: str) -> CryptoKey | None:
        """The key of that name."""
        return self._keys.get(name)

    def add(self, key: CryptoKey) -> None:
        """Keep a key. Raises RpcError with the words of SPDK's accel module."""
        number = errno.EEXIST if key.name in self._keys else 0
        try:
            key.secret()
        except ValueError:
            number = number or errno.EINVAL
        if number:
            raise invalid_parameters(f"failed to create DEK, rc -{number}")
        self._keys[key.name] = key

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "accel_crypto_key_create": self._create,
            "accel_crypto_key_destroy": self._destroy,
            "accel_crypto_keys_get": self._list,
        }

    async def _create(self, given: Any) -> bool:
        fields = {
            "name": string,
            "cipher": one_of(*CIPHERS),
            "key": string,
            "key2": string,
            "tweak_mode": one_of(*TWEAK_MODES),
        }
        wanted = decode(given, fields, {"name", "cipher", "key"}, partial(undecoded, PARSE_ERROR))
        tweak_mode = wanted.get("tweak_mode", TWEAK_MODES[0])
        key2 = wanted.get("key2", "")
        self.add(CryptoKey(wanted["name"], wanted["cipher"], wanted["key"], key2, tweak_mode))
        return True

    async def _destroy(self, given: Any) -> bool:
        failure = partial(undecoded, PARSE_ERROR)
        name = decode(given, {"key_name": string}, {"key_name"}, failure)["key_name"]
        if self._keys.pop(name, None) is None:
            raise invalid_parameters("No key object found")
        return True

    async def _list(self, given: Any) -> list[dict[str, str]]:
        """Keys with their secrets, as SPDK's tools need them to save a configuration."""
        failure = partial(undecoded, PARSE_ERROR)
        name = decode(given, {"key_name": string}, set(), failure).get("key_name")
        if name is not None and name not in self._keys:
            raise invalid_parameters("No key object found")
        return [describe_key(one) for one in self if name in (None, one.name)]


def describe_key(key: CryptoKey) -> dict[str, str]:
    """A key as the method that creates it takes it."""
    return {
        "name": key.name,
        "cipher": key.cipher,
        "key": key.key,
        "key2": key.key2,
        "tweak_mode": key.tweak_mode,
    }


class LayerMethods:
    """Handlers that put layers on the devices of one registry."""

    def __init__(self, registry: Registry, keys: Keys) -> None:
        self._registry = registry
        self._keys = keys

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "bdev_crypto_create": self._create_crypto,
            "bdev_crypto_delete": partial(self._delete, "crypto"),
            "bdev_delay_create": self._create_delay,
            "bdev_delay_delete": partial(self._delete, "delay"),
            "bdev_delay_update_latency": self._update_latency,
            "bdev_error_create": self._create_error,
            "bdev_error_delete": partial(self._delete, "bdev_error"),
            "bdev_error_inject_error": self._inject,
            "bdev_error_resume_pending": self._resume,
            "bdev_passthru_create": self._create_passthru,
            "bdev_passthru_delete": partial(self._delete, "passthru"),
        }

    def _plan(self, module: str, name: str, base: str, build: Callable[[Descriptor], Layer]) -> str:
        self._registry.create_layer(Plan(name, base, module, build))
        return name

    async def _delete(self, module: str, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        await self._registry.delete_layer(name, module)
        return True

    def _find(self, name: str, module: type[Layer]) -> Layer:
        device = self._registry.get(name).device
        if not isinstance(device, module):
            raise system_error(errno.ENODEV)
        return device

    # -- crypto

    async def _create_crypto(self, given: Any) -> str:
        names = ("base_bdev_name", "name", "crypto_pmd", "key", "cipher", "key2", "key_name")
        required = {"base_bdev_name", "name"}
        wanted = decode(given, dict.fromkeys(names, string), required, undecoded)
        key = self._key_for(wanted)
        return self._plan(
            "crypto", wanted["name"], wanted["base_bdev_name"], lambda base: CryptoDevice(base, key)
        )

    def _key_for(self, wanted: dict[str, Any]) -> CryptoKey:
        """The key by its name, or made of the parameters that were used before keys had names."""
        if "key_name" in wanted:
            if (key := self._keys.find(wanted["key_name"])) is None:
                raise system_error(errno.ENOENT)
            return key
        if "key" not in wanted:
            raise system_error(errno.EINVAL)
        cipher, halves = wanted.get("cipher", CIPHERS[0]), (wanted["key"], wanted.get("key2", ""))
        key = CryptoKey(f"{wanted['name']}_key", cipher, *halves, TWEAK_MODES[0])
        self._keys.add(key)
        return key

    # -- delay

    async def _create_delay(self, given: Any) -> str:
        latencies = [f"{one}_latency" for one in _LATENCIES]
        names = {"name": string, "base_bdev_name": string}
        fields = {**names, "uuid": identifier, **dict.fromkeys(latencies, unsigned(64))}
        wanted = decode(given, fields, {*names, *latencies}, undecoded)
        added = Latencies(**{one: wanted[one] for one in latencies})
        given_uuid = _uuid(wanted)
        return self._plan(
            "delay",
            wanted["name"],
            wanted["base_bdev_name"],
            lambda base: DelayDevice(base, added, given_uuid),
        )

    async def _update_latency(self, given: Any) -> bool:
        fields = {
            "delay_bdev_name": string,
            "latency_type": one_of(*_LATENCIES),
            "latency_us": unsigned(64),
        }
        wanted = decode(given, fields, set(fields), undecoded)
        device = self._find(wanted["delay_bdev_name"], DelayDevice)
        assert isinstance(device, DelayDevice)
        setattr(device.latencies, f"{wanted['latency_type']}_latency", wanted["latency_us"])
        return True

    # -- error

    async def _create_error(self, given: Any) -> bool:
        wanted = decode(given, {"base_name": string, "uuid": identifier}, {"base_name"}, undecoded)
        given_uuid, base = _uuid(wanted), wanted["base_name"]
        self._plan(
            "bdev_error", _ERROR_PREFIX + base, base, lambda below: ErrorDevice(below, given_uuid)
        )
        return True

    async def _inject(self, given: Any) -> bool:
        fields = {
            "name": string,
            "io_type": one_of("clear", "all", *INJECTABLE),
            "error_type": one_of(*Fault),
            "nvme_sct": unsigned(32),
            "nvme_sc": unsigned(32),
            "num": unsigned(32),
            "queue_depth": unsigned(64),
            "corrupt_offset": unsigned(64),
            "corrupt_value": unsigned(8),
        }
        wanted = decode(given, fields, {"name", "io_type", "error_type"}, undecoded)
        device = self._find(wanted["name"], ErrorDevice)
        assert isinstance(device, ErrorDevice)
        if wanted["io_type"] == "clear":
            device.clear()
            return True
        fault, value = Fault(wanted["error_type"]), wanted.get("corrupt_value", 0)
        if fault is Fault.CORRUPT_DATA and not value:
            raise system_error(errno.EINVAL)
        injection = Injection(
            fault,
            wanted.get("num", 1),
            wanted.get("nvme_sct", 0),
            wanted.get("nvme_sc", 0),
            wanted.get("queue_depth", 0),
            wanted.get("corrupt_offset", 0),
            value,
        )
        chosen = tuple(one for one in INJECTABLE if wanted["io_type"] in ("all", one))
        device.inject(chosen, injection)
        return True

    async def _resume(self, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        device = self._find(name, ErrorDevice)
        assert isinstance(device, ErrorDevice)
        device.resume()
        return True

    # -- passthru

    async def _create_passthru(self, given: Any) -> str:
        names = {"name": string, "base_bdev_name": string}
        wanted = decode(given, {**names, "uuid": identifier}, set(names), undecoded)
        given_uuid = _uuid(wanted)
        return self._plan(
            "passthru",
            wanted["name"],
            wanted["base_bdev_name"],
            lambda base: PassthruDevice(base, given_uuid),
        )


def _uuid(wanted: dict[str, Any]) -> uuid.UUID | None:
    return uuid.UUID(wanted["uuid"]) if "uuid" in wanted else None
