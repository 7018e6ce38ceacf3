"""What is said when Docker does not answer."""

from __future__ import annotations

import pytest

from bootstrap import docker_engine, machine
from bootstrap.console import BootstrapError
from bootstrap.process import Output


def answer(monkeypatch: pytest.MonkeyPatch, code: int, text: str) -> None:
    monkeypatch.setattr(docker_engine, "docker", lambda *_, **__: Output(code, "", text))


def test_an_engine_that_answers_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 0, "20.10")
    monkeypatch.setattr(docker_engine, "ensure_packages", lambda *_: pytest.fail("installed"))
    docker_engine.ensure_engine()


def test_a_user_outside_the_group_gets_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 1, "Got permission denied while trying to connect to the Docker daemon")
    monkeypatch.setattr("bootstrap.docker_engine.getpass.getuser", lambda: "ada")
    with pytest.raises(BootstrapError) as caught:
        docker_engine.ensure_engine()
    assert "this user may not talk to it" in caught.value.message
    assert "sudo usermod -aG docker ada" in caught.value.hint


def test_a_remote_engine_is_not_replaced_by_a_local_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 1, "Cannot connect to the Docker daemon")
    monkeypatch.setenv("DOCKER_HOST", "tcp://lab.example.org:2375")
    with pytest.raises(BootstrapError, match=r"DOCKER_HOST=tcp://lab\.example\.org:2375"):
        docker_engine.ensure_engine()


def test_forbidden_starting_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 1, "Cannot connect to the Docker daemon")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("bootstrap.docker_engine.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(docker_engine, "start_command", lambda: ["systemctl", "start", "docker"])
    monkeypatch.setenv("DPULAB_NO_INSTALL", "1")
    with pytest.raises(BootstrapError) as caught:
        docker_engine.ensure_engine()
    assert caught.value.hint.endswith("systemctl start docker")


@pytest.mark.parametrize(("has_cli", "last"), [(True, "docker-cli"), (False, "ca-certificates")])
def test_newer_releases_ship_the_client_apart(
    monkeypatch: pytest.MonkeyPatch, has_cli: bool, last: str
) -> None:
    monkeypatch.setattr(docker_engine, "available", lambda _: has_cli)
    packages = docker_engine.engine_packages()
    assert packages[0] == "docker.io"
    assert packages[-1] == last


def test_a_tool_that_cannot_be_had_is_named_and_set_up_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(packages: list[str], why: str) -> None:
        raise BootstrapError(why, f"apt-get install {packages[0]}")

    monkeypatch.setattr(machine, "missing_tools", lambda: ["tcpdump"])
    monkeypatch.setattr(machine, "ensure_packages", refuse)
    machine.ensure_tools()
    text = capsys.readouterr().err
    assert "captures on links need tcpdump" in text
    assert "the lab runs without tcpdump" in text


def test_tools_are_looked_for_on_path() -> None:
    assert machine.missing_tools("/nonexistent") == list(machine.TOOLS)
