"""An NBD server as a process in tests: what a DPU serves for one function.

    python -m tests.nbd_process SOCKET NAME=FILE ...

Lines on standard input change it: `add NAME=FILE`, `remove NAME`, `close`; each is answered.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbd_server.device import FileDevice
from nbd_server.server import Server

ROOT = Path(__file__).parents[1]


class NbdProcess:
    """The process, seen from a test."""

    def __init__(self, socket: Path, *exports: str) -> None:
        command = [sys.executable, "-m", "tests.nbd_process", str(socket), *exports]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._await_answer()

    def tell(self, line: str) -> None:
        """Give a command and wait until it is carried out."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        self._await_answer()

    def _await_answer(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "done\n"

    def kill(self) -> None:
        """SIGKILL, as when a DPU loses its power."""
        self._process.kill()
        self._process.wait(10)


@contextmanager
def nbd_process(socket: Path, *exports: str) -> Iterator[NbdProcess]:
    """A server that is killed at the end, unless it was before."""
    process = NbdProcess(socket, *exports)
    try:
        yield process
    finally:
        process.kill()


async def _main(socket: Path, exports: list[str]) -> None:
    server = Server()
    for one in exports:
        _carry_out(server, f"add {one}")
    await server.start(socket)
    print("done", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "close":
            await server.close()
        else:
            _carry_out(server, line)
        print("done", flush=True)


def _carry_out(server: Server, line: str) -> None:
    verb, _, what = line.strip().partition(" ")
    name, _, file = what.partition("=")
    if verb == "add":
        server.add(name, FileDevice(Path(file)))
    else:
        server.remove(name)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2:]))
