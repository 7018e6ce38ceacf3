"""Block devices for tests: every module, and modules on top of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dpu_sim.spdk_sim.bdev.aio import open_aio
from dpu_sim.spdk_sim.bdev.bdev import Bdev, Descriptor
from dpu_sim.spdk_sim.bdev.crypto import CryptoDevice, CryptoKey
from dpu_sim.spdk_sim.bdev.delay import DelayDevice, Latencies
from dpu_sim.spdk_sim.bdev.device import Device, Geometry
from dpu_sim.spdk_sim.bdev.injection import ErrorDevice
from dpu_sim.spdk_sim.bdev.layered import Layer, PassthruDevice
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory
from dpu_sim.spdk_sim.bdev.qos import RateLimits
from dpu_sim.spdk_sim.bdev.registry import Plan, Registry

BLOCK = 512
BLOCKS = 64
KEY = CryptoKey("k", "AES_XTS", "00" * 15 + "01", "ff" * 16, "SIMPLE_LBA")
NO_DELAY = Latencies(0, 0, 0, 0)
FAST = RateLimits(rw_ios_per_sec=10_000_000, rw_mbytes_per_sec=100_000)


@dataclass(frozen=True)
class Stack:
    """A device to test, and the bottom of what it stands on."""

    registry: Registry
    top: Bdev
    bottom: Bdev

    def open(self) -> Descriptor:
        return self.top.open(write=True)


def malloc(blocks: int = BLOCKS, block_size: int = BLOCK) -> Device:
    return MallocDevice(Geometry(block_size, blocks), Memory())


def aio(path: Path, blocks: int = BLOCKS, block_size: int = BLOCK, **options: bool) -> Device:
    if not path.exists():
        with path.open("wb") as file:
            file.truncate(blocks * block_size)
    return open_aio(path, Geometry(block_size, 0), {"block_size": block_size, **options})


def crypto(base: Descriptor) -> Layer:
    return CryptoDevice(base, KEY)


def delay(base: Descriptor) -> Layer:
    return DelayDevice(base, NO_DELAY)


LAYERS: dict[str, Callable[[Descriptor], Layer]] = {
    "crypto": crypto,
    "delay": delay,
    "error": ErrorDevice,
    "passthru": PassthruDevice,
}


def build(what: str, folder: Path, blocks: int = BLOCKS, block_size: int = BLOCK) -> Stack:
    """A stack by its words from top to bottom: "crypto over limited over aio"."""
    registry = Registry()
    *layers, bottom = what.split(" over ")
    path = folder / f"{bottom}.img"
    devices: dict[str, Callable[[], Device]] = {
        "malloc": lambda: malloc(blocks, block_size),
        "aio": lambda: aio(path, blocks, block_size),
        "fallocate": lambda: aio(path, blocks, block_size, fallocate=True),
    }
    lowest = top = registry.register("bottom", devices[bottom]())
    for number, word in enumerate(reversed(layers)):
        if word == "limited":
            top.limit(FAST)
        else:
            registry.create_layer(Plan(f"layer{number}", top.name, word, LAYERS[word]))
            top = registry.get(f"layer{number}")
    return Stack(registry, top, lowest)
