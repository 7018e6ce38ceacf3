"""What the adapter says when the daemon refuses, and the values that it translates."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from docker.errors import APIError, DockerException

from lab.errors import LabError
from lab.ownership import LABEL_LAB, LABEL_NODE, LABEL_ROLE
from lab.runtime.container import ContainerSpec, described
from lab.runtime.docker_engine import Docker, _asking, _port_bindings, _unavailable


def test_published_ports_are_grouped_by_container_port() -> None:
    ports = (
        ("127.0.0.1", 8080, 80, "tcp"),
        ("0.0.0.0", 0, 80, "tcp"),
        ("127.0.0.1", 53, 53, "udp"),
    )
    assert _port_bindings(ContainerSpec("c", "i", {}, ports=ports)) == {
        "80/tcp": [("127.0.0.1", 8080), ("0.0.0.0", None)],
        "53/udp": [("127.0.0.1", 53)],
    }


def test_the_daemons_own_explanation_is_shown() -> None:
    refused = APIError("500 Server Error", explanation="port is already allocated")
    with pytest.raises(LabError) as caught, _asking("cannot start container c"):
        raise refused
    assert caught.value.message == "cannot start container c: port is already allocated"


@pytest.mark.parametrize(
    "error", [DockerException("gone"), requests.exceptions.ReadTimeout("timed out")]
)
def test_a_daemon_that_goes_away_is_no_traceback(error: Exception) -> None:
    with pytest.raises(LabError) as caught, _asking("cannot list containers"):
        raise error
    assert caught.value.message == (
        f"cannot list containers: the Docker daemon does not answer ({error})"
    )
    assert caught.value.hint


def test_no_daemon_and_no_permission_are_told_apart() -> None:
    refused = _unavailable(
        DockerException("('aborted.', PermissionError(13, 'Permission denied'))")
    )
    assert refused.message.startswith("Docker is running, but you may not use it")
    assert "docker group" in refused.hint
    assert _unavailable(DockerException("refused")).message == "no Docker daemon answers"


def test_connecting_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(LabError, match="no Docker daemon answers"):
        Docker()


def raw(**networks: Any) -> dict[str, Any]:
    labels = {LABEL_LAB: "lab", LABEL_NODE: "n1", LABEL_ROLE: "host"}
    return {
        "Id": "abc",
        "Name": "/dpulab-lab-n1",
        "Config": {"Labels": labels, "Image": "dpulab/host"},
        "State": {"Status": "running", "Pid": 7, "ExitCode": 0},
        "NetworkSettings": {"Networks": networks or None},
    }


def test_a_container_is_described_by_its_labels_and_network() -> None:
    found = described(
        raw(mgmt={"IPAddress": "10.213.0.2", "GlobalIPv6Address": "", "MacAddress": "m"})
    )
    assert (found.name, found.lab, found.node, found.role) == ("dpulab-lab-n1", "lab", "n1", "host")
    assert (found.running, found.pid, found.ipv4) == (True, 7, "10.213.0.2")
    assert described(raw(none={"IPAddress": ""})).ipv4 == ""


def test_a_container_of_somebody_else_has_no_lab() -> None:
    foreign = raw()
    foreign["Config"]["Labels"] = None
    assert (described(foreign).lab, described(foreign).ipv4) == ("", "")
