"""Where independent descriptors of the OPI interfaces come from. None is built from our files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from bootstrap.console import BUILD
from bootstrap.images import TOOLCHAIN
from bootstrap.inputs import digest
from bootstrap.oracles import FOLDER
from bootstrap.toolchain import CACHE, in_container

GO = Path(__file__).resolve().parent / "go"
CACHED = BUILD / "descriptors"
INSIDE = "/src/oracles"

_DUMP_PYDPU = """
import importlib, pkgutil, sys
import pydpu.proto.v1 as stubs  # puts its folder on the path: the modules are named at top level
from google.protobuf.descriptor_pb2 import FileDescriptorSet
found = FileDescriptorSet()
for module in pkgutil.iter_modules(stubs.__path__):
    if module.name.endswith("_pb2"):
        text = importlib.import_module(module.name).DESCRIPTOR.serialized_pb
        found.file.add().ParseFromString(text)
sys.stdout.buffer.write(found.SerializeToString())
"""


class UnavailableError(Exception):
    """This machine cannot provide the descriptors; the text says why."""


def pydpu() -> FileDescriptorSet:
    """Those in PyPI's pydpu, read by a process of its own. Raises UnavailableError."""
    folder = Path(os.environ.get("DPULAB_PYDPU", FOLDER))
    if not (folder / "pydpu").is_dir():
        raise UnavailableError("pydpu is not installed; `make test` does")
    env = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", _DUMP_PYDPU]
    done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=60)
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return FileDescriptorSet.FromString(done.stdout)


def go_module(program: str, modfile: str = "go.mod") -> FileDescriptorSet:
    """Those linked into the Go stubs that upstream publishes.

    Kept in build/ until the program or the versions it asks for change.

    Args:
        program: folder below go/ with the program that prints them.
        modfile: which versions of the modules.

    Raises:
        UnavailableError: no Go here, or no module proxy within reach.
    """
    sources = [GO / modfile, (GO / modfile).with_suffix(".sum"), *sorted(GO.rglob("*.go"))]
    key = digest([path.read_bytes() for path in sources])
    kept = CACHED / f"{program}-{key[:16]}.binpb"
    if not kept.is_file():
        data = _run_go(program, modfile)
        CACHED.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(data)
        fresh.replace(kept)
    return FileDescriptorSet.FromString(kept.read_bytes())


def _run_go(program: str, modfile: str) -> bytes:
    fetched = _go(["mod", "download", f"-modfile={modfile}"])
    if fetched.returncode:
        last = fetched.stderr.decode().strip().splitlines()[-1:] or ["no reason given"]
        raise UnavailableError(f"Go modules cannot be fetched: {last[0]}")
    done = _go(["run", f"-modfile={modfile}", f"./{program}"])
    if done.returncode:
        raise AssertionError(done.stderr.decode())
    return done.stdout


def _go(arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run the machine's Go, or else that of the toolchain's container."""
    command = ["go", *arguments]
    if not shutil.which("go"):
        if not _has_toolchain():
            raise UnavailableError("neither Go nor the image dpulab/toolchain is on this machine")
        CACHE.mkdir(parents=True, exist_ok=True)
        script = f'cd {INSIDE} && exec "$@"'
        command = in_container(["sh", "-euc", script, "sh", *command], {GO: INSIDE})
    return subprocess.run(command, cwd=GO, capture_output=True, check=False, timeout=280)


def _has_toolchain() -> bool:
    command = ["docker", "image", "inspect", TOOLCHAIN.tag]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
