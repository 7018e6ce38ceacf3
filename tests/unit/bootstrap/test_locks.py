"""The committed lock files: complete, current, and silent about where packages come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bootstrap.inputs import dependency_digest, read_pyproject
from bootstrap.lock import LOCKS, REQUIREMENTS, pins, recorded_digest, requirements_of

FILES = [REQUIREMENTS / lock.name for lock in LOCKS]
IDS = [path.name for path in FILES]
LINE = re.compile(
    r"# dependencies-sha256: [0-9a-f]{64}"
    r"|[\w.-]+==[\w.!+-]+(?: ; [\w.'() <>=!]+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
)


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_only_pins_and_hashes_are_in_the_file(path: Path) -> None:
    strange = [line for line in path.read_text().splitlines() if not LINE.fullmatch(line)]
    assert strange == []


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_index_no_host_no_path(path: Path) -> None:
    text = path.read_text()
    found = re.findall(r"://|--(?:extra-)?index|--find-links|--trusted-host|/\w|@ ", text)
    assert found == []


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_it_was_resolved_from_todays_pyproject(path: Path) -> None:
    assert recorded_digest(path) == dependency_digest(read_pyproject()), "run: make lock"


def test_images_get_the_versions_that_the_lab_is_tested_with() -> None:
    def versions(path: Path) -> set[str]:
        return {line.split(" ")[0] for line in pins(path).splitlines()}

    for path in (one for one in FILES[1:] if one.name != "oracles.txt"):
        assert versions(path) <= versions(FILES[0])


def test_the_labs_lock_brings_the_tool_that_installs_the_project() -> None:
    assert "\nsetuptools==" in FILES[0].read_text()


def test_pins_are_read_without_hashes_and_with_markers(tmp_path: Path) -> None:
    path = tmp_path / "lock.txt"
    path.write_text(
        "# dependencies-sha256: 00\na==1.0 \\\n    --hash=sha256:11\n"
        "b==2 ; sys_platform == 'win32' \\\n    --hash=sha256:22\n"
    )
    assert pins(path) == "a==1.0\nb==2 ; sys_platform == 'win32'\n"
    assert recorded_digest(path) == "00"


def test_image_locks_leave_the_labs_own_dependencies_out() -> None:
    pyproject = read_pyproject()
    host = next(lock for lock in LOCKS if lock.name == "host.txt")
    extras = pyproject["project"]["optional-dependencies"]
    assert requirements_of(host, pyproject) == [*extras["host"], *extras["traffic"]]
    lab = requirements_of(LOCKS[0], pyproject)
    assert set(pyproject["project"]["dependencies"]) <= set(lab)
