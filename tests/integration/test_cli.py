"""The command line on real labs: what people read, exit codes, and that stdout is data alone."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lab import cli
from lab.capabilities import probe_one
from lab.cli.links import count_frames
from lab.engine import session
from lab.runtime.docker_engine import Docker
from tests.commandline import Cli, Outcome, command_line
from tests.integration.machine import LAB_PREFIX

pytestmark = pytest.mark.integration

PROGRAM = Path(sys.executable).with_name("dpulab")

TOPOLOGY = """\
topology:
  defaults: {kind: linux, image: dpulab/base, network-mode: none, labels: {dpulab.role: host}}
  nodes:
    h1: {cmd: sh -c 'echo it begins; exec sleep infinity'}
    h2: {}
    br1: {kind: bridge}
  links:
    - endpoints: ["h1:eth1", "h2:eth1"]
      mtu: 1500
      ipv4: [10.9.1.1/24, 10.9.1.2/24]
    - endpoints: ["h1:eth2", "br1:p1"]
      mtu: 1500
"""


@pytest.fixture
def dpulab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """Runs `dpulab ARGS` in this process, in an empty folder."""
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="module")
def lab(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a lab that is up, with two hosts and a bridge."""
    name = f"{LAB_PREFIX}{uuid.uuid4().hex[:6]}"
    path = tmp_path_factory.mktemp("cli") / "cli.clab.yml"
    path.write_text(f"name: {name}\n{TOPOLOGY}")
    assert cli.run(["up", str(path)]) == 0
    yield name
    session.down(name)


@pytest.fixture
def fresh(dpulab: Cli, docker: Docker, lab_name: str) -> Iterator[Callable[[str], str]]:
    """Writes a topology file for a lab of its own, which is taken down at the end."""

    def write(body: str) -> str:
        Path("lab.clab.yml").write_text(f"name: {lab_name}\n{body}")
        return lab_name

    yield write
    session.down(lab_name)


MISTAKES = {
    "a node that is not there": (
        "exec h9 -l LAB -- true",
        "error: lab LAB has no node h9\nhint: nodes: h1, h2, br1\n",
    ),
    "a command in a bridge": (
        "exec br1 -l LAB -- true",
        "error: br1 is a bridge: nothing runs in it\n",
    ),
    "logs of a bridge": ("logs br1 -l LAB", "error: br1 is a bridge: nothing runs in it\n"),
    "a bridge cannot be stopped": (
        "node stop br1 -l LAB",
        "error: br1 is a bridge: it cannot be stopped or started\n",
    ),
    "restarting a node that is not there": (
        "node restart h9 -l LAB",
        "error: lab LAB has no node h9\nhint: nodes: h1, h2, br1\n",
    ),
    "an interface that is not there": (
        "capture h1:eth9 -l LAB",
        "error: no link ends at h1:eth9\nhint: h1 has eth1, eth2\n",
    ),
    "an end of a node that is not there": (
        "impair set h9:eth1 --loss 1% -l LAB",
        "error: no link ends at h9:eth1\nhint: nodes with links: h1, h2, br1\n",
    ),
    "resetting what is not there": (
        "impair reset br1:eth1 -l LAB",
        "error: no link ends at br1:eth1\nhint: br1 has p1\n",
    ),
    "a capture into a folder that cannot be": (
        "capture h1:eth1 -l LAB -w /proc/nowhere/x.pcap",
        "error: cannot write the capture to /proc/nowhere/x.pcap: No such file or directory\n",
    ),
    "a command that takes too long": (
        "exec h1 -l LAB --timeout 0.3 -- sleep 77",
        "error: h1: sleep 77 still runs after 0.3 s\nhint: give it more with --timeout\n",
    ),
}


