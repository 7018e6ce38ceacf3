"""Choosing the docker program and its builder."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import docker_client
from bootstrap.console import BootstrapError
from bootstrap.docker_client import (
    Builder,
    Client,
    choose_builder,
    find_clients,
    inspect_images,
    parse_version,
)
from bootstrap.process import Output

NEW = Client("/usr/local/bin/docker", (28, 2), buildx=False)
NEW_BUILDX = Client("/opt/bin/docker", (28, 2), buildx=True)
OLD = Client("/usr/bin/docker", (20, 10), buildx=False)
ON, OFF = {"DOCKER_BUILDKIT": "1"}, {"DOCKER_BUILDKIT": "0"}


@pytest.mark.parametrize(
    ("clients", "expected"),
    [
        ([NEW_BUILDX], Builder(NEW_BUILDX.path, ON)),
        ([NEW, OLD], Builder(OLD.path, ON)),
        ([OLD, NEW_BUILDX], Builder(NEW_BUILDX.path, ON)),
        ([NEW], Builder(NEW.path, OFF)),
        ([Client("/x/docker", (0, 0), buildx=False)], Builder("/x/docker", OFF)),
    ],
)
def test_buildkit_is_used_wherever_a_client_has_it(
    clients: list[Client], expected: Builder
) -> None:
    assert choose_builder(clients) == expected


def test_no_client_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(BootstrapError, match="no docker program") as caught:
        choose_builder([])
    assert caught.value.hint == "run: make lab-up"


def test_the_builder_is_named_for_people() -> None:
    assert choose_builder([NEW]).label == "/usr/local/bin/docker (old builder)"
    assert choose_builder([OLD]).label == "/usr/bin/docker (BuildKit)"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Docker version 28.2.2, build e6534b4", (28, 2)),
        ("Docker version 20.10.24+dfsg1, build 297e128", (20, 10)),
        ("", (0, 0)),
    ],
)
def test_versions(text: str, version: tuple[int, int]) -> None:
    assert parse_version(text) == version


def fake_docker(folder: Path, version: str, buildx_code: int) -> None:
    folder.mkdir()
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = buildx ] && exit {buildx_code}\necho "Docker version {version}"\n'
    )
    program.chmod(0o755)


def test_each_real_program_on_path_is_inspected_once(tmp_path: Path) -> None:
    fake_docker(tmp_path / "new", "28.2.2", 1)
    fake_docker(tmp_path / "buildx", "27.1.0", 0)
    (tmp_path / "alias").mkdir()
    (tmp_path / "alias" / "docker").symlink_to(tmp_path / "new" / "docker")
    path = ":".join(str(tmp_path / name) for name in ("new", "alias", "missing", "buildx"))
    assert find_clients(path) == [
        Client(str(tmp_path / "new" / "docker"), (28, 2), buildx=False),
        Client(str(tmp_path / "buildx" / "docker"), (27, 1), buildx=True),
    ]


def test_images_are_found_by_the_name_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = '[{"Id": "sha256:1", "RepoTags": ["dpulab/base:latest", "dpulab/base:0.1.0"]}]'
    monkeypatch.setattr(docker_client, "docker", lambda *_, **__: Output(1, reply, reply))
    found = inspect_images(["dpulab/base:latest", "dpulab/dpu:latest"])
    assert list(found) == ["dpulab/base:latest"]
    assert found["dpulab/base:latest"]["Id"] == "sha256:1"
