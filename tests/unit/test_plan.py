"""What a plan does before what: an operation that runs too early proves the wrong thing."""

from __future__ import annotations

from graphlib import CycleError
from pathlib import Path

import pytest

from lab.plan import Operation, build, verification_pairs
from lab.topology.model import (
    Endpoint,
    Link,
    LinkType,
    Node,
    Role,
    Stage,
    StageRule,
    Topology,
)


def behind_dpus(*wiring: str, cut_off: str = "", stages: tuple[StageRule, ...] = ()) -> Topology:
    """ "h1 d1" puts host h1 behind DPU d1; every DPU is wired to the leaf."""
    hosts = dict(each.split() for each in wiring)
    nodes = {"leaf": Node("leaf", role=Role.ROUTER, network_mode="none", stages=stages)}
    links = []
    for number, dpu in enumerate(sorted(set(hosts.values())), start=1):
        nodes[dpu] = Node(dpu, role=Role.DPU, startup_config=f"/{dpu}.yml")
        links.append(_wire(f"leaf:eth{number}", f"{dpu}:p0"))
    for number, (host, dpu) in enumerate(hosts.items()):
        nodes[host] = Node(host, role=Role.HOST, network_mode="none", verify=host != cut_off)
        links.append(_wire(f"{dpu}:pf0vf{number}", f"{host}:eth1"))
    return Topology("t", Path("/t.clab.yml"), nodes=nodes, links=tuple(links))


def _wire(a: str, b: str) -> Link:
    return Link(LinkType.VETH, _end(a), _end(b))


def _end(place: str) -> Endpoint:
    node, interface = place.split(":")
    return Endpoint(node, interface, ipv4="192.0.2.1/24")


def operations(topology: Topology) -> dict[str, Operation]:
    return {operation.id: operation for operation in build(topology).operations}


def test_every_operation_comes_after_all_that_it_needs() -> None:
    done: set[str] = set()
    for operation in build(behind_dpus("h1 d1", "h2 d2")).operations:
        assert operation.needs <= done
        done.add(operation.id)
    assert {"network", "verify", "intents:d1", "link:d1:pf0vf0"} <= done


def test_a_link_needs_both_ends_and_a_node_is_configured_once_all_its_links_exist() -> None:
    planned = operations(behind_dpus("h1 d1", "h2 d2"))
    assert planned["link:d1:pf0vf0"].needs == {"start:d1", "start:h1"}
    assert planned["links:d1"].needs == {"start:d1", "link:leaf:eth1", "link:d1:pf0vf0"}
    assert planned["configure:d1"].needs == {"links:d1"}
    assert planned["ready:d1"].needs == {"configure:d1"}


def test_only_what_sits_on_the_management_network_waits_for_it() -> None:
    planned = operations(behind_dpus("h1 d1", "h2 d2"))
    assert planned["start:d1"].needs == {"network"}
    assert planned["start:h1"].needs == frozenset()


def test_forwarding_is_verified_last() -> None:
    needs = operations(behind_dpus("h1 d1", "h2 d2"))["verify"].needs
    assert needs == {"ready:leaf", "intents:d1", "intents:d2", "ready:h1", "ready:h2"}


@pytest.mark.parametrize(
    ("wiring", "cut_off", "pairs"),
    [
        (("h1 d1", "h2 d2"), "", [("h1", "h2")]),
        (("h1 d1", "h2 d2"), "h2", []),
        (("h1 d1", "h2 d1"), "", []),
        (("h1 d1",), "", []),
        (("h1 d1", "h2 d2", "h3 d3"), "", [("h1", "h2"), ("h2", "h3"), ("h3", "h1")]),
        (("h1 d1", "h2 d1", "h3 d2"), "", [("h2", "h3"), ("h3", "h1")]),
    ],
)
def test_hosts_are_verified_in_a_ring_and_only_across_two_dpus(
    wiring: tuple[str, ...], cut_off: str, pairs: list[tuple[str, str]]
) -> None:
    assert list(verification_pairs(behind_dpus(*wiring, cut_off=cut_off))) == pairs


@pytest.mark.parametrize(
    ("stage", "operation"),
    [
        (Stage.CREATE, "start:leaf"),
        (Stage.CREATE_LINKS, "link:leaf:eth1"),
        (Stage.CONFIGURE, "configure:leaf"),
        (Stage.HEALTHY, "ready:leaf"),
    ],
)
def test_a_stage_waits_for_the_stages_of_others(stage: Stage, operation: str) -> None:
    rule = StageRule(stage, wait_for=(("h1", Stage.CREATE),))
    plain = operations(behind_dpus("h1 d1"))
    waiting = operations(behind_dpus("h1 d1", stages=(rule,)))
    assert waiting[operation].needs == plain[operation].needs | {"start:h1"}


def test_nodes_that_wait_for_each_other_have_no_plan() -> None:
    rule = StageRule(Stage.CREATE, wait_for=(("leaf", Stage.HEALTHY),))
    with pytest.raises(CycleError):
        build(behind_dpus("h1 d1", stages=(rule,)))
