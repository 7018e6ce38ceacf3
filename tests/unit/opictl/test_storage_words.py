"""What is typed for the commands that work on several storage resources; how trees are drawn."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opictl.errors import CommandError
from opictl.storage import tree
from opictl.storage.function import Function, function_of, parse_function
from opictl.storage.kinds import kind, message
from opictl.storage.landscape import Found
from opictl.storage.portal import Portal, parse_portal
from opictl.storage.rates import FULL, rate
from opictl.storage.remote import parse_target
from opictl.storage.tree import Branch
from opictl.storage.volumes import limit_texts, parse_limits
from tests.opictl_line import Line

addresses = st.one_of(
    st.builds(IPv4Address, st.integers(0, 2**32 - 1)),
    st.builds(IPv6Address, st.integers(0, 2**128 - 1)),
)
ports = st.integers(1, 65535)

NQN = "nqn.2022-09.io.spdk:disk1"


# -- where


@given(addresses, ports)
def test_a_place_is_read_as_it_is_written(address: IPv4Address | IPv6Address, port: int) -> None:
    place = Portal(str(address), port)
    assert parse_portal(str(place)) == place
    assert parse_portal(str(address)) == Portal(str(address), 4420)


@given(st.text("0123456789abcdef.:[]", max_size=20))
def test_any_text_is_a_place_or_is_refused(text: str) -> None:
    try:
        place = parse_portal(text)
    except CommandError:
        return
    assert 0 < place.port < 65536
    assert parse_portal(str(place)) == place


@pytest.mark.parametrize("text", ["", "host1", "10.0.0.1:0", "10.0.0.1:65536", "[10.0.0.1", "::1]"])
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(CommandError):
        parse_portal(text)


@given(st.integers(0, 255), st.one_of(st.none(), st.integers(0, 255)))
def test_a_function_is_read_as_it_is_written(physical: int, virtual: int | None) -> None:
    function = Function(physical, virtual)
    assert parse_function(str(function)) == function
    spec: Any = message("NvmeController", spec={"pcie_id": function.endpoint()})
    assert function_of(spec.spec.pcie_id) == function


@pytest.mark.parametrize("text", ["", "pf", "pf0vf", "vf1", "pf0vf1n1", "pf-1", "eth1", "pf0 "])
def test_what_is_no_function(text: str) -> None:
    with pytest.raises(CommandError, match="no function of the card"):
        parse_function(text)


def test_a_target_has_an_nqn_and_any_number_of_addresses() -> None:
    nqn, portals = parse_target(f"{NQN}@10.1.0.2,10.2.0.2:4421", ["[fd00::1]:4422", "10.1.0.2"])
    assert nqn == NQN
    assert list(map(str, portals)) == ["10.1.0.2:4420", "10.2.0.2:4421", "[fd00::1]:4422"]


@pytest.mark.parametrize("text", [NQN, f"{NQN}@", "disk1@10.1.0.2", "@10.1.0.2"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(CommandError):
        parse_target(text, [])


# -- how much


@given(
    st.dictionaries(
        st.sampled_from(["rw_iops", "rw_mbs", "rd_mbs", "wr_mbs"]),
        st.integers(1, 10**6),
        min_size=1,
    )
)
def test_limits_are_shown_as_they_are_typed(chosen: dict[str, int]) -> None:
    words = {k: v * 1000 if k == "rw_iops" else v for k, v in chosen.items()}
    text = ",".join(f"{k}={v}" for k, v in words.items())
    limits = message("QosVolume", limits={"max": parse_limits(text)})
    assert set(limit_texts(Found(kind("QosVolume"), limits))) == set(text.split(","))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rw_iops=1500", "a multiple of 1000"),
        ("rw_iops=0", "at least 1"),
        ("rw_iops", "not LIMIT=NUMBER"),
        ("rw_mbs=-1", "not LIMIT=NUMBER"),
        ("iops=1000", "no limit 'iops'"),
        ("rw_mbs=1,rw_bandwidth_mbs=2", "there twice"),
        (",", "no limit is given"),
    ],
)
def test_limits_that_make_no_sense(text: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        parse_limits(text)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [(10, 30, 10.0), (30, 10, 5.0), (0, FULL, None), (FULL, FULL, None), (7, 7, 0.0)],
)
def test_rates_know_counters_that_begin_anew_and_those_that_are_full(
    old: int, new: int, expected: float | None
) -> None:
    assert rate(old, new, seconds=2) == expected


# -- trees


def branch(name: str, *below: Branch) -> Branch:
    volume = kind("MallocVolume")
    return Branch("volume", Found(volume, volume.message(name=name)), {}, below)


def test_a_tree_is_drawn_with_lines_or_without() -> None:
    found = branch("volumes/a", branch("volumes/b", branch("volumes/c")), branch("volumes/d"))
    assert list(tree.lines(found, tree.UNICODE)) == [
        "volume a",
        "├── volume b",
        "│   └── volume c",
        "└── volume d",
    ]
    assert list(tree.lines(found, tree.ASCII)) == [
        "volume a",
        "|-- volume b",
        "|   `-- volume c",
        "`-- volume d",
    ]


# -- mistakes, found before a DPU is asked


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["volume", "create", "vol0"], "how large shall the volume be?"),
        (["volume", "create", "Vol", "--size", "1M"], "NAME must have 4 to 63"),
        (["volume", "create", "v" * 60, "--size", "1M"], "NAME must have 4 to 63"),
        (["volume", "create", "vol0", "--type", "aio"], "needs its file: --path FILE"),
        (["volume", "create", "vol0", "--size", "1M", "--path", "/x"], "--path is for --type aio"),
        (["volume", "create", "vol0", "--size", "1000"], "no whole number of blocks of 512"),
        (["volume", "create", "vol0", "--size", "1M", "--key-file", "k"], "without --encrypt"),
        (["volume", "create", "vol0", "--size", "1M", "--type", "ram"], "'ram' is not one of"),
        (["expose", "vol0", "--listen", "10.0.0.1"], "--to is missing"),
        (["expose", "vol0", "--to", "any", "--listen", "0.0.0.0"], "every address of the DPU"),
        (["attach-remote", NQN], "is not NQN@ADDRESS[:PORT]"),
    ],
)
def test_mistakes_are_told_in_words(words: list[str], error: str, opictl: Line) -> None:
    outcome = opictl("storage", *words)
    assert outcome.code == 2
    assert error in outcome.err
    assert "hint:" in outcome.err


def test_a_key_of_the_wrong_length_is_refused(opictl: Line) -> None:
    Path("short.key").write_bytes(b"x" * 31)
    create = ("storage", "volume", "create", "vol0", "--size", "1M", "--encrypt")
    outcome = opictl(*create, "--key-file", "short.key")
    assert (outcome.code, "32 or 64 bytes, not 31" in outcome.err) == (2, True)
    assert "xxx" not in outcome.err
