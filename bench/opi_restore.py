"""What a restart costs: bringing a storage target to what the store says, by number of resources.

A fifth each of malloc volumes, encrypted volumes on them, namespaces of one subsystem, subsystems
and controllers, on a spdk-sim in a process of its own. Twice: opid alone comes back to a target
that has everything, and to one that has forgotten everything. `calls` and `us` are calls of the
target and time for a resource; `ratio` is that time over the time at the first number: flat is 1.

    python -m bench.opi_restore [--objects 100 2000 5000]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.opi_calls import process, roomy
from dpu_sim.api.call import Call
from dpu_sim.api.reconcile import Reconciliation
from dpu_sim.api.service import ResourceService
from dpu_sim.api.store import Store
from dpu_sim.services import build_services
from dpu_sim.settings import parse_settings
from dpu_sim.storage.spdk import SpdkClient
from opi.catalog import catalog

KINDS = 5
KEY = bytes(range(32))
PORT = 4420
SPACES = "nvmeSubsystems/spaces"

Resources = dict[str, ResourceService[Any]]


@contextmanager
def target(folder: Path, memory: Path) -> Iterator[Path]:
    """A target without anything; its socket."""
    path = folder / "spdk.sock"
    arguments = ("-r", str(path), "-c", str(memory), "--notify-fd", "1", "--log-level", "error")
    with process("dpu_sim.spdk_sim", *arguments):
        yield path
    path.unlink(missing_ok=True)


async def put(services: Resources, kind: str, name: str, **fields: Any) -> None:
    """Create a resource, as opid would."""
    method = next(one for one in catalog().methods() if one.name == f"Update{kind}")
    field = services[kind].kind.field("Update")
    request: Any = method.request
    body = {field: {"name": name, **fields}, "allow_missing": True}
    await services[kind].update(request(**body), Call(method.path, "bench", "grpc", "bench"))


async def fill(services: Resources, objects: int) -> None:
    """Create so many resources."""
    most = max(objects // KINDS, 1)
    spec: dict[str, Any] = {"nqn": "nqn.2022-09.io.spdk:spaces", "max_namespaces": most}
    await put(services, "NvmeSubsystem", SPACES, spec=spec)
    for number in range(most):
        volume, layer = f"volumes/vol-{number}", f"volumes/enc-{number}"
        await put(services, "MallocVolume", volume, block_size=512, blocks_count=8)
        key: dict[str, Any] = {"key": KEY, "cipher": "ENCRYPTION_TYPE_AES_XTS_128"}
        await put(services, "EncryptedVolume", layer, volume_name_ref=volume, **key)
        space = f"{SPACES}/nvmeNamespaces/ns-{number}"
        await put(services, "NvmeNamespace", space, spec={"volume_name_ref": layer})
        mine = f"nvmeSubsystems/sub-{number}"
        await put(services, "NvmeSubsystem", mine, spec={"nqn": f"nqn.2022-09.io.spdk:n{number}"})
        where = {"traddr": "127.0.0.1", "trsvcid": str(PORT), "adrfam": 1}
        way: dict[str, Any] = {"trtype": 4, "fabrics_id": where}
        await put(services, "NvmeController", f"{mine}/nvmeControllers/ctl-0", spec=way)


class Life:
    """A start of opid's services, without its edges."""

    def __init__(self, folder: Path, socket: Path, store: Store) -> None:
        flags = ["--insecure", "--state-dir", str(folder), "--spdk-socket", str(socket)]
        self._built = build_services(parse_settings(flags, {}), store)
        self.services: Resources = {one.kind.kind: one for one in self._built.resources}
        self._reconciliation = Reconciliation(store)

    async def restore(self) -> tuple[float, int]:
        """Restore everything; seconds and calls of the target."""
        self._reconciliation.begin(self.services.values(), self._built.looking)
        calls, began = 0, time.perf_counter()
        original = SpdkClient._call

        def counted(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            return original(*arguments)

        SpdkClient._call = counted  # type: ignore[assignment, method-assign]
        try:
            if not await self._reconciliation.attempt():
                raise AssertionError("the target does not take everything")
        finally:
            SpdkClient._call = original  # type: ignore[method-assign]
        return time.perf_counter() - began, calls

    def close(self) -> None:
        """Let go of the target."""
        self._built.close()


async def measure(folder: Path, objects: int) -> dict[str, tuple[float, int]]:
    """Both restarts with so many resources."""
    found: dict[str, tuple[float, int]] = {}
    state, memory = folder / "state", roomy(folder)

    async def life(socket: Path, name: str = "") -> None:
        async with Store(state) as store:
            one = Life(state, socket, store)
            try:
                if name:
                    found[name] = await one.restore()
                else:
                    await fill(one.services, objects)
            finally:
                one.close()

    with target(folder, memory) as socket:
        await life(socket)
        await life(socket, "opid")
    with target(folder, memory) as socket:
        await life(socket, "both")
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.opi_restore", description=__doc__)
    parser.add_argument("--objects", type=int, nargs="+", default=[100, 2000])
    options = parser.parse_args()
    first: dict[str, float] = {}
    print(f"{'restarted':10}{'objects':>8}{'s':>8}{'calls':>8}{'us':>8}{'ratio':>8}")
    for objects in options.objects:
        with tempfile.TemporaryDirectory(prefix="dpulab-bench-") as folder:
            for name, (seconds, calls) in asyncio.run(measure(Path(folder), objects)).items():
                each = seconds / objects * 1e6
                ratio = each / first.setdefault(name, each)
                print(
                    f"{name:10}{objects:>8}{seconds:>8.2f}{calls / objects:>8.1f}"
                    f"{each:>8.0f}{ratio:>8.2f}"
                )


if __name__ == "__main__":
    main()
