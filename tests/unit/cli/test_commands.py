"""Streams, exit codes, variables and help of every command that needs no container."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from rich.console import Console

from lab import cli
from lab.capabilities import Capability
from lab.cli import common
from lab.cli.links import count_frames
from lab.cli.nodes import command_apart
from lab.engine import session
from tests.commandline import Cli

Write = Callable[..., Path]


def nodes_of(damaged: bool = False) -> list[dict[str, str]]:
    """Rows as `inspect_labs` gives them."""
    common_part = {"container_id": "", "image": "dpulab/host", "ipv6_address": ""}
    return [
        {
            "node": "h1", "role": "host", "name": "dpulab-two-h1", **common_part,
            "state": "exited" if damaged else "running", "ipv4_address": "10.213.0.2",
            "links": "1/2" if damaged else "2/2",
        },
        {
            "node": "br1", "role": "bridge", "name": "", **common_part,
            "state": "running", "ipv4_address": "", "links": "1/1",
        },
    ]  # fmt: skip


@pytest.fixture
def inspected(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Makes `status` see one lab."""

    def see(damaged: bool) -> None:
        monkeypatch.setattr(session, "known_labs", lambda: ["two"])
        monkeypatch.setattr(session, "inspect_labs", lambda names: {names[0]: nodes_of(damaged)})

    return see


def test_data_goes_to_stdout_alone(
    dpulab: Cli, write: Write, inspected: Callable[[bool], None]
) -> None:
    write("two.clab.yml")
    inspected(False)
    for line in ("status -f json", "inspect two --format json", "plan two.clab.yml -f json",
                 "doctor -f json", "schema topology", "schema scenario"):  # fmt: skip
        done = dpulab(*line.split())
        assert done.code == 0 or (line.startswith("doctor") and done.code == 2), line
        assert isinstance(json.loads(done.out), (dict, list)), line
        assert done.code or not done.err, line


def test_status_json_keeps_its_shape(dpulab: Cli, inspected: Callable[[bool], None]) -> None:
    inspected(True)
    found = json.loads(dpulab("status", "-f", "json").out)
    assert list(found) == ["two"]
    keys = ["node", "role", "name", "container_id", "image", "state", "ipv4_address",
            "ipv6_address", "links"]  # fmt: skip
    assert [sorted(one) for one in found["two"]] == [sorted(keys)] * 2


