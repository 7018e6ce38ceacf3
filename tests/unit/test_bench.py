"""The parts of the up/down benchmark that decide whether it compares like with like."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from bench.up_down import Way, bare_name, chain, docker_commands, measure, report, write_topology
from lab.engine.specs import container_spec
from lab.topology.model import Role


def test_bare_containers_get_what_the_engine_asks_for(tmp_path: Path) -> None:
    topology = write_topology(tmp_path, "bench-test", 2)
    first, second = docker_commands(topology, "sha256:0")
    spec = container_spec(topology, topology.nodes["n0"], "", "sha256:0", {})
    assert topology.nodes["n0"].role is Role.HOST
    for flag, values in (("cap-drop", spec.cap_drop), ("cap-add", spec.cap_add)):
        assert [word for word in first if word.startswith(f"--{flag}=")] == [
            f"--{flag}={value}" for value in values
        ]
    assert {f"--sysctl={name}={value}" for name, value in spec.sysctls.items()} <= set(first)
    assert first[first.index("--network") + 1] == spec.network == "none"
    assert first[-1] == second[-1] == spec.image


def test_bare_containers_carry_no_mark_of_a_lab(tmp_path: Path) -> None:
    topology = write_topology(tmp_path, "bench-test", 1)
    (command,) = docker_commands(topology, "sha256:0")
    assert not any(word.startswith(("--label", "dpulab.")) for word in command)
    assert bare_name(topology, "n0") != topology.container_name("n0")


def test_containers_are_timed_without_links_and_the_chain_wires_all(tmp_path: Path) -> None:
    topology = write_topology(tmp_path, "bench-test", 4)
    wired = chain(topology)
    assert topology.links == ()
    assert [(link.a.node, link.b.node) for link in wired.links if link.b] == [
        ("n0", "n1"),
        ("n1", "n2"),
        ("n2", "n3"),
    ]
    ends = [str(end) for link in wired.links for end in link.endpoints]
    assert len(set(ends)) == len(ends) == 6


def test_every_round_begins_with_another_way() -> None:
    order: list[str] = []
    ways = [Way(name, partial(order.append, name), lambda: None) for name in "abc"]
    times = measure(ways, 3)
    assert "".join(order) == "abc" + "bca" + "cab"
    assert {name: len(both) for name, both in times.items()} == {"a": 3, "b": 3, "c": 3}


def test_the_ratio_is_that_of_the_medians(capsys: pytest.CaptureFixture[str]) -> None:
    times = {
        "docker run": [(1.0, 0.5), (2.0, 0.5), (9.0, 0.5)],
        "engine": [(1.0, 0.5), (2.2, 0.5), (50.0, 0.5)],
        "dpulab": [(3.0, 1.0)] * 3,
    }
    assert report(10, times, [0.01, 0.02, 0.03]) == pytest.approx(1.1)
    printed = capsys.readouterr().out
    assert "220 ms" in printed
    assert "3 links in 0.060 s, median 20.0 ms a link" in printed
