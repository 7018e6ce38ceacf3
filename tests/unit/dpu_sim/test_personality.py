"""Personality files: those that ship, and what is said about bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.errors import ConfigError
from dpu_sim.personality import (
    FOLDER,
    Personality,
    known_personalities,
    load_personality,
    parse_personality,
)
from dpu_sim.yaml_model import MAX_FILE_BYTES

GENERIC = (FOLDER / "generic.yml").read_text()


def test_shipped_personalities() -> None:
    assert known_personalities() == ["bluefield", "generic", "ipu", "octeon"]


@pytest.mark.parametrize("name", known_personalities())
def test_shipped_personality_loads(name: str) -> None:
    personality = load_personality(name)
    assert personality.memory.total_usable_mib < personality.memory.total_physical_mib
    assert personality.pci.virtual_functions >= 8


def test_load_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(GENERIC.replace("total_cores: 8", "total_cores: 4"))
    assert load_personality(str(path)).processor.total_cores == 4


def test_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError) as caught:
        load_personality("bluefeld")
    assert str(caught.value) == "unknown personality 'bluefeld'; did you mean bluefield?"


def test_unknown_name_without_a_likeness_gets_the_list() -> None:
    with pytest.raises(ConfigError) as caught:
        load_personality("zzz")
    assert str(caught.value) == (
        "unknown personality 'zzz'; known: bluefield, generic, ipu, octeon"
    )


def test_missing_file() -> None:
    with pytest.raises(ConfigError) as caught:
        load_personality("/nowhere/card.yml")
    assert str(caught.value) == (
        "/nowhere/card.yml: cannot read the personality file: No such file or directory"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "total_cores: 8",
            "total_cores: many",
            "29: processor.total_cores: Input should be a valid integer",
        ),
        (
            "version: A0\n  serial",
            "version: 1.0\n  serial",
            "14: system.version: Input should be a valid string",
        ),
        ("bios:", "boot:\n  x: 1\nbios:", "4: boot: Extra inputs are not permitted"),
        (
            "  vendor: dpulab\n  product: SimDPU Board",
            "  product: SimDPU Board",
            "17: baseboard.vendor: Field required",
        ),
        ("01/15/2026", "2026-01-15", "7: bios.date: Input should be a valid string"),
        ("01/15/2026", "13/45/2026", "7: bios.date: not a date of the form mm/dd/yyyy"),
        (
            "total_threads: 8",
            "total_threads: 7",
            "28: processor: total_threads must be at least total_cores",
        ),
        (
            "usable_mib: 15872",
            "usable_mib: 16384",
            "32: memory: total_usable_mib must be less than total_physical_mib",
        ),
        (
            "functions: 16",
            "functions: 65",
            "38: pci.virtual_functions: Input should be less than or equal to 64",
        ),
        (
            "physical_functions: 2",
            "physical_functions: 0",
            "37: pci.physical_functions: Input should be greater than or equal to 1",
        ),
    ],
)
def test_bad_field_is_named_with_its_line(old: str, new: str, message: str) -> None:
    assert old in GENERIC
    with pytest.raises(ConfigError) as caught:
        parse_personality(GENERIC.replace(old, new, 1).encode(), "card.yml")
    assert str(caught.value) == f"card.yml:{message}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "card.yml: expected a mapping with the key `bios` and others"),
        (b"- a\n- b\n", "card.yml: expected a mapping with the key `bios` and others"),
        (b"a: 1\nb: [1,\n", "card.yml:3: not YAML: "),
        (b"a: 1\na: 2\n", "card.yml:2: not YAML: found duplicate key"),
        (b"a: \xff\n", "card.yml: not YAML: "),
        (b"a: 2026-13-45\n", "card.yml: not YAML: "),
        (b"a: !!python/name:os.system x\n", "card.yml:1: not YAML: "),
        (b"[" * 5000, "card.yml: not YAML: "),
        (b"#" * (MAX_FILE_BYTES + 1), "card.yml: larger than 65536 bytes"),
    ],
)
def test_files_that_are_no_mapping(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_personality(data, "card.yml")
    assert str(caught.value).startswith(message)


def _model_or_error(data: bytes) -> None:
    complaint = "card.yml:"
    try:
        assert isinstance(parse_personality(data, "card.yml"), Personality)
    except ConfigError as error:
        complaint = str(error)
    assert complaint.startswith("card.yml:")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_model_or_an_error(data: bytes) -> None:
    _model_or_error(data)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:0.-#'\"[]{},&*!|>%@? \n\t1", max_size=60))
def test_any_yaml_like_text_gives_a_model_or_an_error(text: str) -> None:
    _model_or_error(text.encode())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GENERIC)), st.integers(0, 12), st.text(max_size=6))
def test_any_small_edit_gives_a_model_or_an_error(at: int, cut: int, put: str) -> None:
    edited = GENERIC[:at] + put + GENERIC[at + cut :]
    _model_or_error(edited.encode("utf-8", "surrogatepass"))