@pytest.mark.parametrize(("line", "expected"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_on_a_running_lab(dpulab: Cli, lab: str, line: str, expected: str) -> None:
    done = dpulab(*line.replace("LAB", lab).split())
    assert done.err == expected.replace("LAB", lab)
    assert (done.code, done.out) == (2, "")


def test_delay_where_the_kernel_has_no_netem(dpulab: Cli, lab: str) -> None:
    if probe_one("netem").available:
        pytest.skip("netem: this kernel has it")
    done = dpulab("impair", "set", "h1:eth1", "--delay", "10ms", "-l", lab)
    assert done.code == 2
    assert "delay needs netem, which this kernel lacks" in done.err
    assert "hint: load the module (modprobe sch_netem) or drop delay and jitter" in done.err


REFUSED = {
    "an image that was not built": (
        "topology: {nodes: {a: {kind: linux, image: dpulab/nothing}}}",
        (
            "error: image dpulab/nothing has not been built on this machine\n"
            "hint: `make images` builds it\n"
        ),
    ),
    "a container that ends at once": (
        (
            "topology: {nodes: {a: {kind: linux, image: dpulab/base, network-mode: none, "
            "labels: {dpulab.ready: file}, cmd: sh -c 'echo no license; sleep 0.5; exit 3'}}}"
        ),
        "error: a ended with exit code 3 before it was ready\nhint: its last words:\nno license\n",
    ),
    "a command that fails": (
        (
            "topology: {nodes: {a: {kind: linux, image: dpulab/base, network-mode: none, "
            "exec: ['ls /nowhere']}}}"
        ),
        (
            "error: a: `ls /nowhere` failed with exit code 2: "
            "ls: cannot access '/nowhere': No such file or directory\n"
            "hint: commands run without a shell; wrap pipes and variables in sh -c '...'\n"
        ),
    ),
}


@pytest.mark.parametrize(("body", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_up_that_cannot_be(
    dpulab: Cli,
    fresh: Callable[[str], str],
    docker: Docker,
    body: str,
    expected: str,
) -> None:
    name = fresh(body)
    done = dpulab("up", "lab.clab.yml")
    head, _, rest = done.err.partition("error: ")
    assert head.startswith(f"lab {name} (lab.clab.yml): 1 node, 0 links\n")
    assert f"error: {rest}" == expected
    assert (done.code, done.out) == (2, "")
    assert name not in session.known_labs(docker)
    assert docker.lab_networks(name) == []


def test_a_subnet_that_is_taken(dpulab: Cli, fresh: Callable[[str], str], docker: Docker) -> None:
    bridge = docker.network("bridge")
    pools = bridge["IPAM"]["Config"] if bridge else []
    if not pools:
        pytest.skip("docker: its default network has no subnet")
    taken = pools[0]["Subnet"]
    fresh(
        f"mgmt: {{ipv4-subnet: {taken}}}\n"
        "topology: {nodes: {a: {kind: linux, image: dpulab/base}}}"
    )
    done = dpulab("up", "lab.clab.yml")
    assert f"error: management subnet {taken} is taken: it overlaps {taken} of " in done.err
    assert done.err.endswith(
        "hint: choose another mgmt.ipv4-subnet, or leave it out to get a free one\n"
    )
    assert done.code == 2


def test_a_container_name_that_is_taken(
    dpulab: Cli, fresh: Callable[[str], str], lab_name: str, docker: Docker
) -> None:
    fresh("topology: {nodes: {a: {kind: linux, image: dpulab/base, network-mode: none}}}")
    name = f"dpulab-{lab_name}-a"
    subprocess.run(["docker", "create", "--name", name, "dpulab/base"], check=True)
    try:
        done = dpulab("up", "lab.clab.yml")
        assert docker.inspect(name) is not None
    finally:
        docker.remove(name)
    assert done.err.endswith(
        f"error: a container named {name} exists already, and it is not of this lab\n"
        "hint: remove it, or choose another lab name (--name) or prefix\n"
    )
    assert done.code == 2


# The life of a lab


def test_up_is_told_once_and_again(dpulab: Cli, fresh: Callable[[str], str]) -> None:
    name = fresh(TOPOLOGY)
    first = dpulab("up", "lab.clab.yml")
    assert (first.code, first.out) == (0, "")
    lines = first.err.splitlines()
    assert lines[0] == f"lab {name} (lab.clab.yml): 3 nodes, 2 links"
    assert sorted(line[:18] for line in lines[1:3]) == ["  ok  h1       rea", "  ok  h2       rea"]
    assert lines[3].startswith(f"lab {name} is up after ")
    assert lines[4:] == [
        f"  try: dpulab exec h1 --lab {name} -- ip -br address",
        f"  files: dpulab-{name}",
        f"  down: dpulab down {name}",
    ]
    again = dpulab("up", "lab.clab.yml")
    assert again.err.splitlines()[1] == f"lab {name} is up, nothing to do"
    assert dpulab("down", "lab.clab.yml").err == f"lab {name} is down\n"
    gone = dpulab("down", name)
    assert (gone.code, gone.err) == (0, f"lab {name} is not up: nothing to do\n")


def test_status_of_a_lab_that_loses_a_node(dpulab: Cli, lab: str) -> None:
    whole = json.loads(dpulab("status", lab, "-f", "json").out)
    assert [(one["node"], one["state"], one["links"]) for one in whole[lab]] == [
        ("h1", "running", "2/2"),
        ("h2", "running", "1/1"),
        ("br1", "running", "1/1"),
    ]
    assert dpulab("node", "stop", "h2", "-l", lab).err == "h2 is stopped\n"
    table = dpulab("inspect", lab)
    assert [line.split()[1:] for line in table.out.splitlines()[1:]][1][:4] == [
        "h2", "host", "dpulab/base", "exited",
    ]  # fmt: skip
    assert table.err == f"lab {lab} is not whole: `dpulab up` repairs it\n"
    stopped = dpulab("exec", "h2", "-l", lab, "true")
    assert stopped.code == 2
    assert "hint: `dpulab node start h2` starts it, `dpulab logs h2` says why\n" in stopped.err
    assert dpulab("node", "start", "h2", "-l", lab).err == "h2 is ready\n"
    assert dpulab("node", "restart", "h2", "-l", lab).err == "h2 is ready\n"
    assert dpulab("exec", "h1", "-l", lab, "ping", "-c", "1", "-W", "2", "10.9.1.2").code == 0


def test_commands_keep_their_exit_code_and_streams(dpulab: Cli, lab: str) -> None:
    done = dpulab("exec", "h1", "-l", lab, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert done == Outcome(7, "out\n", "err\n")
    assert dpulab("exec", "-l", lab, "h1", "--", "no-such-command").code == 127
    assert dpulab("exec", "h1", "-l", lab, "ls", "-d", "/").out == "/\n"


def test_logs_now_and_as_they_come(dpulab: Cli, lab: str) -> None:
    assert dpulab("logs", "h1", "-l", lab).out == "it begins\n"
    assert dpulab("logs", "h1", "-l", lab, "--tail", "0").out == ""
    follow = subprocess.Popen(
        [PROGRAM, "logs", "h1", "-l", lab, "--follow"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert follow.stdout is not None
        assert follow.stdout.readline() == "it begins\n"
        assert follow.poll() is None
    finally:
        follow.send_signal(signal.SIGINT)
        assert follow.wait(10) == 130


def test_impairments_are_set_counted_and_reset(dpulab: Cli, lab: str) -> None:
    if not probe_one("ebpf-atomic").available:
        pytest.skip(f"ebpf-atomic: {probe_one('ebpf-atomic').reason}")
    done = dpulab("impair", "set", "h1:eth1", "--loss", "100%", "-l", lab)
    assert done.err == (
        "frames that leave h1:eth1: loss 100%; "
        f"`dpulab impair reset h1:eth1 --lab {lab}` undoes it\n"
    )
    assert dpulab("exec", "h1", "-l", lab, "ping", "-c", "2", "-W", "1", "10.9.1.2").code == 1
    shown = json.loads(dpulab("impair", "show", "-l", lab, "-f", "json").out)
    assert shown["h1:eth1"]["impairment"] == {"loss": "100%"}
    assert shown["h1:eth1"]["lost"] == shown["h1:eth1"]["frames"] > 0
    assert shown["h2:eth1"]["impairment"] == {}
    table = dpulab("impair", "show", "-l", lab).out.splitlines()
    assert table[0].split() == ["END", "IMPAIRMENT", "FRAMES", "LOST", "DUPLICATED", "CORRUPTED"]
    assert dpulab("impair", "reset", "h1:eth1", "-l", lab).code == 0
    assert dpulab("exec", "h1", "-l", lab, "ping", "-c", "1", "-W", "2", "10.9.1.2").code == 0


def test_a_drawing_of_the_running_lab(dpulab: Cli, lab: str) -> None:
    assert dpulab("graph", "-l", lab, "-f", "html", "-w", "lab.html").err == "wrote lab.html\n"
    page = Path("lab.html").read_text()
    assert "h1" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


# Captures and terminals: processes of their own


def test_a_capture_goes_to_a_file_until_it_is_interrupted(lab: str, tmp_path: Path) -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump: not installed on this machine")
    pcap = tmp_path / "h1.pcap"
    running = subprocess.Popen(
        [PROGRAM, "capture", "h1:eth1", "icmp", "-l", lab, "-w", pcap],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert running.stderr.readline() == f"capturing h1:eth1 into {pcap}, Ctrl-C ends it\n"
    ping = ["exec", "h1", "-l", lab, "--", "ping", "-c", "2", "-i", "0.1", "10.9.1.2"]
    assert cli.run(ping) == 0
    running.send_signal(signal.SIGINT)
    assert running.stderr.read() == f"4 frames in {pcap}\n"
    assert running.wait(10) == 0
    assert count_frames(pcap) == 4


def on_terminal(*arguments: str, keys: str = "") -> tuple[int, str]:
    """Run `dpulab ARGS` on a terminal of its own; return its exit code and the screen's text."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(PROGRAM, [str(PROGRAM), *arguments])
    os.write(terminal, keys.encode())
    text, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        try:
            piece = os.read(terminal, 4096) if ready else None
        except OSError:  # the other side of the terminal is closed
            break
        text += piece or b""
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text.decode()


def test_a_capture_is_not_thrown_at_a_terminal(lab: str) -> None:
    code, text = on_terminal("capture", "h1:eth1", "-l", lab)
    assert code == 2
    assert "a capture is binary" in text
    assert "-w FILE" in text


def test_a_terminal_gets_a_shell(lab: str) -> None:
    if shutil.which("docker") is None:
        pytest.skip("docker: no client on PATH")
    code, text = on_terminal("exec", "h1", "-l", lab, "sh", keys="tty; exit 5\n")
    assert code == 5
    assert "/dev/pts/" in text


def test_status_is_coloured_on_a_terminal(lab: str) -> None:
    code, text = on_terminal("status", lab)
    assert code == 0
    assert "\x1b[32mrunning" in text


# Callers without rights


def as_nobody(tmp_path: Path, *arguments: str, groups: str = "", path: str = "") -> Outcome:
    """Run `dpulab ARGS` as nobody, who may read files (the environment is root's) and no more."""
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv: not installed on this machine")
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--inh-caps=-all,+dac_read_search",
            "--ambient-caps=-all,+dac_read_search"]  # fmt: skip
    drop.append(f"--groups={groups}" if groups else "--clear-groups")
    environment = os.environ | {"HOME": "/", "PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*drop, PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def refusing_sudo() -> Iterator[str]:
    """A folder for PATH whose sudo lets nobody in."""
    with TemporaryDirectory() as folder:  # the folders of pytest are for its user alone
        Path(folder).chmod(0o755)
        sudo = Path(folder, "sudo")
        sudo.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
        sudo.chmod(0o755)
        yield folder


def test_no_rights_on_the_docker_socket(lab: str, tmp_path: Path, refusing_sudo: str) -> None:
    done = as_nobody(tmp_path, "exec", "h1", "-l", lab, "true", path=refusing_sudo)
    assert done.err.endswith(
        "error: Docker is running, but you may not use it (permission denied on its socket)\n"
        "hint: add yourself to the docker group (sudo usermod -aG docker $USER, then log in "
        "again), or run with sudo\n"
    )
    assert (done.code, done.out) == (2, "")


def test_docker_but_neither_root_nor_sudo(lab: str, tmp_path: Path, refusing_sudo: str) -> None:
    group = str(Path("/var/run/docker.sock").stat().st_gid)
    done = as_nobody(tmp_path, "node", "stop", "h1", "-l", lab, groups=group, path=refusing_sudo)
    assert "error: creating network namespaces and links needs root, and sudo did not " in done.err
    assert (done.code, done.out) == (2, "")


def test_doctor_says_what_a_caller_without_rights_lacks(tmp_path: Path, refusing_sudo: str) -> None:
    done = as_nobody(tmp_path, "doctor", "-f", "json", path=refusing_sudo)
    found = {one["name"]: one for one in json.loads(done.out)}
    assert found["root"]["reason"] == "not root, and sudo asks for a password: run `sudo -v` first"
    assert found["docker"]["reason"] == "no Docker Engine answers: Permission denied"
    assert found["veth"]["reason"] == "needs root to tell"
    assert done.code == 2


def test_a_file_where_one_may_not_write(tmp_path: Path, refusing_sudo: str) -> None:
    with TemporaryDirectory() as folder:  # the folders of pytest are for its user alone
        Path(folder).chmod(0o755)
        topology = Path(folder, "t.clab.yml")
        topology.write_text(f"name: t\n{TOPOLOGY}")
        drawing = ["graph", str(topology), "-w", "/etc/lab.html"]
        done = as_nobody(tmp_path, *drawing, path=refusing_sudo)
    assert done == Outcome(2, "", "error: /etc/lab.html: Permission denied\n")


def test_completion_is_silent_without_docker(lab: str, tmp_path: Path) -> None:
    words = f"dpulab\nexec\n--lab\n{lab}\nh"
    environment = {
        "_DPULAB_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4",
        "DOCKER_HOST": "tcp://127.0.0.1:1", "PATH": os.environ["PATH"],
    }  # fmt: skip
    done = subprocess.run(
        [PROGRAM], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert (done.stdout.split(), done.stderr) == (["h1", "h2"], "")
