"""What a block device of the SPDK stand-in costs beside the bare work that it does.

4 KiB reads and writes at random addresses, 32 at a time, through an open descriptor (checks,
statistics and all); against a copy of the same memory, the same AES-XTS by `cryptography`, and
os.pread and os.pwrite on the same file, one after the other. Both take turns, round by round.

    python -m bench.bdev_io [--operations 20000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dpu_sim.spdk_sim.bdev.aio import open_aio
from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.crypto import CryptoDevice, CryptoKey
from dpu_sim.spdk_sim.bdev.device import Device, Geometry
from dpu_sim.spdk_sim.bdev.memory import MallocDevice, Memory
from dpu_sim.spdk_sim.bdev.qos import RateLimits
from dpu_sim.spdk_sim.bdev.registry import Plan, Registry

SIZE = 4096
DEVICE = 64 << 20
DEPTH = 32
KEY = CryptoKey("k", "AES_XTS", "00" * 32, "11" * 32, "SIMPLE_LBA")
DATA = random.Random(0).randbytes(SIZE)

Bare = Callable[[int], object]
"""The bare work of one operation at an address (in units of 4 KiB)."""


@dataclass(frozen=True)
class Case:
    """A device, and for reads and writes the bare work."""

    name: str
    device: Descriptor
    read: Bare
    write: Bare


def malloc(block_size: int = SIZE) -> Device:
    """64 MiB of memory, all of it touched."""
    return MallocDevice(Geometry(block_size, DEVICE // block_size), Memory())


def opened(device: Device) -> Descriptor:
    """The device, registered and open."""
    return Registry().register("d", device).open(write=True)


def encrypted(block_size: int) -> Descriptor:
    """A crypto device on memory."""
    registry = Registry()
    registry.register("d", malloc(block_size))
    registry.create_layer(Plan("c", "d", "crypto", lambda base: CryptoDevice(base, KEY)))
    return registry.get("c").open(write=True)


def limited() -> Descriptor:
    """Memory with limits that are never reached."""
    device = opened(malloc())
    device.bdev.limit(RateLimits(rw_ios_per_sec=1_000_000_000))
    return device


def memory_work() -> tuple[Bare, Bare]:
    """Copies out of, and into, plain memory."""
    memory = memoryview(bytearray(os.urandom(DEVICE)))

    def read(address: int) -> object:
        return bytes(memory[address * SIZE : address * SIZE + SIZE])

    def write(address: int) -> None:
        memory[address * SIZE : address * SIZE + SIZE] = DATA

    return read, write


def cipher_work(block_size: int) -> tuple[Bare, Bare]:
    """The same encryption, block by block, without any device."""
    algorithm, per = algorithms.AES(KEY.secret()), SIZE // block_size
    parts = [DATA[n * block_size : (n + 1) * block_size] for n in range(per)]

    def ciphers(address: int) -> Iterator[tuple[Cipher[modes.XTS], bytes]]:
        for n, part in enumerate(parts, address * per):
            yield Cipher(algorithm, modes.XTS(n.to_bytes(16, "little"))), part

    def read(address: int) -> object:
        return b"".join(one.decryptor().update(part) for one, part in ciphers(address))

    def write(address: int) -> object:
        return b"".join(one.encryptor().update(part) for one, part in ciphers(address))

    return read, write


@contextmanager
def cases(folder: Path) -> Iterator[list[Case]]:
    """All of them."""
    path = folder / "image"
    path.write_bytes(os.urandom(DEVICE))
    descriptor = os.open(path, os.O_RDWR)
    plain = opened(open_aio(path, Geometry(SIZE, 0), {"block_size": SIZE}))
    yield [
        Case("malloc / memory copy", opened(malloc()), *memory_work()),
        Case("malloc, limited / memory copy", limited(), *memory_work()),
        Case("crypto, 4 KiB blocks / AES-XTS", encrypted(SIZE), *cipher_work(SIZE)),
        Case("crypto, 512 B blocks / AES-XTS", encrypted(512), *cipher_work(512)),
        Case(
            "aio / os.pread, os.pwrite",
            plain,
            lambda address: os.pread(descriptor, SIZE, address * SIZE),
            lambda address: os.pwrite(descriptor, DATA, address * SIZE),
        ),
    ]
    os.close(descriptor)


async def through(device: Descriptor, addresses: list[int], write: bool) -> float:
    """Operations per second through the device."""
    per = SIZE // device.bdev.geometry.block_size
    waiting = iter(addresses)

    async def worker() -> None:
        for address in waiting:
            if write:
                await device.write(address * per, DATA)
            else:
                await device.read(address * per, per)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(DEPTH)))
    return len(addresses) / (time.perf_counter() - began)


def bare(work: Bare, addresses: list[int]) -> float:
    """Operations per second of the bare work."""
    began = time.perf_counter()
    for address in addresses:
        work(address)
    return len(addresses) / (time.perf_counter() - began)


async def measure(found: list[Case], operations: int, rounds: int) -> None:
    """Print a line for reads and one for writes of every case."""
    print(f"{'4 KiB, random, 32 at a time':34}{'':6}{'device/s':>10}{'bare/s':>10}{'ratio':>7}")
    for case, write in itertools.product(found, (False, True)):
        results: list[tuple[float, float]] = []
        for number in range(rounds):
            chance = random.Random(number)
            addresses = [chance.randrange(DEVICE // SIZE) for _ in range(operations)]
            device = await through(case.device, addresses, write)
            results.append((device, bare(case.write if write else case.read, addresses)))
        device, work = (median(column) for column in zip(*results, strict=True))
        ratio = median(one / other for one, other in results)
        kind = "write" if write else "read"
        print(f"{case.name:34}{kind:6}{device:>10.0f}{work:>10.0f}{ratio:>7.2f}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.bdev_io", description=__doc__)
    parser.add_argument("--operations", type=int, default=20_000, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="dpulab-bench-") as folder,
        cases(Path(folder)) as found,
    ):
        asyncio.run(measure(found, options.operations, options.rounds))


if __name__ == "__main__":
    main()
