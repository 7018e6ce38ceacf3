"""A management subnet never overlaps what is taken, whatever that is."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.engine.mgmt import POOL, free_subnet
from lab.errors import LabError

NEAR_THE_POOL = st.builds(
    lambda address, length: IPv4Network(
        (int(POOL.network_address) + address, length), strict=False
    ),
    st.integers(0, 2**16 - 1),
    st.integers(17, 32),
)


@settings(max_examples=100)
@given(st.lists(NEAR_THE_POOL, max_size=20))
def test_it_overlaps_nothing_and_is_the_first_such(taken: list[IPv4Network]) -> None:
    try:
        found = free_subnet(taken)
    except LabError:
        found = None
    free = (
        one for one in POOL.subnets(new_prefix=24) if not any(one.overlaps(each) for each in taken)
    )
    assert found == next(free, None)


def test_ipv6_takes_nothing() -> None:
    assert free_subnet([IPv6Network("::/0")]) == IPv4Network("10.213.0.0/24")


def test_when_all_is_taken_the_hint_says_what_to_do() -> None:
    with pytest.raises(LabError) as caught:
        free_subnet([IPv4Network("10.0.0.0/8")])
    assert str(caught.value) == (
        "no free management subnet in 10.213.0.0/16\n"
        "  hint: take labs down that you no longer need, or set mgmt.ipv4-subnet in the topology "
        "file"
    )
