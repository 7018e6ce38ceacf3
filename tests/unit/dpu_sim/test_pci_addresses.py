"""The address rule of the card's functions."""

from __future__ import annotations

import re

import pytest

from dpu_sim.pci import MAX_PHYSICAL_FUNCTIONS, MAX_VIRTUAL_FUNCTIONS, function_address

ALL = [
    (pf, vf) for pf in range(MAX_PHYSICAL_FUNCTIONS) for vf in (None, *range(MAX_VIRTUAL_FUNCTIONS))
]


@pytest.mark.parametrize(
    ("pf", "vf", "address"),
    [
        (0, None, "0000:03:00.0"),
        (1, None, "0000:03:00.1"),
        (0, 0, "0000:03:02.0"),
        (0, 9, "0000:03:03.1"),
        (1, 0, "0000:03:0a.0"),
        (3, 47, "0000:03:1f.7"),
        (3, 48, "0000:04:00.0"),
        (7, 63, "0000:05:01.7"),
    ],
)
def test_rule(pf: int, vf: int | None, address: str) -> None:
    assert function_address(pf, vf) == address


def test_no_two_functions_share_an_address() -> None:
    addresses = {function_address(pf, vf) for pf, vf in ALL}
    assert len(addresses) == len(ALL)


def test_addresses_give_back_their_function() -> None:
    for pf, vf in ALL:
        match = re.fullmatch(r"0000:(\w\w):([01]\w)\.([0-7])", function_address(pf, vf))
        assert match is not None
        bus, device, function = (int(part, 16) for part in match.groups())
        offset = (bus - 3) * 256 + device * 8 + function
        assert (offset < 16) == (vf is None)
        back = (offset, None) if vf is None else divmod(offset - 16, 64)
        assert back == (pf, vf)


@pytest.mark.parametrize(("pf", "vf"), [(-1, None), (8, None), (0, -1), (0, 64)])
def test_functions_that_no_card_has(pf: int, vf: int | None) -> None:
    with pytest.raises(ValueError, match="is not in 0"):
        function_address(pf, vf)
