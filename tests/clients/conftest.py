"""What clients are tested with: the toolchain, the examples, a live opid with its target."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bootstrap import bindings
from bootstrap.oracles import FOLDER, STAMP
from bootstrap.toolchain import ensure_toolchain
from lab.capabilities import probe_one
from tests.clients.programs import Ended, Example, Program, compiled, python_example, run
from tests.opid_process import Opid, starting_opid
from tests.spdk_process import running_spdk_sim

Serve = Callable[..., Opid]
"""Starts an opid with these flags; without insecure=False it serves in plain text."""


@pytest.fixture(scope="session")
def toolchain() -> None:
    """The image with the compilers; it is built if it is missing."""
    docker = probe_one("docker")
    if not docker.available:
        pytest.skip(f"docker: {docker.reason}")
    ensure_toolchain()


@pytest.fixture(scope="session", params=["python", *bindings.LANGUAGES])
def example(request: pytest.FixtureRequest) -> Example:
    """The example of each language, built if its sources have changed.

    With DPULAB_FULL all other packages of the bindings must compile too.
    """
    if request.param == "python":
        return python_example
    request.getfixturevalue("toolchain")
    language = bindings.LANGUAGES[request.param]
    build = bindings.build if os.environ.get("DPULAB_FULL") else bindings.build_example
    build(language)
    return compiled(language)


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Serve]:
    """Start servers whose storage target is one fresh stand-in for SPDK."""
    with (
        running_spdk_sim(tmp_path / "spdk.sock") as socket,
        starting_opid(tmp_path / "state") as start,
    ):

        def serve(*flags: str, insecure: bool = True) -> Opid:
            return start("--spdk-socket", str(socket), *flags, insecure=insecure)

        yield serve


@pytest.fixture(scope="module")
def pydpu() -> Program:
    """`python -m ...` in a process that finds pydpu and none of our modules."""
    folder = os.environ.get("DPULAB_PYDPU") or (str(FOLDER) if STAMP.exists() else "")
    if not folder:
        pytest.skip("pydpu is not installed (`make test` does it) and DPULAB_PYDPU is not set")

    def run_python(*argv: str) -> Ended:
        return run([sys.executable, *argv], {"PYTHONPATH": folder})

    return run_python
