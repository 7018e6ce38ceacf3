"""Which images are built, in which order, from which inputs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from bootstrap import images
from bootstrap.apt import Mirror
from bootstrap.base_image import bootstrap_command, source_lines
from bootstrap.docker_client import Builder
from bootstrap.images import IMAGES, Image, build_command, build_in_order, build_step, inputs_of
from bootstrap.wheelhouse import download_command, platform_tags


def test_parents_come_first_and_two_run_at_once() -> None:
    lock = threading.Lock()
    done: list[str] = []
    running: set[str] = set()
    most = 0

    def action(image: Image) -> None:
        nonlocal most
        with lock:
            assert not image.parent or image.parent in done
            running.add(image.name)
            most = max(most, len(running))
        with lock:
            running.discard(image.name)
            done.append(image.name)

    build_in_order(IMAGES, action)
    assert sorted(done) == sorted(image.name for image in IMAGES)
    assert most <= images.PARALLEL_BUILDS


def test_a_failure_is_raised_and_children_are_not_built() -> None:
    built: list[str] = []

    def action(image: Image) -> None:
        built.append(image.name)
        if image.name == "base":
            raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        build_in_order(IMAGES, action)
    assert built == ["base"]


def test_only_a_stale_image_whose_parent_is_current_can_start_alone() -> None:
    built: list[str] = []
    tgen = [image for image in IMAGES if image.name == "tgen"]
    build_in_order(tgen, lambda image: built.append(image.name))
    assert built == ["tgen"]


def present(*, without: str = "", other: str = "") -> dict[str, dict[str, Any]]:
    """Return what docker would say of images that are all current, with exceptions."""
    ids = {image.name: f"sha256:{image.name}" for image in IMAGES} | {"": "sha256:debian"}
    found = {}
    for image in IMAGES:
        label = "old" if image.name == other else inputs_of(image, ids[image.parent])
        config = {"Labels": {images.INPUTS_LABEL: label}}
        found[image.tag] = {"Id": ids[image.name], "Config": config}
    return {tag: value for tag, value in found.items() if tag != f"dpulab/{without}:latest"}


@pytest.mark.parametrize(
    ("state", "debian", "expected"),
    [
        ({}, "sha256:debian", []),
        ({"without": "router"}, "sha256:debian", ["router"]),
        ({"other": "host"}, "sha256:debian", ["host", "tgen"]),
        ({}, "sha256:newer", ["base", "host", "router", "dpu", "storage", "tgen"]),
    ],
)
def test_what_changed_is_stale_with_all_that_stands_on_it(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, str], debian: str, expected: list[str]
) -> None:
    monkeypatch.setattr(images, "inspect_images", lambda _: present(**state))
    assert [image.name for image in images.stale_images(IMAGES, debian)] == expected


def test_an_image_without_labels_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    base = [image for image in IMAGES if image.name == "base"]
    reply = {"dpulab/base:latest": {"Id": "sha256:x", "Config": {"Labels": None}}}
    monkeypatch.setattr(images, "inspect_images", lambda _: reply)
    assert images.stale_images(base, "sha256:debian") == base


def test_labels_and_tags_are_on_the_command_line(tmp_path: Path) -> None:
    command = build_command(IMAGES[0], Builder("/usr/bin/docker"), tmp_path, "abc")
    assert command[:2] == ["/usr/bin/docker", "build"]
    assert command[-1] == str(tmp_path)
    assert "dpulab/base:latest" in command
    labels = {word.split("=", 1)[0] for word in command if "=" in word}
    assert {"dpulab.image", "dpulab.inputs", "org.opencontainers.image.version"} <= labels


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Step 2/9 : RUN apt-get update", "2/9 : RUN apt-get update"),
        ("#8 [venv 2/4] RUN apt-get update", "[venv 2/4] RUN apt-get update"),
        ("#4 [1/5] FROM debian", "[1/5] FROM debian"),
        ("#8 0.412 Get:1 something", None),
        ("#2 [internal] load build definition", None),
    ],
)
def test_steps_of_both_builders_are_recognised(line: str, shown: str | None) -> None:
    assert build_step(line) == shown


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: str(image.name))
def test_every_dockerfile_builds_with_either_builder(image: Image) -> None:
    text = (image.folder / "Dockerfile").read_text()
    for needs_buildkit in ("# syntax", "RUN --", "COPY --chmod", "COPY --link", "<<"):
        assert needs_buildkit not in text
    parent = f"dpulab/{image.parent}:latest" if image.parent else "debian:trixie-slim"
    assert f"FROM {parent}" in text


def test_wheels_are_for_the_images_python_and_any_older_c_library() -> None:
    tags = platform_tags("x86_64")
    assert tags[0] == "manylinux_2_41_x86_64"
    assert {"manylinux_2_17_x86_64", "manylinux2014_x86_64", "any"} <= set(tags)
    command = download_command(Path("lock.txt"), Path("out"), "aarch64")
    assert {"--require-hashes", "--only-binary=:all:", "cp313", "abi3"} <= set(command)
    assert "manylinux_2_28_aarch64" in command


def test_the_base_image_follows_the_machines_mirror(tmp_path: Path) -> None:
    mirror = Mirror("http://m.example.org/debian", "http://s.example.org/debian-security")
    command = bootstrap_command(mirror, tmp_path / "base.tar")
    assert command[-4] == str(tmp_path / "base.tar")
    assert command[-3:] == [
        "deb http://m.example.org/debian trixie main",
        "deb http://m.example.org/debian trixie-updates main",
        "deb http://s.example.org/debian-security trixie-security main",
    ]
    assert "--include=ca-certificates" not in command


def test_without_a_mirror_the_tool_uses_its_own(tmp_path: Path) -> None:
    command = bootstrap_command(None, tmp_path / "base.tar")
    assert command[-2:] == ["trixie", str(tmp_path / "base.tar")]


def test_an_https_mirror_brings_its_certificates(tmp_path: Path) -> None:
    mirror = Mirror("https://m.example.org/debian")
    assert "--include=ca-certificates" in bootstrap_command(mirror, tmp_path / "base.tar")
    assert len(source_lines(mirror)) == 2
