"""The command line against a DPU that has every kind of resource (in memory)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from opi.resources import resources
from tests.memory_dpu import memory_dpu
from tests.opictl_line import Line, command_line

pytestmark = pytest.mark.integration

DEADLINE = 20.0

STORAGE = """\
- {kind: NvmeNamespace, id: ns01, parent: sub0, spec: {volume_name_ref: vol0, host_nsid: 1}}
- {kind: NvmeSubsystem, id: sub0, spec: {nqn: "nqn.2022-09.io.spdk:opi1"}}
- {kind: NvmeController, id: ctl1, parent: nvmeSubsystems/sub0,
   spec: {trtype: tcp, fabrics_id: {traddr: 10.0.0.1, trsvcid: "4420", adrfam: ipv4}}}
- {kind: MallocVolume, name: mallocVolumes/vol0, block_size: 512, blocks_count: 2048}
"""


@pytest.fixture
def dpu(tmp_path: Path) -> Iterator[str]:
    """The address of a DPU with nothing on it."""
    with memory_dpu(tmp_path / "dpu") as address:
        yield address


@pytest.fixture
def opictl(
    dpu: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    """Runs the command line against the DPU; what is wrong there fails the test at once."""
    line = command_line(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("OPICTL_ADDRESS", dpu)
    return line


def lines(opictl: Line, *words: str) -> list[str]:
    """What a command prints that succeeds."""
    outcome = opictl(*words)
    assert outcome.code == 0, outcome.err
    return outcome.out.splitlines()


# -- one resource


def test_a_volume_is_as_large_as_it_is_said_to_be(opictl: Line) -> None:
    lines(opictl, "storage", "malloc", "create", "vol0", "--size", "1GiB")
    lines(opictl, "storage", "malloc", "create", "vol1", "--size", "8k", "--block-size", "4096")
    assert lines(opictl, "storage", "malloc", "list") == [
        "NAME  SIZE  BLOCK  UUID",
        "vol0  1GiB  512    -",
        "vol1  8KiB  4096   -",
    ]


def test_children_are_named_below_their_parents(opictl: Line) -> None:
    lines(opictl, "storage", "sub", "create", "sub0", "--nqn", "nqn.2022-09.io.spdk:a")
    lines(opictl, "storage", "sub", "create", "sub1", "--nqn", "nqn.2022-09.io.spdk:b")
    lines(opictl, "storage", "malloc", "create", "vol0", "--size", "1MiB")
    create = ("storage", "ns", "create")
    whole = "nvmeSubsystems/sub0/nvmeNamespaces/ns01"
    assert lines(opictl, *create, "sub0/ns01", "--volume", "vol0") == [f"created {whole}"]
    lines(opictl, *create, "ns02", "--subsystem", "sub0", "--volume", "volumes/vol0")
    lines(opictl, *create, "ns03", "--parent", "nvmeSubsystems/sub1", "--volume", "vol0")
    chosen = lines(opictl, *create, "--subsystem", "sub1", "--volume", "vol0", "-o", "name")
    assert chosen[0].startswith("nvmeSubsystems/sub1/nvmeNamespaces/")
    names = lines(opictl, "storage", "ns", "list", "-o", "name")
    assert len(names) == 4
    assert lines(opictl, "storage", "ns", "list", "--subsystem", "sub0", "-o", "name") == [
        whole,
        "nvmeSubsystems/sub0/nvmeNamespaces/ns02",
    ]
    for way in (["sub0/ns01"], ["ns01", "--subsystem", "sub0"], [whole], [f"//opi/{whole}"]):
        assert lines(opictl, "storage", "ns", "get", *way)[0].split() == ["name", whole]
    assert lines(opictl, "storage", "ns", "list", "--limit", "1")[1:] == [
        "sub0/ns01  -     vol0    -      -"
    ]


def test_an_update_changes_what_is_said_and_nothing_else(opictl: Line) -> None:
    place = ("storage", "subsystem")
    lines(opictl, *place, "create", "sub0", "--nqn", "nqn.2022-09.io.spdk:a", "--model-number", "m")
    lines(opictl, *place, "update", "sub0", "--serial-number", "s", "--clear", "model-number")
    lines(opictl, *place, "update", "sub0", "--json", "{spec: {max_namespaces: 9}}")
    data = json.loads("".join(lines(opictl, *place, "get", "sub0", "-o", "json")))
    assert data["spec"] == {
        "nqn": "nqn.2022-09.io.spdk:a",
        "serialNumber": "s",
        "maxNamespaces": "9",
    }


def test_a_body_may_come_from_a_file_and_flags_win(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "sub.yml").write_text(
        "kind: NvmeSubsystem\nid: sub7\nspec: {nqn: 'nqn.2022-09.io.spdk:a', serial_number: x}\n"
    )
    made = lines(opictl, "storage", "sub", "create", "-f", "sub.yml", "--serial-number", "y")
    assert made == ["created nvmeSubsystems/sub7"]
    assert "spec.serial_number  y" in lines(opictl, "storage", "sub", "get", "sub7")


def test_what_is_gone_may_be_no_error(opictl: Line) -> None:
    assert opictl("storage", "sub", "delete", "gone").code == 1
    assert opictl("storage", "sub", "delete", "gone", "--allow-missing").code == 0


def test_what_others_need_stays(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(STORAGE)
    lines(opictl, "apply", "-f", "m.yml")
    outcome = opictl("storage", "malloc", "delete", "vol0")
    assert outcome.code == 1
    assert outcome.err == (
        "error: volumes/vol0 is in use by nvmeSubsystems/sub0/nvmeNamespaces/ns01\n"
        "hint: delete or change those first\n"
    )


def test_a_parent_that_is_not_there_is_looked_for_among_the_parents(opictl: Line) -> None:
    outcome = opictl("storage", "controller", "create", "sub0/ctl1", "--traddr", "10.0.0.1")
    assert outcome.code == 1
    assert outcome.err == (
        "error: nvmeSubsystems/sub0 does not exist\n"
        "hint: `opictl storage subsystem list` shows what there is\n"
    )


def test_names_from_one_command_feed_another(opictl: Line) -> None:
    for name in ("a123", "b123", "c123"):
        lines(opictl, "storage", "sub", "create", name, "--nqn", f"nqn.2022-09.io.spdk:{name}")
    names = lines(opictl, "storage", "sub", "list", "-o", "name")
    assert len(lines(opictl, "storage", "sub", "delete", *names)) == 3
    assert lines(opictl, "storage", "sub", "list") == []


# -- comfort in other areas


def test_an_evpn_gateway_in_four_lines(opictl: Line) -> None:
    lines(opictl, "evpn", "lb", "create", "lb10", "--vlan", "10", "--vni", "100")
    lines(opictl, "evpn", "vrf", "create", "red1", "--vni", "7", "--loopback", "10.0.0.1/32")
    mac = "aa:bb:cc:00:00:01"
    port = ("evpn", "bp", "create", "port1", "--mac", mac, "--type", "access")
    lines(opictl, *port, "--bridges", "lb10")
    svi = ("evpn", "svi", "create", "svi1", "--vrf", "red1", "--bridge", "lb10", "--mac", mac)
    lines(opictl, *svi, "--gateway", "10.1.1.1/24,10.1.2.1/24")
    assert lines(opictl, "evpn", "svi", "list") == [
        "NAME  VRF   BRIDGE  GATEWAY                  MAC                OPER",
        "svi1  red1  lb10    10.1.1.1/24,10.1.2.1/24  aa:bb:cc:00:00:01  -",
    ]


def test_a_firewall_rule_reads_like_one(opictl: Line) -> None:
    policy = ("firewall", "policy", "create", "pol1", "--address-family", "inet")
    lines(opictl, *policy, "--default-action", "deny")
    rule = ("firewall", "rule", "create", "web1", "--policy", "pol1", "--action", "allow")
    lines(opictl, *rule, "--protocol", "tcp", "--to", "10.1.0.0/16", "--port", "80-90")
    assert lines(opictl, "firewall", "rules", "list") == [
        "NAME  POLICY  PRIORITY  ACTION  PROTOCOL  FROM  TO           PORTS",
        "web1  pol1    -         allow   tcp       -     10.1.0.0/16  80-90",
    ]
    assert lines(opictl, "cloud", "security-rule", "list", "-o", "name") == ["securityrules/web1"]


def test_a_peer_with_a_key_from_a_file(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "psk").write_text("hunter2\n")
    create = ("ipsec", "peer", "create", "peer1", "--ip-address", "10.0.0.9", "--psk", "@psk")
    for words in (create, ("ipsec", "peer", "get", "peer1"), ("export",), ("diff", "-f", "-")):
        outcome = opictl(*words) if words[0] != "diff" else opictl("export", "-o", "json")
        assert "hunter2" not in outcome.out + outcome.err
    shown = lines(opictl, "ipsec", "peer", "get", "peer1")
    assert "peer_auth.auth_method  psk" in shown


def test_streams_go_both_ways(opictl: Line, tmp_path: Path) -> None:
    assert lines(opictl, "firewall", "session", "closed") == [
        "SESSION-ID  IN-PACKETS",
        "1           10",
        "2           20",
        "3           30",
    ]
    as_json = lines(opictl, "offload", "session", "closed", "-o", "json")
    assert [json.loads(line)["sessionId"] for line in as_json] == ["1", "2", "3"]
    (tmp_path / "sessions.yml").write_text("session_id: 4\n---\nsession_id: 5\n")
    added = lines(opictl, "offload", "session", "add", "-f", "sessions.yml", "-o", "json")
    assert json.loads("".join(added)) == {"responseError": [{"sessionId": "4"}, {"sessionId": "5"}]}
    called = lines(opictl, "call", "SessionTable/AddSession", "@sessions.yml")
    assert json.loads("".join(called)) == json.loads("".join(added))


# -- manifests


def test_a_manifest_is_applied_in_the_order_of_its_references(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(STORAGE)
    would = lines(opictl, "apply", "-f", "m.yml", "--dry-run")
    order = [line.split()[0] for line in would]
    assert order.index("NvmeSubsystem") < order.index("NvmeController")
    assert order.index("NvmeNamespace") > max(map(order.index, ("NvmeSubsystem", "MallocVolume")))
    assert all(line.endswith(": would be created") for line in would)
    assert lines(opictl, "storage", "sub", "list") == [], "a dry run does nothing"
    assert opictl("diff", "-f", "m.yml").code == 1
    lines(opictl, "apply", "-f", "m.yml")
    assert all(line.endswith(": unchanged") for line in lines(opictl, "apply", "-f", "m.yml"))
    assert opictl("diff", "-f", "m.yml") == type(opictl("version"))(0, "", "")
    deleted = [line.split()[0] for line in lines(opictl, "delete", "-f", "m.yml")]
    assert deleted.index("NvmeNamespace") < deleted.index("MallocVolume")
    assert deleted.index("NvmeController") < deleted.index("NvmeSubsystem")
    assert len(lines(opictl, "delete", "-f", "m.yml")) == 4, "what is gone is no error"


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_an_export_brings_everything_back(form: str, opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(STORAGE)
    lines(opictl, "apply", "-f", "m.yml")
    lines(opictl, "evpn", "lb", "create", "lb10", "--vlan", "10")
    exported = opictl("export", "-o", form)
    (tmp_path / "again.yml").write_text(exported.out)
    lines(opictl, "delete", "-f", "again.yml")
    assert opictl("export", "-o", "name").out == ""
    lines(opictl, "apply", "-f", "again.yml")
    assert opictl("export", "-o", form).out == exported.out


def test_a_folder_and_standard_input_are_manifests(
    opictl: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    folder = tmp_path / "wanted"
    folder.mkdir()
    for number, document in enumerate(STORAGE.replace("\n   ", " ").splitlines()):
        (folder / f"{number}.yml").write_text(document)
    assert len(lines(opictl, "apply", "-f", "wanted")) == 4
    monkeypatch.setattr("sys.stdin", io.StringIO(STORAGE))
    assert all("unchanged" in line for line in lines(opictl, "apply", "-f", "-"))


def test_apply_stops_at_the_first_error_and_says_what_is_left(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(
        "{kind: NvmeSubsystem, id: sub0, spec: {nqn: a}}\n---\n"
        "{kind: NvmeSubsystem, id: sub1, spec: {}}\n---\n"
        "{kind: NvmeSubsystem, id: sub2, spec: {nqn: c}}\n"
    )
    outcome = opictl("apply", "-f", "m.yml")
    assert outcome.code == 1
    assert outcome.out == "NvmeSubsystem nvmeSubsystems/sub0: created\n"
    assert "m.yml:3 (document 2): cannot create NvmeSubsystem nvmeSubsystems/sub1" in outcome.err
    assert "1 more resource was not tried" in outcome.err


# -- watch


def test_watch_shows_what_is_new_what_changes_and_what_goes(
    dpu: str, opictl: Line, tmp_path: Path
) -> None:
    lines(opictl, "storage", "sub", "create", "sub0", "--nqn", "nqn.2022-09.io.spdk:a")
    command = [sys.executable, "-m", "opictl", "-a", dpu, "watch", "storage", "sub", "-i", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        stopper = threading.Timer(DEADLINE, process.kill)
        stopper.start()
        try:
            seen = [process.stdout.readline().split(maxsplit=1)[1]]
            lines(opictl, "storage", "sub", "update", "sub0", "--serial-number", "s")
            seen.append(process.stdout.readline().split(maxsplit=1)[1])
            lines(opictl, "storage", "sub", "delete", "sub0")
            seen.append(process.stdout.readline().split(maxsplit=1)[1])
        finally:
            stopper.cancel()
            process.kill()
    assert seen == [
        "+ sub0  spec.nqn=nqn.2022-09.io.spdk:a\n",
        "~ sub0  spec.serial_number= -> s\n",
        "- sub0\n",
    ]


def test_watch_shows_statistics_and_streams(opictl: Line) -> None:
    lines(opictl, "storage", "malloc", "create", "vol0", "--size", "1MiB")
    watched = lines(
        opictl, "watch", "storage", "malloc", "vol0", "--stats", "--rounds", "2", "-i", "0.05"
    )
    first, then = (line.split(maxsplit=1)[1] for line in watched)
    assert first.startswith("+ vol0  stats.")
    assert "  stats.read_ops_count=1  stats.write_bytes_count=0  " in first
    assert then == "~ vol0  stats.read_ops_count=1 -> 2"
    streamed = lines(opictl, "watch", "firewall", "session", "closed")
    assert [line.split()[2] for line in streamed] == [f"session_id={n}" for n in (1, 2, 3)]


# -- methods that nobody here knows


def test_call_learns_methods_from_the_server(opictl: Line) -> None:
    assert json.loads("".join(lines(opictl, "call", "grpc.health.v1.Health/Check"))) == {
        "status": "SERVING"
    }
    outcome = opictl("call", "grpc.health.v1.Health/Chekc")
    assert outcome.code == 1
    assert "it has: Check" in outcome.err
    outcome = opictl("call", "no.such.Service/Method")
    assert outcome.code == 1
    assert "no service no.such.Service here" in outcome.err


def test_services_are_those_of_the_server(opictl: Line) -> None:
    rows = dict(line.split() for line in lines(opictl, "services")[1:])
    assert rows["grpc.health.v1.Health"] == "-"
    assert "opi_api.storage.v1.FrontendNvmeService" in rows
    assert {one.service for one in resources().types} <= rows.keys()


# -- completion


def complete(*words: str, shell: str = "bash", **environment: str) -> list[str]:
    """What a shell is offered for a line whose last word is being typed."""
    import os

    done = subprocess.run(
        [Path(sys.executable).with_name("opictl")],
        env={
            **os.environ,
            **environment,
            "_OPICTL_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": " ".join(["opictl", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.stderr == ""
    return [line.split(",", 1)[1] for line in done.stdout.splitlines() if line]


def test_the_shell_knows_the_names_on_the_dpu(opictl: Line, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(STORAGE)
    lines(opictl, "apply", "-f", "m.yml")
    assert complete("storage", "sub", "delete", "") == ["sub0"]
    assert complete("storage", "ns", "get", "sub") == ["sub0/ns01"]
    assert complete("storage", "ns", "get", "--subsystem", "sub0", "n") == ["ns01"]
    assert complete("storage", "ns", "list", "--subsystem", "") == ["sub0"]
    assert complete("storage", "ns", "create", "sub0/x", "--volume", "") == ["vol0"]
    assert complete("storage", "controller", "create", "x", "--trtype", "t") == ["tcp"]
    assert complete("storage", "sub", "l") == ["list"]
    assert complete("stor") == ["storage"]
    assert complete("watch", "evpn", "v") == ["vrf"]
    assert "--serial-number" in complete("storage", "sub", "create", "--s")


def test_the_shell_is_told_nothing_when_nobody_answers(opictl: Line) -> None:
    began = time.monotonic()
    assert complete("storage", "sub", "delete", "", OPICTL_ADDRESS="127.0.0.1:1") == []
    assert complete("storage", "sub", "delete", "", OPICTL_CONTEXT="nope") != ["x"]
    assert complete("--context", "") == []
    assert time.monotonic() - began < DEADLINE


def test_completing_a_secret_asks_nobody(opictl: Line) -> None:
    assert complete("storage", "sub", "create", "--psk", "-", "--hos") == ["--hostnqn"]


def test_bash_completes_at_the_prompt(dpu: str, opictl: Line) -> None:
    """The script itself, in a real shell: what the function answers for a line."""
    lines(opictl, "storage", "sub", "create", "sub0", "--nqn", "nqn.2022-09.io.spdk:a")
    script = (
        f'PATH="{Path(sys.executable).parent}:$PATH"\n'
        "source <(opictl completion bash)\n"
        "COMP_WORDS=(opictl storage subsystem get s) COMP_CWORD=4\n"
        "_opictl_completion opictl s get\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, timeout=DEADLINE
    )
    assert done.stdout == "sub0\n"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_scripts_of_other_shells_are_printed(shell: str, opictl: Line) -> None:
    script = "\n".join(lines(opictl, "completion", shell))
    assert f"_OPICTL_COMPLETE={shell}_complete" in script
