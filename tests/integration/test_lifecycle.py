"""A lab comes up, is repaired, keeps its links over a node's death, and goes without a trace."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.engine import session
from lab.errors import LabError
from lab.runtime.docker_engine import Docker
from lab.topology.model import Topology
from tests.integration.conftest import TWO_HOSTS, Recorder, bring_up, pings
from tests.integration.machine import MachineState, left_since, snapshot

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]


def test_hosts_talk_over_ipv4_and_ipv6_and_nothing_remains(
    topology: Make, clean_machine: MachineState
) -> None:
    made = topology()
    lab = bring_up(made)
    assert pings(lab, "h1", "10.9.1.2")
    assert pings(lab, "h2", "fd09:1::1")
    assert snapshot().leftovers(clean_machine)["containers"] == [
        f"dpulab-{made.name}-h1",
        f"dpulab-{made.name}-h2",
    ]
    assert session.down(made.name)
    assert not (made.source.parent / f"dpulab-{made.name}").exists()


def test_a_second_up_changes_nothing(topology: Make, docker: Docker) -> None:
    made = topology()
    bring_up(made)
    pids = [one.pid for one in docker.containers(made.name)]
    again = Recorder()
    _, changed = session.up(made, again)
    assert not changed
    assert [one.pid for one in docker.containers(made.name)] == pids
    assert again.notes["start:h1"] == "runs"
    assert again.notes["link:h1:eth1"] == "whole"


def test_ends_have_mtu_mac_alias_and_offloads(topology: Make) -> None:
    lab = bring_up(
        topology("""
        topology:
          defaults:
            {kind: linux, image: dpulab/base, network-mode: none, labels: {dpulab.role: host}}
          nodes: {h1: {}, h2: {}}
          links:
            - type: veth
              mtu: 1600
              endpoints:
                - {node: h1, interface: eth1, mac: "02:00:00:00:00:11"}
                - {node: h2, interface: eth1}
        """)
    )
    shown = lab.node("h1").exec(["ip", "-d", "link", "show", "eth1"]).stdout
    assert "mtu 1600" in shown
    assert "02:00:00:00:00:11" in shown
    assert f"alias dpulab:{lab.topology.name}:h1:eth1" in shown
    features = lab.node("h2").exec(["ethtool", "-k", "eth1"]).stdout
    assert re.search(r"^tx-checksumming: off", features, re.MULTILINE)
    assert re.search(r"^generic-receive-offload: on", features, re.MULTILINE)


@pytest.mark.parametrize("kill", [True, False], ids=["SIGKILL", "stop"])
def test_a_node_comes_back_with_its_links(topology: Make, kill: bool) -> None:
    lab = bring_up(topology())
    h2 = lab.node("h2")
    assert h2.exec(["ip", "route", "add", "192.0.2.0/24", "via", "10.9.1.1"]).exit_code == 0
    lab.stop_node("h1", kill=kill)
    lab.start_node("h1")
    assert pings(lab, "h1", "10.9.1.2")
    assert pings(lab, "h1", "fd09:1::2")
    # the far end was never taken down: what was configured on it is still there
    assert "192.0.2.0/24" in h2.exec(["ip", "route"]).stdout


def test_up_repairs_a_removed_container_and_a_deleted_link(topology: Make, docker: Docker) -> None:
    made = topology()
    lab = bring_up(made)
    docker.remove(made.container_name("h1"))
    assert lab.node("h2").exec(["ip", "link", "del", "eth1"]).exit_code == 0
    repaired = Recorder()
    _, changed = session.up(made, repaired)
    assert changed
    assert repaired.notes["start:h1"] == "started"
    assert repaired.notes["start:h2"] == "runs"
    assert repaired.notes["link:h1:eth1"] == "created"
    assert pings(lab, "h1", "10.9.1.2")


def test_up_follows_a_changed_file(topology: Make, docker: Docker) -> None:
    made = topology()
    bring_up(made)
    pid = {one.node: one.pid for one in docker.containers(made.name)}
    changed = topology(
        TWO_HOSTS.replace("h2: {}", "h2: {env: {COLOUR: green}}\n    h3: {}"), made.name
    )
    lab = bring_up(changed)
    after = {one.node: one.pid for one in docker.containers(made.name)}
    assert after["h1"] == pid["h1"]
    assert after["h2"] != pid["h2"]
    assert lab.node("h2").exec(["printenv", "COLOUR"]).stdout == "green\n"
    assert pings(lab, "h1", "10.9.1.2")
    bring_up(topology(TWO_HOSTS, made.name))
    assert {one.node for one in docker.containers(made.name)} == {"h1", "h2"}


def test_two_labs_from_one_file(
    topology: Make, lab_name: str, docker: Docker, clean_machine: MachineState
) -> None:
    body = TWO_HOSTS.replace("    network-mode: none\n", "")
    one, other = topology(body, f"{lab_name}a"), topology(body, f"{lab_name}b")
    first, second = bring_up(one), bring_up(other)
    assert pings(first, "h1", "10.9.1.2")
    assert pings(second, "h1", "10.9.1.2")
    assert (
        first.mgmt_address("h1").rpartition(".")[0] != second.mgmt_address("h1").rpartition(".")[0]
    )
    session.down(one.name)
    assert pings(second, "h1", "10.9.1.2")
    session.down(other.name)


def test_a_failing_command_rolls_everything_back(
    topology: Make, clean_machine: MachineState
) -> None:
    made = topology(TWO_HOSTS.replace("h2: {}", "h2: {exec: [ip route add nonsense]}"))
    with pytest.raises(LabError, match=r"h2: `ip route add nonsense` failed with exit code"):
        bring_up(made)
    assert left_since(clean_machine) == {}


def test_a_failing_repair_leaves_the_rest_of_the_lab(topology: Make, docker: Docker) -> None:
    made = topology()
    bring_up(made)
    broken = topology(TWO_HOSTS.replace("h2: {}", "h2: {}\n    h3: {exec: ['false']}"), made.name)
    with pytest.raises(LabError, match=r"h3: `false` failed"):
        bring_up(broken)
    assert {one.node for one in docker.containers(made.name)} == {"h1", "h2"}
    assert pings(session.open_lab(made.name), "h1", "10.9.1.2")


def test_a_container_that_ends_at_once_is_an_error_with_its_words(
    topology: Make, clean_machine: MachineState
) -> None:
    made = topology("""
        topology:
          defaults: {kind: linux}
          nodes:
            job: {image: dpulab/base, network-mode: none, cmd: "sh -c 'echo no license; exit 7'"}
    """)
    with pytest.raises(LabError) as caught:
        bring_up(made)
    assert "job ended" in caught.value.message
    assert "no license" in caught.value.hint


def test_the_lock_names_its_holder(topology: Make) -> None:
    lab = bring_up(topology())
    name = lab.topology.name
    with lab.locked("node stop h1"), pytest.raises(LabError) as caught:
        session.down(name)
    assert re.search(
        rf"lab {name} is being changed by `dpulab node stop h1` \(pid \d+\)", caught.value.message
    )


def test_stages_wait_for_each_other(topology: Make, recorder: Recorder) -> None:
    made = topology("""
        topology:
          defaults: {kind: linux, image: dpulab/base, network-mode: none}
          nodes:
            server:
              labels: {dpulab.ready: file}
              cmd: sh -c 'sleep 0.5; mkdir -p /run/dpulab; touch /run/dpulab/ready; sleep 1000'
            client:
              stages:
                create:
                  wait-for: [{node: server, stage: healthy}]
    """)
    bring_up(made, recorder)
    order = recorder.order
    assert order.index("end ready:server") < order.index("start start:client")


def test_stage_commands_run_before_and_after_the_work_of_their_stage(topology: Make) -> None:
    lab = bring_up(
        topology("""
        topology:
          defaults: {kind: linux, image: dpulab/base, network-mode: none}
          nodes:
            n1:
              exec: [sh -c 'echo exec >> /tmp/order']
              stages:
                create:
                  exec: {on-exit: [sh -c 'echo created >> /tmp/order']}
                create-links:
                  exec: {on-enter: [sh -c 'ip -o link | grep -c eth1 >> /tmp/order || true']}
                configure:
                  exec:
                    on-enter: [sh -c 'echo enter >> /tmp/order']
                    on-exit: [sh -c 'echo exit >> /tmp/order']
                healthy:
                  exec: {on-exit: [sh -c 'echo healthy >> /tmp/order']}
            n2: {}
          links: [{endpoints: ["n1:eth1", "n2:eth1"], mtu: 1500}]
        """)
    )
    order = lab.node("n1").get("/tmp/order").decode().split()
    assert order == ["created", "0", "enter", "exec", "exit", "healthy"]


def test_the_network_of_dpus_is_closed(topology: Make) -> None:
    lab = bring_up(
        topology("""
        topology:
          defaults: {kind: linux}
          nodes:
            a: {image: dpulab/base}
            b: {image: dpulab/base}
    """)
    )
    routes = lab.node("a").exec(["ip", "route"]).stdout
    assert "default" not in routes
    assert not pings(lab, "a", lab.mgmt_address("b"))


def test_published_ports_answer_on_loopback_only(topology: Make) -> None:
    bring_up(
        topology("""
        topology:
          defaults: {kind: linux}
          nodes:
            web:
              image: dpulab/base
              ports: ["18765:8000"]
              cmd: python3 -m http.server 8000
    """)
    )
    deadline = time.monotonic() + 10
    while not (answer := ask_http(18765)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert answer.startswith(b"HTTP/1.0 200")
    listening = Path("/proc/net/tcp").read_text()
    assert f"0100007F:{18765:04X}" in listening
    assert f"00000000:{18765:04X}" not in listening


def ask_http(port: int) -> bytes:
    """The start of the answer, empty while nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return client.recv(100)
    except OSError:
        return b""
