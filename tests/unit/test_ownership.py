"""The marks by which `down` finds what is ours: unique, and within the kernel's limits."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lab import ownership

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


@settings(max_examples=100)
@given(NAMES, NAMES, NAMES)
def test_marks_fit_the_kernel(lab: str, node: str, interface: str) -> None:
    alias = ownership.link_alias(lab, node, interface[:15])
    assert len(alias) < 256  # IFALIASZ
    assert alias.startswith(ownership.alias_prefix(lab))
    device = ownership.machine_interface(lab, node, interface)
    assert len(device) <= 15  # IFNAMSIZ, less its zero byte
    assert device.isalnum()


@settings(max_examples=100)
@given(NAMES, NAMES)
def test_no_lab_sees_the_marks_of_another(one: str, other: str) -> None:
    belongs = ownership.link_alias(one, "n", "eth1").startswith(ownership.alias_prefix(other))
    assert belongs == (one == other)


def test_devices_of_different_ends_have_different_names() -> None:
    ends = [("a", "b", "c"), ("a", "bc", ""), ("a", "b", "d"), ("x", "b", "c"), ("a", "c", "b")]
    assert len({ownership.machine_interface(*end) for end in ends}) == len(ends)


def test_an_alias_without_interface_has_no_dangling_colon() -> None:
    assert ownership.link_alias("lab", "node") == "dpulab:lab:node"


def test_everything_of_a_lab_is_in_its_folder() -> None:
    folder = ownership.lab_folder("lab")
    assert ownership.pin_path("lab", "node").is_relative_to(folder)
    assert ownership.state_path("lab").is_relative_to(folder)
