"""Tables, documents and JSON; what they hide and what they let through."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opi.manifest import parse
from opi.resources import resources
from opictl import columns
from opictl.columns import columns_of, size_text
from opictl.output import flat, print_list, print_message, print_resource, print_rows, table_lines
from opictl.session import Session, global_options

SUBSYSTEM = resources().kind("NvmeSubsystem")


def session(*flags: str) -> Session:
    command = click.Command("x", params=list(global_options(hidden=False)))
    return Session(command.make_context("x", list(flags)))


def subsystem(**spec: Any) -> Any:
    message: Any = SUBSYSTEM.message()
    message.name = "nvmeSubsystems/sub0"
    for name, value in spec.items():
        setattr(message.spec, name, value)
    return message


@pytest.fixture
def secretive() -> Any:
    return subsystem(nqn="nqn.2022-09.io.spdk:a", psk=b"NVMeTLSkey-1:01:hunter2")


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml", "name"])
def test_secrets_are_not_shown(
    form: str, secretive: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    print_resource(session("-o", form), SUBSYSTEM, secretive)
    print_list(session("-o", form), SUBSYSTEM, [secretive])
    print_message(session("-o", form), secretive)
    out = capsys.readouterr().out
    assert "sub0" in out
    for spelled in ("hunter2", "psk", b"hunter2".hex(), "TlZN"):
        assert spelled not in out


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_secrets_are_shown_to_those_who_ask(
    form: str, secretive: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    print_resource(session("-o", form, "--reveal"), SUBSYSTEM, secretive)
    assert "psk" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml", "name"])
def test_a_server_cannot_control_the_terminal(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nasty = subsystem(nqn="a\x1b[2J\x07b\rc")
    nasty.name = "nvmeSubsystems/\x1b]0;x\x07"
    print_resource(session("-o", form), SUBSYSTEM, nasty)
    print_list(session("-o", form), SUBSYSTEM, [nasty])
    out = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\r"} & set(out)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_what_is_printed_can_be_applied(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    one = subsystem(nqn="nqn.2022-09.io.spdk:a", serial_number="007", max_namespaces=4)
    one.status.firmware_revision = "26.09"
    other = subsystem(nqn="yes")
    other.name = "nvmeSubsystems/sub1"
    print_list(session("-o", form), SUBSYSTEM, [one, other])
    items = parse(capsys.readouterr().out)
    assert [item.name for item in items] == ["nvmeSubsystems/sub0", "nvmeSubsystems/sub1"]
    assert [item.message.spec for item in items] == [one.spec, other.spec]  # type: ignore[attr-defined]


def test_json_is_a_list_for_lists_and_an_object_for_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_list(session("-o", "json"), SUBSYSTEM, [])
    assert json.loads(capsys.readouterr().out) == []
    print_resource(session("-o", "json"), SUBSYSTEM, subsystem(nqn="a"))
    data = json.loads(capsys.readouterr().out)
    assert data == {
        "kind": "NvmeSubsystem",
        "name": "nvmeSubsystems/sub0",
        "spec": {"nqn": "a"},
    }


def test_an_empty_list_says_so_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(session(), SUBSYSTEM, [])
    assert capsys.readouterr() == ("", "note: there is no NvmeSubsystem here\n")


def test_messages_without_anything_set_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(session(), [SUBSYSTEM.message()])
    assert capsys.readouterr().out == "(1 without anything set)\n"


@given(st.lists(st.lists(st.text(max_size=6), min_size=3, max_size=3), min_size=1, max_size=6))
def test_tables_have_a_line_for_each_row(rows: list[list[str]]) -> None:
    lines = table_lines(rows)
    assert len(lines) == len(rows)
    assert all("\n" not in line for line in lines)


@given(st.integers(1, 2**60))
def test_sizes_say_the_number_exactly(count: int) -> None:
    from opi.numbers import parse_size

    assert parse_size(size_text(count), 0, 2**63) == count


@pytest.mark.parametrize("kind", [one.kind for one in resources().types])
def test_columns_can_be_read_from_any_resource(kind: str) -> None:
    """Empty ones too: no path of a column is wrong."""
    found = resources().kind(kind)
    for wide in (False, True):
        for column in columns_of(found, wide=wide):
            assert isinstance(column.text(found.message()), str)


def test_columns_chosen_by_hand_are_of_kinds_that_there_are() -> None:
    assert columns._CHOSEN.keys() <= {one.kind for one in resources().types}


def test_fields_of_an_answer_are_flat() -> None:
    assert dict(flat(subsystem(nqn="a", max_namespaces=2))) == {
        "name": "nvmeSubsystems/sub0",
        "spec.nqn": "a",
        "spec.max_namespaces": "2",
    }


def test_counters_are_shown_at_zero() -> None:
    answer: Any = SUBSYSTEM.methods["Stats"].response()
    answer.stats.read_ops_count = 7
    shown = dict(flat(answer))
    assert len(shown) == len(answer.stats.DESCRIPTOR.fields)
    assert shown["stats.read_ops_count"] == "7"
    assert shown["stats.write_ops_count"] == "0"
