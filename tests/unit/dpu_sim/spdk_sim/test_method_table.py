"""The page about spdk-sim lists the methods that there are, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from dpu_sim.spdk_sim.application import Application

PAGE = Path(__file__).parents[4] / "docs" / "spdk-sim.md"


def listed() -> list[str]:
    """The methods of the page's table: prefix and rest of each name."""
    section = PAGE.read_text().partition("\n## Methods\n")[2].partition("\n## ")[0]
    found: list[str] = []
    for prefix, names in re.findall(r"^\| `(\w+_)` \| (.*) \|$", section, re.MULTILINE):
        found += [prefix + name for name in re.findall(r"`(\w+)`", names)]
    return found


def test_the_page_lists_every_method_once_and_no_other() -> None:
    assert sorted(listed()) == sorted(Application().methods())
