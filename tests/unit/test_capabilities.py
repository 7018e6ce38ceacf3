from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyroute2.netlink.exceptions import NetlinkError

from lab import capabilities
from lab.capabilities import Capability, probe, probe_one, require, unsupported
from lab.errors import LabError, UnsupportedError
from lab.topology.model import Endpoint, Impairment, Kind, Link, LinkType, Node, Topology


def lacking(*names: str) -> list[Capability]:
    links = ("veth", "bridge", "macvlan", "vxlan", "dummy")
    known = (*links, "netem", "tbf", "ebpf", "tun", "fuse", "loop")
    return [Capability(name, name not in names, "not in this kernel", "tests") for name in known]


def topology(*links: Link, **nodes: Node) -> Topology:
    return Topology(name="t", source=Path("/t.clab.yml"), nodes=nodes, links=links)


def link(kind: LinkType = LinkType.VETH, **impairment: float) -> Link:
    far = Endpoint("h2", "eth1") if kind is LinkType.VETH else None
    near = Endpoint("h1", "eth1", impairment=Impairment(**impairment))  # type: ignore[arg-type]
    return Link(kind, near, far)


def test_delay_without_netem_names_the_link_end() -> None:
    (error,) = unsupported(
        topology(link(delay_us=5000, jitter_us=100, loss=0.1)), lacking("netem", "dummy")
    )
    assert error.capability == "netem"
    assert str(error) == (
        "link h1:eth1 -- h2:eth1, leaving h1:eth1: delay 5000 us with jitter 100 us: "
        "delay needs netem, which this kernel lacks\n"
        "  hint: load the module (modprobe sch_netem) or drop delay and jitter; "
        "loss, duplicate, corrupt and rate work without it"
    )


@pytest.mark.parametrize("kind", [LinkType.MACVLAN, LinkType.VXLAN, LinkType.DUMMY])
def test_link_types_name_what_they_need(kind: LinkType) -> None:
    (error,) = unsupported(topology(link(kind)), lacking(kind.value))
    assert str(error) == f"link h1:eth1, type {kind}: needs {kind}: not in this kernel"


@pytest.mark.parametrize("asked", [{"loss": 0.1}, {"duplicate": 0.1}, {"corrupt": 0.1}])
def test_random_impairments_need_ebpf(asked: dict[str, float]) -> None:
    lab = topology(link(LinkType.VETH, **asked))
    assert [error.capability for error in unsupported(lab, lacking("ebpf"))] == ["ebpf"]
    assert unsupported(lab, lacking("netem", "tbf")) == []


def test_rate_needs_tbf() -> None:
    (error,) = unsupported(topology(link(rate_bps=10**6)), lacking("tbf"))
    assert error.message == (
        "link h1:eth1 -- h2:eth1, leaving h1:eth1: needs tbf: not in this kernel"
    )


def test_nodes_name_what_they_need() -> None:
    lab = topology(
        br=Node("br", kind=Kind.BRIDGE), dpu=Node("dpu", devices=("/dev/net/tun:/dev/net/tun",))
    )
    assert [error.message for error in unsupported(lab, lacking("bridge", "tun"))] == [
        "node br: needs bridge: not in this kernel",
        "node dpu, device /dev/net/tun:/dev/net/tun: needs tun: not in this kernel",
    ]


def test_hosts_with_block_devices_need_fuse_and_loop_devices() -> None:
    lab = topology(h1=Node("h1", storage=True), h2=Node("h2"))
    assert [error.message for error in unsupported(lab, lacking("fuse", "loop"))] == [
        "node h1, dpulab.storage: needs fuse: not in this kernel",
        "node h1, dpulab.storage: needs loop: not in this kernel",
    ]


def test_a_machine_that_has_it_all_is_fine() -> None:
    lab = topology(link(LinkType.DUMMY), link(delay_us=1, loss=0.1, rate_bps=10**6))
    assert unsupported(lab, lacking()) == []


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(LabError, match="unknown capability 'netme'") as caught:
        probe_one("netme")
    assert "netem" in caught.value.hint


def test_require_names_capability_and_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {each.name: each for each in lacking("netem")}
    monkeypatch.setattr(capabilities, "probe_one", answers.__getitem__)
    require(["tbf", "veth"])
    with pytest.raises(UnsupportedError) as caught:
        require(["tbf", "netem", "veth"])
    assert caught.value.capability == "netem"
    assert str(caught.value) == (
        "this machine lacks netem: not in this kernel\n"
        "  hint: it is needed for tests; `dpulab doctor` shows the whole table"
    )


def _raising(error: Exception) -> Callable[[], str]:
    def run() -> str:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOENT, "No such file", "/dev/x"), "/dev/x: No such file"),
        (OSError(errno.ENODEV, "No such device"), "No such device"),
        (
            NetlinkError(95, "Operation not supported"),
            "the kernel answers: Operation not supported",
        ),
    ],
)
def test_the_reason_is_the_systems_own(error: Exception, reason: str) -> None:
    found = capabilities._try(capabilities._Probe("x", "y", _raising(error)))
    assert found == Capability("x", False, reason, "y")


def test_a_refusal_to_a_user_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    refusal = PermissionError(errno.EPERM, "Operation not permitted")
    found = capabilities._try(capabilities._Probe("x", "y", _raising(refusal)))
    assert found.reason == "needs root to tell"


def test_probing_is_fast_complete_and_leaves_nothing() -> None:
    def devices() -> set[str]:
        return {path.name for path in Path("/sys/class/net").iterdir() if "probe" in path.name}

    started = time.monotonic()
    table = probe()
    assert time.monotonic() - started < 4  # under 2 s on an idle machine
    assert len({each.name for each in table}) == len(table) >= 29
    assert all(each.reason and each.needed_for for each in table)
    assert devices() == set()
    assert probe_one("cgroup") in table
