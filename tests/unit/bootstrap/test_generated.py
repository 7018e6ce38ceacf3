"""Generated files that are kept: how they differ from new ones, and replacing them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.generated import differences, read_files, replace

trees = st.dictionaries(
    st.from_regex(r"([ab]/)?[xyz]\.(py|md)", fullmatch=True), st.text("ab\n", max_size=3)
)


def test_only_files_with_the_suffixes_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/one.py", "a/one.pyc", "two.pyi", "folder.py/"):
        path = tmp_path / name
        path.mkdir() if name.endswith("/") else path.write_text(name)
    assert read_files(tmp_path, [".py", ".pyi"]) == {"a/one.py": "a/one.py", "two.pyi": "two.pyi"}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_files(tmp_path / "none", [".py"]) == {}


def test_differences_are_named() -> None:
    present = {"same": "1", "other": "2", "gone": "3"}
    assert differences(present, {"same": "1", "other": "4", "new": "5"}) == [
        "missing: new",
        "stale: gone",
        "differs: other",
    ]


@settings(max_examples=100)
@given(trees, trees)
def test_after_replacing_nothing_differs(before: dict[str, str], wanted: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        replace(folder, {}, before)
        (folder / "kept.txt").write_text("not generated")
        present = read_files(folder, [".py", ".md"])
        assert present == before
        assert replace(folder, present, wanted) == len(differences(before, wanted))
        assert read_files(folder, [".py", ".md"]) == wanted
        assert (folder / "kept.txt").exists()
