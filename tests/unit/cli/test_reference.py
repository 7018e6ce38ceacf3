"""docs/cli.md says what the commands are.

After a change of the commands: DPULAB_UPDATE_GOLDEN=1 pytest tests/unit/cli/test_reference.py.
"""

from __future__ import annotations

import os
from pathlib import Path

from lab.cli import EXIT_CODES
from lab.cli.reference import markdown

PAGE = Path(__file__).parents[3] / "docs/cli.md"


def test_the_page_is_current() -> None:
    if os.environ.get("DPULAB_UPDATE_GOLDEN"):
        PAGE.write_text(markdown())
    assert PAGE.read_text() == markdown()


def test_it_has_every_command_and_the_exit_codes() -> None:
    text = markdown()
    assert EXIT_CODES in text
    for heading in ("up", "exec", "node restart", "impair set", "replay", "completion"):
        assert f"\n## dpulab {heading}\n" in text
    assert "    dpulab exec [OPTIONS] NODE COMMAND...\n" in text
    assert "| `--max-workers` | Containers started at once. | 4 per core |" in text
