"""Namespace work in a child process: the same methods, values and errors as in this one."""

from __future__ import annotations

import inspect
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from lab.engine import session
from lab.engine.session import LabSession
from lab.errors import LabError, UnsupportedError
from lab.links import agent
from lab.links.netops import NetOps
from lab.ownership import RUN
from lab.topology.model import Endpoint, Impairment, Link, LinkType, Topology
from tests.integration.conftest import TWO_HOSTS, Recorder, pings

pytestmark = pytest.mark.integration

Make = Callable[..., Topology]

AGENT = [sys.executable, "-m", "lab.links.agent"]
METHODS = [name for name, _ in inspect.getmembers(NetOps, inspect.isfunction) if name[0] != "_"]

SAMPLES: dict[Any, Any] = {
    str: "text",
    int: 7,
    bool: True,
    list[str]: ["one", "two"],
    Impairment: Impairment(loss=0.25, seed=2**31),
    Link: Link(
        LinkType.VETH,
        Endpoint("a", "eth1", mac="02:00:00:00:00:01", impairment=Impairment(delay_us=5)),
        Endpoint("b", "eth1", ipv6="fd00::1/64"),
    ),
    Topology: Topology("t", Path("/a/t.clab.yml")),
}
"""One value of every type that a method may take; a new type belongs here."""


@pytest.fixture(scope="module")
def remote() -> NetOps:
    """NetOps in a child process."""
    return agent.through(AGENT)