def test_status_of_a_lab_that_is_not_whole(
    dpulab: Cli, inspected: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    inspected(True)
    done = dpulab("status", "two")
    assert [line.split() for line in done.out.splitlines()] == [
        ["LAB", "NODE", "ROLE", "IMAGE", "STATE", "MGMT", "ADDRESS", "LINKS"],
        ["two", "h1", "host", "dpulab/host", "exited", "10.213.0.2", "1/2"],
        ["two", "br1", "bridge", "dpulab/host", "running", "1/1"],
    ]
    assert done.err == "lab two is not whole: `dpulab up` repairs it\n"
    terminal = Console(force_terminal=True, width=100, color_system="standard")
    monkeypatch.setattr(common, "out", terminal)
    text = dpulab("status", "two").out
    for coloured in ("\x1b[1;31mexited", "\x1b[1;31m1/2", "\x1b[32mrunning"):
        assert coloured in text


def test_status_of_a_whole_lab_says_nothing_more(
    dpulab: Cli, inspected: Callable[[bool], None]
) -> None:
    inspected(False)
    assert dpulab("status").err == ""


def test_no_lab_at_all(dpulab: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "known_labs", list)
    monkeypatch.setattr(session, "inspect_labs", lambda _: {})
    assert dpulab("status").err == "no lab is up\n"
    assert json.loads(dpulab("status", "-f", "json").out) == {}
    done = dpulab("down", "--all")
    assert (done.code, done.err) == (0, "no lab is up: nothing to do\n")


def test_down_takes_a_name_a_file_a_folder_or_the_only_lab(
    dpulab: Cli, write: Write, seems_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    def down(name: str) -> bool:
        taken.append(name)
        return name != "gone"

    monkeypatch.setattr(session, "down", down)
    write("folder/two.clab.yml")
    seems_up("only")
    for words in (["two"], ["folder/two.clab.yml"], ["folder"], []):
        assert dpulab("down", *words).code == 0
    assert taken == ["two", "two", "two", "only"]
    assert dpulab("down", "gone").err == "lab gone is not up: nothing to do\n"


def test_a_lab_is_chosen_by_option_then_variable(
    dpulab: Cli, seems_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seems_up("one")
    seems_up("other")
    monkeypatch.setenv("DPULAB_LAB", "other")
    assert common.choose_lab(None) == "other"
    assert common.choose_lab("one") == "one"


def test_validate_and_plan(dpulab: Cli, write: Write) -> None:
    write("two.clab.yml")
    done = dpulab("validate", "two.clab.yml", "--name", "mine")
    assert (done.out, done.code) == ("", 0)
    assert done.err == "two.clab.yml: valid, lab mine with 3 nodes, 2 links\n"
    done = dpulab("plan", "two.clab.yml")
    assert done.err == ""
    assert done.out.splitlines() == [
        "  1  start generic h1 from dpulab/host",
        "  2  start generic h2 from dpulab/host",
        "  3  create bridge br1 in a namespace of its own",
        "  4  link h1:eth1 <-> h2:eth1 (veth, mtu 1500)",
        "  5  link h1:eth2 <-> br1:p1 (veth, mtu 1500)",
    ]


def test_validate_reads_the_start_up_intents_of_dpus(dpulab: Cli, tmp_path: Path) -> None:
    dpu = "{kind: linux, image: x, labels: {dpulab.role: dpu}, startup-config: d.opi.yml}"
    (tmp_path / "one.clab.yml").write_text(f"name: one\ntopology:\n  nodes:\n    d: {dpu}\n")
    intents = tmp_path / "d.opi.yml"
    intents.write_text("kind: NvmeSubsystem\nname: nvmeSubsystems/sub0\nspec: {nqm: x}\n")
    done = dpulab("validate", str(tmp_path / "one.clab.yml"))
    assert done.code != 0
    said = done.err.replace("\n", "")
    assert f"{intents}:3 (document 1): spec.nqm: NvmeSubsystemSpec has no such field" in said
    intents.write_text("kind: NvmeSubsystem\nname: nvmeSubsystems/sub0\nspec: {nqn: x}\n")
    assert dpulab("validate", str(tmp_path / "one.clab.yml")).code == 0


@pytest.mark.parametrize("form", ["mermaid", "dot", "html"])
def test_graph_prints_or_writes_the_same(dpulab: Cli, write: Write, form: str) -> None:
    write("two.clab.yml")
    printed = dpulab("graph", "two.clab.yml", "-f", form)
    written = dpulab("graph", "two.clab.yml", "-f", form, "-w", "drawing")
    assert (printed.code, printed.err) == (0, "")
    assert Path("drawing").read_text() == printed.out
    assert (written.out, written.err) == ("", "wrote drawing\n")


def test_doctor_ends_with_2_when_something_essential_is_missing(
    dpulab: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        Capability("docker", False, "no Docker Engine answers", "running nodes"),
        Capability("netem", False, "no sch_netem", "delay"),
    ]
    monkeypatch.setattr("lab.cli.machine.probe", lambda _: found)
    done = dpulab("doctor")
    assert [line.split()[:2] for line in done.out.splitlines()[1:]] == [
        ["docker", "no"],
        ["netem", "no"],
    ]
    assert (done.code, done.err) == (2, "no lab can run here: docker missing\n")
    monkeypatch.setattr("lab.cli.machine.probe", lambda _: found[1:])
    assert dpulab("doctor").code == 0


def test_doctor_fits_80_columns(dpulab: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "out", Console(force_terminal=True, width=80, no_color=True))
    lines = dpulab("doctor").out.splitlines()
    assert max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in lines) <= 80


def test_a_table_in_a_pipe_has_one_line_per_row(
    dpulab: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = Capability("netem", False, "because " * 40, "delay " * 20)
    monkeypatch.setattr("lab.cli.machine.probe", lambda _: [long])
    assert len(dpulab("doctor").out.splitlines()) == 2


def options_of(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(command path, option) of every option there is."""
    for name, one in group.commands.items():
        if getattr(one, "commands", None):
            yield from options_of(one, (*path, name))
            continue
        for option in one.params:
            if option.param_type_name == "option":
                yield (*path, name), option


def test_every_option_has_the_variable_that_its_help_shows(
    dpulab: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("TERMINAL_WIDTH", "300")
    seen = 0
    for path, option in options_of(cli.command()):
        long_name = max(option.opts, key=len)
        words = "_".join([*path, long_name.lstrip("-").replace("-", "_")])
        assert option.envvar == f"DPULAB_{words}".upper()
        assert option.envvar in dpulab(*path, "--help").out
        seen += 1
    assert seen > 30


def test_variables_are_read(
    dpulab: Cli, write: Write, seems_up: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("two.clab.yml")
    monkeypatch.setenv("DPULAB_PLAN_FORMAT", "json")
    assert json.loads(dpulab("plan", "two.clab.yml").out)["grants"] == []
    monkeypatch.setenv("DPULAB_VALIDATE_NAME", "by-variable")
    assert "lab by-variable with" in dpulab("validate", "two.clab.yml").err
    monkeypatch.setenv("DPULAB_EXEC_LAB", "nowhere")
    assert dpulab("exec", "h1", "true").err.startswith("error: no lab named nowhere is up")
    monkeypatch.setenv("DPULAB_UP_MAX_WORKERS", "7")
    asked: dict[str, Any] = {}

    def up(*_: object, **settings: Any) -> None:
        asked.update(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "up", up)
    assert dpulab("up", "two.clab.yml", "--timeout", "9").code == 130
    assert asked == {"workers": 7, "timeout": 9}


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("h1 ip -br addr", "h1 -- ip -br addr"),
        ("h1 -l lab ls -l", "h1 -l lab -- ls -l"),
        ("--timeout 3 h1 --lab=x ping -c 1 h2", "--timeout 3 h1 --lab=x -- ping -c 1 h2"),
        ("-i h1 sh", "-i h1 -- sh"),
        ("h1 -- ls -l -- x", "h1 -- ls -l -- x"),
        ("h1", "h1"),
        ("--help", "--help"),
    ],
)
def test_a_command_keeps_its_own_options(given: str, understood: str) -> None:
    assert command_apart(given.split()) == understood.split()


def test_help_is_asked_for_or_given(dpulab: Cli) -> None:
    assert dpulab("--help").code == 0
    bare = dpulab("impair")
    assert (bare.code, bare.err) == (2, "")
    assert "reset" in bare.out
    assert dpulab("--version").out.startswith("dpulab ")


def test_paths_are_shown_as_short_as_they_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert common.shown(tmp_path / "a/b.yml") == "a/b.yml"
    assert common.shown(Path("/etc/x")) == "/etc/x"


def test_frames_of_a_capture_are_counted(tmp_path: Path) -> None:
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        pcap = tmp_path / order
        header = (0xA1B2C3D4).to_bytes(4, order) + bytes(20)
        records = b"".join(
            bytes(8) + size.to_bytes(4, order) * 2 + bytes(size) for size in (60, 1500)
        )
        pcap.write_bytes(header + records + b"half a rec")
        assert count_frames(pcap) == 2
    (tmp_path / "empty").write_bytes(b"")
    assert count_frames(tmp_path / "empty") == 0
