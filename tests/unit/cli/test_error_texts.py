"""What people read when they mistype: the exact text, always exit code 2, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.capabilities import Capability
from lab.engine import machine
from lab.links.netops import NetOps
from tests.commandline import Cli
from tests.unit.cli.conftest import TWO_HOSTS

NO_DOCKER = (
    "error: no Docker daemon answers\n"
    "hint: run `make lab-up` once: it installs and starts Docker; or start your own and set "
    "DOCKER_HOST if it listens elsewhere\n"
)

TEXTS = {
    "no such command": (
        "nonsense",
        "error: No such command 'nonsense'\nhint: `dpulab --help` shows how it is used\n",
    ),
    "a command mistyped": (
        "node stpo",
        (
            "error: No such command 'stpo'. Did you mean 'stop'?\n"
            "hint: `dpulab node --help` shows how it is used\n"
        ),
    ),
    "no file": (
        "up",
        "error: Missing argument 'FILE'\nhint: `dpulab up --help` shows how it is used\n",
    ),
    "a bad number": (
        "up two.clab.yml --max-workers 0",
        (
            "error: Invalid value for '--max-workers': Input should be greater than or equal to 1\n"
            "hint: `dpulab up --help` shows how it is used\n"
        ),
    ),
    "a bad format": (
        "status -f yaml",
        (
            "error: Invalid value for '--format' / '-f': 'yaml' is not one of 'table', 'json'\n"
            "hint: `dpulab status --help` shows how it is used\n"
        ),
    ),
    "an unknown option": (
        "down --force",
        "error: No such option: --force\nhint: `dpulab down --help` shows how it is used\n",
    ),
    "an unknown schema": (
        "schema labs",
        (
            "error: Invalid value for 'FORMAT': 'labs' is not one of 'topology', 'scenario'\n"
            "hint: `dpulab schema --help` shows how it is used\n"
        ),
    ),
    "an unknown shell": (
        "completion tcsh",
        (
            "error: Invalid value for 'SHELL': 'tcsh' is not one of 'bash', 'zsh', 'fish'\n"
            "hint: `dpulab completion --help` shows how it is used\n"
        ),
    ),
    "exec without a command": (
        "exec h1",
        "error: Missing argument 'COMMAND'\nhint: `dpulab exec --help` shows how it is used\n",
    ),
    "a missing file": (
        "up nowhere.clab.yml",
        (
            "error: nowhere.clab.yml: cannot be read: No such file or directory\n"
            "hint: name a *.clab.yml file\n"
        ),
    ),
    "a folder without a topology": (
        "up empty",
        "error: empty: no *.clab.yml in this folder\nhint: name the topology file\n",
    ),
    "a folder with two": (
        "validate both",
        "error: both: more than one topology file\nhint: name one of a.clab.yml, b.clab.yml\n",
    ),
    "down with a mistyped file": (
        "down nowhere.clab.yml",
        (
            "error: nowhere.clab.yml: cannot be read: No such file or directory\n"
            "hint: name a *.clab.yml file\n"
        ),
    ),
    "no lab is up": (
        "exec h1 -- true",
        "error: no lab is up\nhint: `dpulab up FILE` starts one\n",
    ),
    "that lab is not up": (
        "exec h1 --lab other -- true",
        "error: no lab named other is up\nhint: `dpulab up FILE` starts one\n",
    ),
    "half a link end": (
        "capture h1",
        "error: 'h1' is not a link end\nhint: write NODE:INTERFACE, such as dpu1:p0\n",
    ),
    "an impairment without settings": (
        "impair set h1:eth1",
        (
            "error: nothing to set\n"
            "hint: give at least one of --delay, --jitter, --loss, --duplicate, --corrupt, --rate\n"
        ),
    ),
    "a missing scenario": (
        "replay nowhere",
        (
            "error: no scenario file or folder nowhere\n"
            "hint: scenario files are called *.scenario.yml\n"
        ),
    ),
    "a folder without scenarios": (
        "replay empty",
        "error: no scenarios in empty\nhint: scenario files are called *.scenario.yml\n",
    ),
    "an assignment that is none": (
        "replay empty --set rate",
        "error: 'rate' sets no variable\nhint: write NAME=VALUE\n",
    ),
    "no Docker for status": ("status", NO_DOCKER),
    "no Docker for down": ("down two", NO_DOCKER),
    "a folder that is not there": (
        "graph two.clab.yml -w nowhere/page.html",
        "error: nowhere/page.html: No such file or directory\n",
    ),
}


@pytest.mark.parametrize(("line", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_text(dpulab: Cli, write: Callable[..., Path], line: str, expected: str) -> None:
    write("two.clab.yml")
    write("both/a.clab.yml")
    write("both/b.clab.yml")
    Path("empty").mkdir()
    done = dpulab(*line.split())
    assert done.err == expected
    assert done.out == ""
    assert done.code == 2


def test_two_labs_are_up(dpulab: Cli, seems_up: Callable[[str], None]) -> None:
    seems_up("one")
    seems_up("other")
    done = dpulab("logs", "h1")
    assert done.err == (
        "error: 2 labs are up: one, other\nhint: choose one with --lab NAME or DPULAB_LAB\n"
    )
    assert dpulab("down").err == (
        "error: 2 labs are up: one, other\n"
        "hint: choose one with `dpulab down NAME`, --all or DPULAB_LAB\n"
    )


def test_the_labs_that_are_up_are_named(dpulab: Cli, seems_up: Callable[[str], None]) -> None:
    seems_up("one")
    assert dpulab("exec", "h1", "--lab", "other", "true").err == (
        "error: no lab named other is up\nhint: labs: one\n"
    )


def test_an_untrusted_topology_lists_what_it_asks_for(
    dpulab: Cli, write: Callable[..., Path]
) -> None:
    write("two.clab.yml", TWO_HOSTS.replace("h2: {}", "h2: {privileged: true, binds: ['/etc:/m']}"))
    done = dpulab("up", "two.clab.yml")
    assert done.err == (
        "  grants h2: bind mount of /etc: the node can change files of the machine "
        "[needs --trust]\n"
        "  grants h2: privileged: no isolation from the machine is left [needs --trust]\n"
        "error: two.clab.yml asks for 2 things that touch this machine\n"
        "hint: read the list above; if you trust the file, run again with --trust\n"
    )
    assert done.code == 2


def test_an_unsupported_link_type_is_refused_before_anything_is_made(
    dpulab: Cli, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def probe(names: list[str]) -> list[Capability]:
        return [Capability(name, name != "dummy", "not built in", "tests") for name in names]

    monkeypatch.setattr(machine, "probe", probe)
    link = "    - {type: dummy, endpoint: {node: h2, interface: d0}}\n"
    write("two.clab.yml", TWO_HOSTS + link)
    for command in ("up", "validate"):
        done = dpulab(command, "two.clab.yml")
        assert done.err == "error: link h2:d0, type dummy: needs dummy: not built in\n"
        assert done.code == 2


def test_no_docker_is_said_by_up(dpulab: Cli, write: Callable[..., Path]) -> None:
    write("two.clab.yml")
    done = dpulab("up", "two.clab.yml")
    assert done.err == "lab two (two.clab.yml): 3 nodes, 2 links\n" + NO_DOCKER
    assert done.code == 2


def test_a_defect_is_no_failed_scenario(
    dpulab: Cli, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen exception ends with 2, not with the 1 of a scenario that failed."""

    def broken(*_: object) -> list[Capability]:
        raise RuntimeError("surprise")

    monkeypatch.setattr(machine, "connect", NetOps)
    monkeypatch.setattr(NetOps, "probe", broken)
    write("two.clab.yml")
    done = dpulab("validate", "two.clab.yml")
    assert done.code == 2
    assert "RuntimeError: surprise" in done.err
    assert done.err.endswith(
        "error: this is a defect of dpulab\nhint: please report it, with the text above\n"
    )


def test_an_interrupt_ends_with_130(dpulab: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list[Capability]:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.cli.machine.probe", interrupted)
    done = dpulab("doctor")
    assert (done.code, done.out) == (130, "")
    assert done.err.strip() == "interrupted"