@pytest.mark.parametrize("method", METHODS)
def test_arguments_of_every_method_survive_the_way(method: str) -> None:
    """What is sent as JSON is read back, by the annotations alone, as what it was."""
    function = getattr(NetOps, method)
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)[1:]
    assert set(hints) == {*names, "return"}, "every parameter and the result need a type"
    for name in names:
        sample = SAMPLES[hints[name]]
        assert TypeAdapter(hints[name]).validate_python(to_jsonable_python(sample)) == sample
    TypeAdapter(hints["return"]).json_schema()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_called_with_what_was_given(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    function = getattr(NetOps, method)
    hints = get_type_hints(function)
    hints.pop("return")

    def record(_: NetOps, **arguments: Any) -> None:
        given.update(arguments)

    record.__annotations__ = function.__annotations__
    samples = {name: SAMPLES[hint] for name, hint in hints.items()}
    agent._adapters(method)  # of the real method: those of the stand-in would be empty
    monkeypatch.setattr(NetOps, method, record)
    reply = agent._answer(NetOps(), method, to_jsonable_python(samples))
    assert reply == {"result": None}
    assert given == samples


@pytest.fixture
def remote_lab(
    topology: Make, remote: NetOps, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LabSession]:
    """A lab whose namespace work is all done by the child."""
    monkeypatch.setattr(session, "connect", lambda: remote)
    made = topology(TWO_HOSTS.replace("h2: {}", "h2: {}\n    sw: {kind: bridge}"))
    lab, _ = session.up(made, Recorder())
    yield lab
    session.down(made.name)


def test_a_lab_lives_its_life_through_the_agent(remote_lab: LabSession) -> None:
    lab = remote_lab
    assert pings(lab, "h1", "10.9.1.2")
    lab.set_link("h1", "eth1", up=False)
    assert not pings(lab, "h1", "10.9.1.2")
    lab.set_link("h1", "eth1", up=True)
    lab.impair("h2", "eth1", Impairment(loss=1.0))
    assert not pings(lab, "h1", "10.9.1.2")
    lab.impair("h2", "eth1", Impairment())
    lab.stop_node("h1", kill=True)
    lab.start_node("h1")
    assert pings(lab, "h1", "10.9.1.2")
    local = NetOps()
    assert lab.net.impairments(lab.topology) == local.impairments(lab.topology)
    assert lab.net.nodes(lab.topology.name) == ["h1", "h2", "sw"]
    assert lab.net.counters(lab.topology, "h1", "eth1")["rx_packets"] > 0
    assert lab.net.link_is_whole(lab.topology, lab.topology.links[0])


def outcome(net: NetOps, method: str, *arguments: Any) -> tuple[Any, ...]:
    """Type and words of the error that a call raises."""
    with pytest.raises(LabError) as caught:
        getattr(net, method)(*arguments)
    error = caught.value
    return type(error), error.message, error.hint, getattr(error, "capability", "")


def test_errors_are_the_same_on_both_sides(remote_lab: LabSession, remote: NetOps) -> None:
    made, local = remote_lab.topology, NetOps()
    foreign_name = replace(made.links[0], a=Endpoint("h1", "lo"))
    missing_parent = Link(LinkType.MACVLAN, Endpoint("h1", "m0"), host_interface="none7")
    calls: list[tuple[Any, ...]] = [
        ("set_link", made, "h1", "eth9", False),
        ("ensure_link", made, missing_parent),
        ("ensure_link", made, foreign_name),
        ("attach", made.name, "h9", 2**22 + 1),
    ]
    for call in calls:
        assert outcome(remote, *call) == outcome(local, *call)


def test_missing_capabilities_keep_their_name(remote_lab: LabSession, remote: NetOps) -> None:
    link = Link(LinkType.DUMMY, Endpoint("h1", "d0"))
    try:
        NetOps().ensure_link(remote_lab.topology, link)
    except UnsupportedError:
        assert outcome(remote, "ensure_link", remote_lab.topology, link)[3] == "dummy"
    else:
        pytest.skip("this kernel has dummy links: nothing is missing that could be asked for")


def test_what_the_kernel_refuses_is_a_lab_error_and_does_not_end_the_agent(
    remote_lab: LabSession, remote: NetOps
) -> None:
    made = remote_lab.topology
    end = Endpoint("h1", "eth1", mac="ff:ff:ff:ff:ff:ff")  # multicast: EADDRNOTAVAIL
    refused = replace(made.links[0], a=end)
    assert "cannot configure h1:eth1" in outcome(remote, "ensure_link", made, refused)[1]
    assert remote.ping()


def test_a_defect_in_the_agent_is_told_and_does_not_end_it(remote: NetOps) -> None:
    words = outcome(remote, "attach", "lab", "node", "not a number")
    assert "ValidationError" in words[1]
    assert "defect" in words[2]
    assert remote.ping()


def test_only_public_methods_can_be_asked_for(remote: NetOps) -> None:
    with pytest.raises(LabError, match="no such privileged operation: __init__"):
        agent._invoke(NetOps(), "__init__", {})


def test_keyword_arguments_reach_the_agent(remote: NetOps, lab_name: str) -> None:
    remote.lock(lab=lab_name, purpose="test")
    assert (RUN / ".locks" / lab_name).exists()
    remote.unlock(lab=lab_name)
    assert not (RUN / ".locks" / lab_name).exists()


HOLDER = """
import sys, time
from lab.links import agent
net = agent.through([sys.executable, "-m", "lab.links.agent"])
net.lock(sys.argv[1], "test")
print(net._child.pid, flush=True)
time.sleep(60)
"""


def test_the_agent_and_its_lock_go_with_the_parent(lab_name: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, lab_name], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        child = Path(f"/proc/{holder.stdout.readline().strip()}")
        assert "is being changed by `dpulab test`" in outcome(NetOps(), "lock", lab_name, "x")[1]
        holder.kill()
        holder.wait()
        deadline = time.monotonic() + 5
        while child.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not child.exists()
    local = NetOps()
    local.lock(lab_name, "test")
    local.unlock(lab_name)


def test_a_child_that_cannot_start_says_what_is_needed() -> None:
    denied = agent.through(["sh", "-c", "exit 1"])
    assert "needs root" in outcome(denied, "ping")[1]
