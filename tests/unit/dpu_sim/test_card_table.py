"""The card table that the lab writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim import card as module
from dpu_sim.card import CardError, CardTable, load_card, parse_card


def entry(pf: Any = 0, vf: Any = 0, **changes: Any) -> dict[str, Any]:
    """One wired function as the lab writes it."""
    name = f"pf{pf}" if vf is None else f"pf{pf}vf{vf}"
    return {
        "representor": name,
        "pf": pf,
        "vf": vf,
        "opi": {"port_id": 0, "physical_function": pf, "virtual_function": 0},
        "lif": 2,
        "address": f"0000:03:02.{vf or 0}",
        "host": "host1",
        "host_interface": "eth1",
    } | changes


def table(*functions: dict[str, Any]) -> bytes:
    """A card table with these functions."""
    return json.dumps(
        {"personality": "generic", "uplinks": ["p0"], "functions": functions}
    ).encode()


def test_reads_what_the_lab_writes() -> None:
    card = parse_card(table(entry(), entry(vf=1), entry(vf=None, address="0000:03:00.0")), "c")
    assert card.personality == "generic"
    assert card.uplinks == ("p0",)
    assert [(f.pf, f.vf, f.representor) for f in card.functions] == [
        (0, 0, "pf0vf0"),
        (0, 1, "pf0vf1"),
        (0, None, "pf0"),
    ]
    assert card.functions[0].opi.port_id == 0


def test_keys_of_a_newer_lab_are_ignored() -> None:
    assert parse_card(table(entry(queue_pairs=4)), "c").functions[0].lif == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "c.json: the file: Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (b"[]", "c.json: the file: "),
        (table(entry(pf="0")), "c.json: functions.0.pf: Input should be a valid integer"),
        (table(entry(vf=64)), "c.json: functions.0.vf: Input should be less than 64"),
        (table(entry(address="03:02.0")), "c.json: functions.0.address: String should match"),
        (
            table(entry(), entry(address="0000:03:02.7")),
            "c.json: the file: function (0, 0) occurs 2",
        ),
        (
            table(entry(), entry(vf=1, address="0000:03:02.0")),
            "c.json: the file: address 0000:03:02.0",
        ),
        (table(entry(), entry(vf=1, representor="pf0vf0")), "c.json: the file: representor pf0vf0"),
    ],
)
def test_bad_table_is_named_with_its_field(data: bytes, message: str) -> None:
    with pytest.raises(CardError) as caught:
        parse_card(data, "c.json")
    assert str(caught.value).startswith(message)


def test_absent_table_is_fine_in_the_default_place_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = tmp_path / "card.json"
    monkeypatch.setattr(module, "DEFAULT_PATH", absent)
    assert load_card(None) is None
    with pytest.raises(CardError, match="no such card table"):
        load_card(absent)
    absent.write_bytes(table(entry()))
    loaded = load_card(None)
    assert loaded is not None
    assert loaded.functions[0].host == "host1"


def test_unreadable_table(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="cannot be read: Is a directory"):
        load_card(tmp_path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["functions", "pf", "vf", "opi", "lif", "uplinks", "address"]), inner
        )
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_gives_a_table_or_an_error(value: object) -> None:
    complaint = "c: "
    try:
        assert isinstance(parse_card(json.dumps(value).encode(), "c"), CardTable)
    except CardError as error:
        complaint = str(error)
    assert complaint.startswith("c: ")
