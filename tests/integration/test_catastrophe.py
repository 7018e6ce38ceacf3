"""Whatever happens to `up` or around it: afterwards there is a whole lab, or nothing, or `down`
makes it nothing; and what is not ours is not touched.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker as docker_sdk
import pytest
from pyroute2 import IPRoute

from lab.engine import session
from lab.errors import LabError
from lab.links import ends
from lab.links.netops import NetOps
from lab.links.pins import OWN_NAMESPACE
from lab.runtime.docker_engine import Docker
from lab.topology.loader import load
from lab.topology.model import Topology
from tests.integration.conftest import TWO_HOSTS, Recorder, bring_up, pings
from tests.integration.machine import MachineState, left_since

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

DPULAB = Path(sys.executable).parent / "dpulab"
MOMENTS = 10 if os.environ.get("DPULAB_FULL") == "1" else 3
SEED = 20261123

EVERYTHING = """
topology:
  defaults: {kind: linux, image: dpulab/base, network-mode: none}
  nodes:
    a: {network-mode: ""}
    b: {}
    c: {exec: ["sh -c 'sleep 0.2'"]}
    br: {kind: bridge, labels: {dpulab.bridge: machine}}
    br2: {kind: bridge, labels: {dpulab.bridge: machine}}
    sw: {kind: bridge}
  links:
    - {endpoints: ["a:eth1", "br:p1"], mtu: 1500}
    - {endpoints: ["b:eth1", "br:p2"], mtu: 1500}
    - {endpoints: ["br:p3", "br2:q1"], mtu: 1500}
    - {endpoints: ["b:eth2", "sw:p1"], mtu: 1500}
    - {endpoints: ["c:eth1", "sw:p2"], mtu: 1500, ipv4: [10.9.3.1/24, ""]}
    - {type: host, endpoint: {node: c, interface: eth2}, host-interface: HOSTIF, mtu: 1500}
"""
"""All that `up` can leave behind: containers, a network, bridges, rules, pins, machine links."""


@pytest.fixture
def everything(topology: Make, lab_name: str) -> Topology:
    """A lab with a belonging of every kind."""
    return topology(EVERYTHING.replace("HOSTIF", f"h{lab_name[-6:]}"))


def cli(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(DPULAB), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def start_up(made: Topology) -> subprocess.Popen[str]:
    return cli("up", str(made.source), "--trust")


def seconds_of_an_up(made: Topology) -> float:
    begin = time.monotonic()
    with start_up(made) as process:
        _, words = process.communicate(timeout=60)
    assert process.returncode == 0, words
    lasted = time.monotonic() - begin
    session.down(made.name)
    return lasted


def moments(lasted: float, offset: int) -> list[float]:
    """Seeded moments, one in each of as many equal parts of an `up`."""
    chance = random.Random(SEED + offset)
    return [lasted * (part + chance.random()) / MOMENTS for part in range(MOMENTS)]


def test_after_sigkill_at_any_moment_down_leaves_nothing(
    everything: Topology, clean_machine: MachineState
) -> None:
    for moment in moments(seconds_of_an_up(everything), 0):
        with start_up(everything) as process:
            time.sleep(moment)
            process.kill()
        with cli("down", everything.name) as down:
            _, words = down.communicate(timeout=60)
        assert down.returncode == 0, words
        assert left_since(clean_machine) == {}, f"killed after {moment:.3f} s"


def test_after_sigkill_up_makes_a_whole_lab(everything: Topology) -> None:
    chance = random.Random(SEED)
    lasted = seconds_of_an_up(everything)
    with start_up(everything) as process:
        time.sleep(lasted * chance.uniform(0.4, 0.95))
        process.kill()
    with start_up(everything) as again:
        _, words = again.communicate(timeout=60)
    assert again.returncode == 0, words
    assert is_whole(everything)


def is_whole(made: Topology) -> bool:
    lab = session.open_lab(made.name)
    again = Recorder()
    _, changed = session.up(made, again)
    links = [lab.net.link_is_whole(lab.topology, link) for link in lab.topology.links]
    return not changed and all(links)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_leaves_a_whole_lab_or_nothing(
    everything: Topology, clean_machine: MachineState, number: signal.Signals
) -> None:
    lasted = seconds_of_an_up(everything)
    for moment in moments(lasted, int(number)):
        with start_up(everything) as process:
            time.sleep(moment)
            process.send_signal(number)
            _, words = process.communicate(timeout=30)
        # 128 + 2 is what a shell says of a command that SIGINT ended; SIGTERM does the same to a
        # lab, and before and after that ends the process as it ends any other
        assert process.returncode in (0, 130, -number), words
        if everything.name in session.running_labs():
            assert is_whole(everything)
            session.down(everything.name)
        else:
            assert process.returncode != 0, words
        assert left_since(clean_machine) == {}, f"{number.name} after {moment:.3f} s"


def test_a_second_interrupt_does_not_cut_the_rollback_short(
    topology: Make, clean_machine: MachineState
) -> None:
    made = topology(TWO_HOSTS.replace("h2: {}", "h2: {exec: [sleep 30]}"))
    with start_up(made) as process:
        await_container(made, "h2")
        engine = Docker()
        while engine.containers(made.name):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        _, words = process.communicate(timeout=20)
    assert process.returncode == 130, words
    assert left_since(clean_machine) == {}


def await_container(made: Topology, node: str) -> None:
    engine = Docker()
    deadline = time.monotonic() + 20
    while not (found := engine.inspect(made.container_name(node))) or not found.running:
        assert time.monotonic() < deadline, f"{node} never ran"
        time.sleep(0.02)


def test_an_interrupt_ends_a_long_command_at_once(topology: Make) -> None:
    made = topology(TWO_HOSTS.replace("h2: {}", "h2: {exec: [sleep 30]}"))
    with start_up(made) as process:
        await_container(made, "h2")
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert time.monotonic() - begin < 5


def test_of_two_ups_of_one_lab_one_wins(topology: Make) -> None:
    made = topology(TWO_HOSTS.replace("h2: {}", "h2: {exec: [sleep 2]}"))
    with start_up(made) as one:
        await_container(made, "h2")
        with start_up(made) as other:
            _, refusal = other.communicate(timeout=20)
        _, words = one.communicate(timeout=30)
    assert (one.returncode, other.returncode) == (0, 2), words
    assert f"lab {made.name} is being changed by `dpulab up` (pid {one.pid})" in refusal


def test_labs_of_one_file_brought_up_at_once_get_different_subnets(
    topology: Make, lab_name: str
) -> None:
    source = topology("topology: {nodes: {a: {kind: linux, image: dpulab/base}}}").source
    names = [f"{lab_name}{letter}" for letter in "abcd"]
    try:
        with ThreadPoolExecutor(4) as pool:
            labs = list(pool.map(lambda name: bring_up(load(source, name=name)), names))
        subnets = {lab.mgmt_address("a").rpartition(".")[0] for lab in labs}
        assert len(subnets) == 4
    finally:
        for name in names:
            session.down(name)


@pytest.fixture
def tiny_folder(tmp_path: Path) -> Iterator[Path]:
    """A file system of two pages."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount a tmpfs here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_remains(
    topology: Make, tiny_folder: Path, clean_machine: MachineState
) -> None:
    made = topology()
    full = tiny_folder / made.source.name
    full.write_bytes(made.source.read_bytes())
    with pytest.raises(LabError, match=r"cannot write the lab directory .*No space left") as caught:
        bring_up(load(full))
    assert "make room" in caught.value.hint
    assert left_since(clean_machine) == {}
    assert [one.name for one in tiny_folder.iterdir()] == [full.name]


