"""Captures on any link end: to a file, into a pipe, and gone when nobody wants them any more."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.engine.session import LabSession
from lab.errors import LabError
from lab.ownership import pin_path
from lab.topology.model import Topology
from tests.integration.conftest import TWO_HOSTS, bring_up, pings
from tests.integration.test_catastrophe import DPULAB

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed"),
]

Make = Callable[..., Topology]

PCAP_MAGIC = {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"}
REQUESTS = bytes([10, 9, 1, 1, 10, 9, 1, 2])
"""Source and destination of the echo requests, as they are on the wire."""

WITH_BRIDGE = TWO_HOSTS.replace("h2: {}", "h2: {}\n    sw: {kind: bridge}") + (
    '    - {endpoints: ["h1:eth2", "sw:p1"], mtu: 1500, ipv4: [10.9.2.1/24, ""]}\n'
)


def capture(lab: LabSession, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(DPULAB), "capture", *arguments, "--lab", lab.topology.name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def tcpdumps(lab: LabSession, node: str) -> list[str]:
    """Processes that capture in a node."""
    mark = f"--net={pin_path(lab.topology.name, node)}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            in_node = (folder / "ns/net").stat() == pin_path(lab.topology.name, node).stat()
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it ended while we looked
        if mark in line or (in_node and line.startswith(b"tcpdump")):
            found.append(line.replace(b"\0", b" ").decode())
    return found


def await_tcpdump(lab: LabSession, node: str, *, there: bool) -> None:
    deadline = time.monotonic() + 5
    while bool(tcpdumps(lab, node)) is not there:
        assert time.monotonic() < deadline, tcpdumps(lab, node)
        time.sleep(0.02)


def test_a_capture_holds_the_frames_that_its_filter_wants(topology: Make, tmp_path: Path) -> None:
    lab = bring_up(topology())
    running = lab.node("h2").capture("eth1", tmp_path / "deep" / "h2.pcap", "icmp")
    assert pings(lab, "h1", "10.9.1.2")
    assert pings(lab, "h1", "fd09:1::2")
    data = running.stop().read_bytes()
    assert data[:4] in PCAP_MAGIC
    assert data.count(REQUESTS) == 3
    assert b"\x86\xdd" not in data
    await_tcpdump(lab, "h2", there=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_writes_a_file_until_it_is_interrupted(
    topology: Make, tmp_path: Path, number: signal.Signals
) -> None:
    lab = bring_up(topology())
    file = tmp_path / "c.pcap"
    with capture(lab, "h1:eth1", "icmp", "--write", str(file)) as process:
        assert process.stderr is not None
        assert b"capturing h1:eth1 into" in process.stderr.readline()
        assert pings(lab, "h1", "10.9.1.2")
        process.send_signal(number)
        _, words = process.communicate(timeout=10)
    assert process.returncode == 0, words
    assert file.read_bytes().count(REQUESTS) == 3
    await_tcpdump(lab, "h1", there=False)


def test_the_command_writes_into_a_pipe_also_for_bridges(topology: Make) -> None:
    lab = bring_up(topology(WITH_BRIDGE))
    with capture(lab, "sw:p1", "arp") as process:
        assert process.stderr is not None
        assert b"listening on p1" in process.stderr.readline()
        assert not pings(lab, "h1", "10.9.2.7")
        process.send_signal(signal.SIGINT)
        data, _ = process.communicate(timeout=10)
    assert data[:4] in PCAP_MAGIC
    assert bytes([10, 9, 2, 7]) in data


def test_a_wrong_filter_gives_the_words_of_tcpdump(topology: Make, tmp_path: Path) -> None:
    lab = bring_up(topology())
    with pytest.raises(LabError, match=r"tcpdump does not start: .*syntax error"):
        lab.node("h1").capture("eth1", tmp_path / "x.pcap", "udp prot 7")
    with capture(lab, "h1:eth1", "udp prot 7", "--write", str(tmp_path / "x.pcap")) as process:
        _, words = process.communicate(timeout=10)
    assert process.returncode == 2
    assert b"syntax error" in words


def test_an_end_that_is_not_there_is_told(topology: Make, tmp_path: Path) -> None:
    lab = bring_up(topology())
    with capture(lab, "h1:eth7") as process:
        _, words = process.communicate(timeout=10)
    assert process.returncode == 2
    assert b"no link ends at h1:eth7" in words
    assert b"eth1" in words.partition(b"hint")[2]
    with pytest.raises(LabError, match=r"tcpdump does not start: .*eth7"):
        lab.node("h1").capture("eth7", tmp_path / "x.pcap")


def test_a_file_that_cannot_be_written_is_told(topology: Make) -> None:
    lab = bring_up(topology())
    with pytest.raises(LabError, match=r"cannot write the capture to /proc/no/x.pcap"):
        lab.node("h1").capture("eth1", Path("/proc/no/x.pcap"))


@pytest.mark.parametrize("to_file", [True, False], ids=["file", "pipe"])
def test_killing_the_command_leaves_no_tcpdump(
    topology: Make, tmp_path: Path, to_file: bool
) -> None:
    lab = bring_up(topology())
    options = ["--write", str(tmp_path / "x.pcap")] if to_file else []
    with capture(lab, "h1:eth1", *options) as process:
        await_tcpdump(lab, "h1", there=True)
        process.kill()
    await_tcpdump(lab, "h1", there=False)


def test_a_capture_survives_the_restart_of_the_far_node(topology: Make, tmp_path: Path) -> None:
    lab = bring_up(topology())
    running = lab.node("h2").capture("eth1", tmp_path / "x.pcap", "icmp")
    lab.stop_node("h1")
    lab.start_node("h1")
    assert pings(lab, "h1", "10.9.1.2")
    assert running.stop().read_bytes().count(REQUESTS) == 3
