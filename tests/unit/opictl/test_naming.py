"""Names as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi.resources import resources
from opictl.areas import find_kind, find_noun
from opictl.errors import CommandError
from opictl.naming import full_name, parent_name, short
from opictl.vocabulary import AREAS

KINDS = list(resources().types)
IDS = st.from_regex(r"[a-z][a-z0-9-]{2,20}[a-z0-9]", fullmatch=True)


@settings(max_examples=200)
@given(st.sampled_from(KINDS), st.data())
def test_short_names_and_whole_ones_mean_the_same(kind: object, data: st.DataObject) -> None:
    from opi.resources import ResourceType

    assert isinstance(kind, ResourceType)
    ids = [data.draw(IDS) for _ in range(kind.pattern.variables)]
    name = kind.pattern.format(*ids)
    assert full_name(kind, name) == name
    assert full_name(kind, "/".join(ids)) == name
    assert full_name(kind, f"//example.org/{name}") == name
    assert short(kind, name) == "/".join(ids)
    assert full_name(kind, short(kind, name)) == name
    if kind.is_child:
        parent = parent_name(kind, "/".join(ids[:-1]), resources())
        assert full_name(kind, ids[-1], parent) == name


@pytest.mark.parametrize("text", ["", "a b", "a/b/c", "nvmeSubsystems/", "../x", "x\n"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(CommandError):
        full_name(resources().kind("NvmeSubsystem"), text)


@pytest.mark.parametrize(
    ("area", "word", "noun"),
    [
        ("storage", "subsystem", "subsystem"),
        ("storage", "subsystems", "subsystem"),
        ("storage", "sub", "subsystem"),
        ("storage", "nvme-subsystem", "subsystem"),
        ("storage", "ns", "namespace"),
        ("evpn", "lb", "logical-bridge"),
        ("evpn", "svis", "svi"),
        ("ipsec", "policies", "policy"),
        ("ipsec", "peer", "ike-peer"),
        ("cloud", "security-policies", "security-policy"),
        ("netif", "interface", "interface"),
    ],
)
def test_nouns_have_plurals_and_short_forms(area: str, word: str, noun: str) -> None:
    assert find_noun(AREAS[area], word) == noun


@pytest.mark.parametrize("word", ["NvmeSubsystem", "nvmesubsystem", "subsystem"])
def test_kinds_are_found_by_name_and_noun(word: str) -> None:
    assert find_kind(word) is not None
    assert find_kind(f"{word}x") is None
