"""A command loads what it needs: help is there at once, an area loads its own packages."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_SHOW = (
    "import json, sys; from opictl.cli import run; sys.stdout = sys.stderr; "
    "code = run(sys.argv[1:]); sys.__stdout__.write(json.dumps([code, sorted(sys.modules)]))"
)


def loaded(*arguments: str) -> set[str]:
    """The modules that are there after a command."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW, *arguments], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout)
    assert code in {0, 3}, done.stderr
    return set(modules)


def packages(modules: set[str]) -> set[str]:
    """The proto packages among them: "storage", "network"."""
    mark = "opi.proto.opi_api."
    return {name[len(mark) :].split(".")[0] for name in modules if name.startswith(mark)}


@pytest.mark.parametrize("words", [["--help"], ["version"], ["completion", "bash"]])
def test_words_about_the_program_need_no_grpc(words: list[str]) -> None:
    modules = loaded(*words)
    assert not {"grpc", "google.protobuf", "ruamel.yaml", "rich", "typer"} & modules


def test_an_area_loads_its_own_packages() -> None:
    modules = loaded("storage", "subsystem", "create", "--help")
    assert packages(modules) == {"storage"}
    assert "grpc" not in modules, "help calls nobody"
    modules = loaded("--address", "127.0.0.1:1", "storage", "namespace", "list")
    assert packages(modules) == {"storage"}


def test_the_clients_never_load_a_server() -> None:
    modules = loaded("--address", "127.0.0.1:1", "services")
    assert not [name for name in modules if name.split(".")[0] in {"dpu_sim", "lab", "traffic"}]
