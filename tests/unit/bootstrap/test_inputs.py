"""Content hashes decide what is rebuilt."""

from __future__ import annotations

from pathlib import Path

from bootstrap.inputs import (
    dependency_digest,
    digest,
    folder_digest,
    project_digest,
    read_pyproject,
    source_files,
)


def test_borders_between_parts_count() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest(["ab"]) == digest([b"ab"])


def make_folder(root: Path) -> Path:
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "code.py").write_text("x = 1\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "link").symlink_to("run")
    return root


def test_equal_folders_hash_alike_wherever_they_are(tmp_path: Path) -> None:
    first, second = make_folder(tmp_path / "a"), make_folder(tmp_path / "b")
    assert folder_digest(first) == folder_digest(second)


def test_content_name_mode_and_link_target_count(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "a")
    seen = {folder_digest(root)}
    (root / "sub" / "code.py").write_text("x = 2\n")
    seen.add(folder_digest(root))
    (root / "run").chmod(0o755)
    seen.add(folder_digest(root))
    (root / "link").unlink()
    (root / "link").symlink_to("sub")
    seen.add(folder_digest(root))
    (root / "run").rename(root / "start")
    seen.add(folder_digest(root))
    assert len(seen) == 5


def test_caches_do_not_count(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "a")
    before = folder_digest(root)
    (root / "sub" / "__pycache__").mkdir()
    (root / "sub" / "__pycache__" / "code.cpython-313.pyc").write_bytes(b"\0")
    assert folder_digest(root) == before


def test_a_missing_folder_is_empty(tmp_path: Path) -> None:
    assert list(source_files(tmp_path / "nothing")) == []


def test_settings_of_tools_do_not_count_but_entry_points_do() -> None:
    project = read_pyproject()
    before = project_digest(project), dependency_digest(project)
    project["tool"]["ruff"]["line-length"] = 60
    assert (project_digest(project), dependency_digest(project)) == before
    project["project"]["scripts"]["another"] = "lab.cli:main"
    assert project_digest(project) != before[0]
    assert dependency_digest(project) == before[1]
    project["project"]["dependencies"].append("another")
    assert dependency_digest(project) != before[1]
