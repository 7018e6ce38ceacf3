"""Waiting for a node: what is said when its container ends under the very check."""

from __future__ import annotations

from typing import cast

import pytest

from lab.engine.cancellation import Cancellation
from lab.engine.readiness import ReadinessProbe
from lab.errors import LabError
from lab.node import ExecResult
from lab.runtime.container import Container
from lab.runtime.container_node import ContainerNode
from lab.runtime.docker_engine import Docker
from lab.topology.model import Node, Readiness

RUNNING = Container("id", "n", "lab", "a", "", "running", "image", "spec", "file")
ENDED = Container("id", "n", "lab", "a", "", "exited", "image", "spec", "file", exit_code=3)


class PaperDocker:
    """Says what it is told to, in turn."""

    def __init__(self, *states: Container) -> None:
        self._states = list(states)

    def inspect(self, name: str) -> Container:
        assert name == "n"
        return self._states.pop(0)

    def logs(self, name: str, tail: int) -> bytes:
        assert (name, tail > 0) == ("n", True)
        return b"no license\n"


class Refusing:
    """A container in which nothing can be run."""

    def exec(self, argv: list[str], *, timeout: float) -> ExecResult:
        raise LabError(f"cannot run {argv[0]} within {timeout:g} s: not running")


def probe(*states: Container) -> ReadinessProbe:
    docker = cast("Docker", PaperDocker(*states))
    container = cast("ContainerNode", Refusing())
    return ReadinessProbe(docker, Node("a", readiness=Readiness.FILE), container, "n", 5)


def test_a_container_that_ends_under_the_check_is_told_with_its_words() -> None:
    with pytest.raises(LabError) as caught:
        probe(RUNNING, ENDED).wait(Cancellation())
    assert caught.value.message == "a ended with exit code 3 before it was ready"
    assert "no license" in caught.value.hint


def test_a_check_that_fails_in_a_running_container_is_told_as_it_is() -> None:
    with pytest.raises(LabError, match="cannot run test within 5 s: not running"):
        probe(RUNNING, RUNNING).wait(Cancellation())
