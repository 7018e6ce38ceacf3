"""Every mistake in errors/*.clab.yml gives exactly the text beside it in *.expected.

After a wording change: DPULAB_UPDATE_GOLDEN=1 pytest tests/unit/topology, and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.topology.loader import load
from lab.topology.problems import TopologyError

FOLDER = Path(__file__).parent / "errors"
FILES = sorted(FOLDER.glob("*.clab.yml"))
ENV = {"NODE": "a-node-with-a-long-name"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".clab.yml"))
def test_error_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    with pytest.raises(TopologyError) as raised:
        load(Path(path.name), env=ENV)
    text = f"{raised.value}\n"
    expected = path.with_name(path.name.replace(".clab.yml", ".expected"))
    if os.environ.get("DPULAB_UPDATE_GOLDEN"):
        expected.write_text(text)
    assert text == expected.read_text()


def test_there_are_enough_and_none_is_left_over() -> None:
    stems = {path.name.removesuffix(".clab.yml") for path in FILES}
    assert len(stems) >= 30
    assert stems == {path.stem for path in FOLDER.glob("*.expected")}
