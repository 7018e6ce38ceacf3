"""docs/opictl-reference.md is what the commands say."""

from __future__ import annotations

import re
from pathlib import Path

from opi.catalog import catalog
from opictl.reference import markdown

PAGE = Path(__file__).parents[3] / "docs" / "opictl-reference.md"


def test_the_reference_is_made_from_the_commands() -> None:
    """python -m opictl.reference > docs/opictl-reference.md makes it anew."""
    assert PAGE.read_text() == markdown()


def test_it_has_a_command_for_every_method() -> None:
    areas = markdown().split("## opictl ", maxsplit=1)[1]
    commands = re.findall(r"^\| `opictl [^`]+` \|", areas, re.MULTILINE)
    assert len(set(commands)) == len(list(catalog().methods()))
