"""Many short lives of opid, of the SPDK stand-in and of a host, for tests that kill them.

Most of an opid's start is spent on imports. Here one process has imported everything and started
nothing; each server is a fork of it that runs the daemon's own `main`, ready in some ten
milliseconds. What runs is all of opid; only the interpreter's start is shared.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
DEADLINE = 20.0


def chosen_seeds(count: int) -> range:
    """The first so many seeds; with DPULAB_SEED in the environment that one alone."""
    chosen = os.environ.get("DPULAB_SEED")
    return range(count) if chosen is None else range(int(chosen), int(chosen) + 1)


class Life:
    """A running server.

    Attributes:
        pid: of its process.
        log: file with its stderr.
    """

    def __init__(self, pid: int, log: Path, parent: Forks) -> None:
        self.pid = pid
        self.log = log
        self._parent = parent

    @property
    def endpoint(self) -> str:
        """The first host:port at which it serves gRPC."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:  # the line comes right after the readiness
            for line in self.log.read_text().splitlines():
                with suppress(ValueError):  # not written to its end
                    entry = json.loads(line)
                    if entry["message"] == "serving":
                        return str(entry["endpoints"][0])
            time.sleep(0.001)
        raise AssertionError(f"it does not serve: {self.log.read_text()}")

    def kill(self) -> None:
        """SIGKILL; it is gone when this returns."""
        self._parent.kill(self)


class Forks:
    """Starts servers as forks of a process that has imported them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._living: list[Life] = []

    def opid(self, log: Path, *argv: str) -> Life:
        """An opid on any port of loopback, in plain text; it serves when this returns."""
        return self._start(
            "opid", log, ["--insecure", "--grpc", "127.0.0.1:0", "--http", "", *argv]
        )

    def spdk(self, log: Path, socket: Path, *argv: str) -> Life:
        """An SPDK stand-in on the socket; it answers when this returns."""
        return self._start("spdk", log, ["-r", str(socket), *argv])

    def writer(self, log: Path, *argv: str) -> Life:
        """A host (tests/acknowledged_writer.py); it is connected when this returns."""
        return self._start("writer", log, list(argv))

    def kill(self, life: Life) -> None:
        """SIGKILL, and wait."""
        os.kill(life.pid, signal.SIGKILL)
        self._living.remove(life)
        assert self._ask({"reap": life.pid}) == "-9"

    def end(self) -> None:
        """Kill all that lives."""
        for life in list(self._living):
            with suppress(OSError):
                self.kill(life)

    def _start(self, program: str, log: Path, argv: list[str]) -> Life:
        answer = self._ask({"program": program, "log": str(log), "argv": argv})
        assert answer.isdigit(), f"{program} did not start: {log.read_text()}"
        self._living.append(Life(int(answer), log, self))
        return self._living[-1]

    def _ask(self, question: object) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def forks() -> Iterator[Forks]:
    """Forks; all of them are killed at the end."""
    foreign = ("OPID_", "OTEL_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env["GRPC_VERBOSITY"] = "NONE"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.opid_forks"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Forks(process)
    try:
        yield made
    finally:
        made.end()
        process.kill()
        process.wait(10)


# -- the process that is forked


def _main() -> None:
    from dpu_sim import server
    from dpu_sim.spdk_sim import __main__ as spdk
    from opi.catalog import catalog
    from opi.resources import resources
    from tests import acknowledged_writer

    catalog()
    resources()
    programs = {"opid": server.main, "spdk": spdk.main, "writer": acknowledged_writer.main}
    for line in sys.stdin:
        question = json.loads(line)
        if "reap" in question:
            _, status = os.waitpid(question["reap"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _run(programs[question["program"]], question, writing)
        os.close(writing)
        ready = os.read(reading, 1) == b"\n"
        os.close(reading)
        if not ready:
            os.waitpid(pid, 0)
        print(pid if ready else "failed", flush=True)


def _run(main: object, question: dict[str, object], ready: int) -> NoReturn:
    code = 70
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        log = os.open(str(question["log"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number, target in enumerate((nowhere, nowhere, log)):
            os.dup2(target, number)
        argv = question["argv"]
        assert callable(main)
        assert isinstance(argv, list)
        code = main([*argv, "--notify-fd", str(ready)])
    except BaseException:  # noqa: BLE001 (it must not get back into the loop of its parent)
        import traceback

        traceback.print_exc()
    os._exit(code)


if __name__ == "__main__":
    _main()
