"""The SPDK stand-in as a process in tests of vhost-user, and front ends that are ready for I/O."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.spdk_target import ask, spdk_target
from tests.vhost_front_end import EVENTS, INDIRECT, MEMORY, FrontEnd

IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES = 0, 1, 4, 8, 11, 13
OK, IOERR, UNSUPP = b"\0", b"\1", b"\2"
BLOCKS = 8192
DEADLINE = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """The process; every test has controllers and volumes of its own names."""

    folder: Path

    def ask(self, method: str, **parameters: Any) -> Any:
        return ask(self.folder / "spdk.sock", method, **parameters)

    def volume(self, name: str, **more: Any) -> Path:
        """A malloc device under a blk controller of the same name; its socket."""
        self.ask("bdev_malloc_create", name=name, block_size=512, num_blocks=BLOCKS)
        self.ask("vhost_create_blk_controller", ctrlr=name, dev_name=name, **more)
        return self.folder / name

    def delay(self, name: str, base: str, read: int, write: int) -> None:
        """A device on another one; reads and writes take so many microseconds."""
        latencies = {"read": read, "write": write}
        taken = {f"{m}_{k}_latency": v for m in ("avg", "p99") for k, v in latencies.items()}
        self.ask("bdev_delay_create", name=name, base_bdev_name=base, **taken)

    def slow(self, name: str, read: int, write: int) -> Path:
        """As `volume`, but without content, and as slow as that."""
        self.ask("bdev_null_create", name=f"{name} base", block_size=512, num_blocks=1 << 20)
        self.delay(name, f"{name} base", read, write)
        self.ask("vhost_create_blk_controller", ctrlr=name, dev_name=name)
        return self.folder / name

    def scsi(self, name: str, number: int = 0) -> Path:
        """As `volume`, as target `number` of a scsi controller."""
        self.ask("bdev_malloc_create", name=name, block_size=512, num_blocks=BLOCKS)
        self.ask("vhost_create_scsi_controller", ctrlr=name)
        where = {"ctrlr": name, "scsi_target_num": number}
        self.ask("vhost_scsi_controller_add_target", **where, bdev_name=name)
        return self.folder / name

    def controller(self, name: str) -> dict[str, Any]:
        [shown] = self.ask("vhost_get_controllers", name=name)
        assert isinstance(shown, dict)
        return shown

    def statistics(self, name: str) -> dict[str, int]:
        [shown] = self.ask("bdev_get_iostat", name=name)["bdevs"]
        assert isinstance(shown, dict)
        return shown


@contextmanager
def vhost_target(folder: Path) -> Iterator[Target]:
    """A process whose sockets are in `folder`."""
    with spdk_target(folder / "spdk.sock", "-S", str(folder)):
        yield Target(folder)


def connected(
    path: Path, rings: int = 1, features: int = INDIRECT | EVENTS, memory: int = MEMORY
) -> FrontEnd:
    front = FrontEnd(path, memory)
    front.negotiate(features)
    front.start(rings)
    return front


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def configuration(front: FrontEnd) -> tuple[int, int]:
    """(capacity in sectors, block size)."""
    payload = front.ask(24, struct.pack("<III", 0, 60, 0) + bytes(60))
    assert len(payload) == 12 + 60
    return struct.unpack_from("<Q", payload, 12)[0], struct.unpack_from("<I", payload, 32)[0]