def test_a_folder_that_cannot_be_written_is_told(
    topology: Make, tiny_folder: Path, clean_machine: MachineState
) -> None:
    made = topology()
    source = tiny_folder / made.source.name
    source.write_bytes(made.source.read_bytes())
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_folder)], check=True)
    with pytest.raises(LabError, match="Read-only file system"):
        bring_up(load(source))
    assert left_since(clean_machine) == {}


@pytest.fixture
def foreign(topology: Make, docker: Docker, lab_name: str) -> Iterator[str]:
    """A container, a network and a link that only look like a lab's."""
    client = docker_sdk.from_env()
    name = f"dpulab-{lab_name}-h1"
    device = f"f{lab_name[-6:]}"
    container = client.containers.run(
        "dpulab/base", ["sleep", "100"], name=name, network_mode="none", detach=True
    )
    network = client.networks.create(name, internal=True)
    with IPRoute() as netlink:
        netlink.link("add", ifname=device, kind="bridge")
        (index,) = netlink.link_lookup(ifname=device)
        netlink.link("set", index=index, ifalias=f"dpulab:{lab_name}x:h1")
        yield device
        netlink.link("del", index=index)
    container.remove(force=True)
    network.remove()
    client.close()


def test_what_is_not_ours_stays(topology: Make, foreign: str, lab_name: str) -> None:
    made = topology()
    with pytest.raises(LabError, match=f"dpulab-{lab_name}-h1 exists already"):
        bring_up(made)
    session.down(made.name)
    client = docker_sdk.from_env()
    assert client.containers.get(f"dpulab-{lab_name}-h1").status == "running"
    assert client.networks.list(names=[f"dpulab-{lab_name}-h1"])
    client.close()
    assert ends.exists(OWN_NAMESPACE, foreign)


def test_the_management_network_of_somebody_else_is_refused_and_kept(
    topology: Make, lab_name: str, clean_machine: MachineState
) -> None:
    client = docker_sdk.from_env()
    network = client.networks.create(f"dpulab-{lab_name}", internal=True)
    try:
        made = topology("topology: {nodes: {a: {kind: linux, image: dpulab/base}}}")
        with pytest.raises(LabError, match="belongs to something else than dpulab"):
            bring_up(made)
        assert client.networks.get(str(network.id))
    finally:
        network.remove()
        client.close()


def test_a_lab_of_another_file_is_not_replaced(topology: Make, tmp_path: Path) -> None:
    lab = bring_up(topology())
    other = tmp_path / "other"
    other.mkdir()
    copy = other / "copy.clab.yml"
    copy.write_bytes(lab.topology.source.read_bytes())
    with pytest.raises(LabError, match=f"is up from another file: {lab.topology.source}"):
        bring_up(load(copy))
    assert pings(lab, "h1", "10.9.1.2")


def test_a_full_run_folder_is_told(
    topology: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = topology()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("lab.ownership.RUN", tmp_path / "file")
    with pytest.raises(LabError, match=r"cannot write .*file"):
        NetOps().begin(made.name)
