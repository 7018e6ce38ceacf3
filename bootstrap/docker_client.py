"""Which docker program to use, and how it builds: BuildKit where it works, else the old way."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bootstrap.console import BootstrapError
from bootstrap.process import Output, probe

EMBEDDED_BUILDKIT_BEFORE = (23, 0)
"""Clients older than this bring BuildKit themselves; newer ones need the buildx plug-in."""


@dataclass(frozen=True, slots=True)
class Client:
    """A docker program on PATH."""

    path: str
    version: tuple[int, int]
    buildx: bool


@dataclass(frozen=True, slots=True)
class Builder:
    """How to call `docker build`."""

    path: str
    env: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """For people: the program and the builder behind it."""
        kind = "old builder" if self.env.get("DOCKER_BUILDKIT") == "0" else "BuildKit"
        return f"{self.path} ({kind})"


def find_clients(path: str | None = None) -> list[Client]:
    """Return the docker programs on PATH, in its order, each real file once."""
    seen: set[Path] = set()
    found = []
    folders = (os.environ.get("PATH", "") if path is None else path).split(os.pathsep)
    for folder in folders:
        candidate = Path(folder, "docker")
        if not (candidate.is_file() and os.access(candidate, os.X_OK)):
            continue
        if candidate.resolve() in seen:
            continue
        seen.add(candidate.resolve())
        found.append(_inspect(str(candidate)))
    return found


def _inspect(path: str) -> Client:
    version = parse_version(probe([path, "--version"]).stdout)
    buildx = version >= EMBEDDED_BUILDKIT_BEFORE and probe([path, "buildx", "version"]).code == 0
    return Client(path, version, buildx)


def parse_version(text: str) -> tuple[int, int]:
    """Return major and minor of `docker --version`'s line, (0, 0) when it has none."""
    match = re.search(r"\b(\d+)\.(\d+)", text)
    return (int(match.group(1)), int(match.group(2))) if match else (0, 0)


def choose_builder(clients: Sequence[Client]) -> Builder:
    """Return the first client that has BuildKit in any form, else the first with the old builder.

    Raises BootstrapError when there is no client at all.
    """
    for client in clients:
        if client.buildx:
            return Builder(client.path, {"DOCKER_BUILDKIT": "1"})
    for client in clients:
        if (0, 0) < client.version < EMBEDDED_BUILDKIT_BEFORE:
            return Builder(client.path, {"DOCKER_BUILDKIT": "1"})
    if not clients:
        raise BootstrapError("there is no docker program on PATH", "run: make lab-up")
    return Builder(clients[0].path, {"DOCKER_BUILDKIT": "0"})


def docker(*arguments: str, timeout: float = 30.0) -> Output:
    """Run the docker program that PATH names; never raises (see `probe`)."""
    return probe(["docker", *arguments], timeout=timeout)


def inspect_images(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return `docker image inspect` of the images that exist, by the name asked for."""
    output = docker("image", "inspect", *names).stdout
    tags: dict[str, dict[str, Any]] = {}
    for image in json.loads(output or "[]"):
        for tag in image.get("RepoTags") or []:
            tags[tag] = image
    return {name: tags[name] for name in names if name in tags}
