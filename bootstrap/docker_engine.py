"""A Docker Engine that answers: the one that runs, else the distribution's package, started."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
import time
from pathlib import Path

from bootstrap import daemon
from bootstrap.apt import available, ensure_packages
from bootstrap.console import LOGS, BootstrapError, Step, say, step
from bootstrap.docker_client import docker
from bootstrap.privilege import as_root, refuse_when_told
from bootstrap.process import quote_tail, run_logged

WHY = "no Docker Engine answers on this machine"
ANSWER_SECONDS = 90.0


def answers() -> bool:
    """Whether the engine behind the docker program answers."""
    return docker("version", "--format", "{{.Server.Version}}").code == 0


def ensure_engine() -> None:
    """Make an engine answer, installing and starting it if need be, after saying so.

    Raises BootstrapError with the command to run where that is forbidden or impossible.
    """
    reply = docker("version", "--format", "{{.Server.Version}}")
    if reply.code == 0:
        return
    _refuse_hopeless(reply.text)
    if not (shutil.which("dockerd") and shutil.which("docker")):
        ensure_packages(engine_packages(), WHY)
    if not answers():
        _start()
    reply = docker("version", "--format", "{{.Server.Version}}")
    if reply.code != 0:
        _refuse_hopeless(reply.text)
        raise BootstrapError(f"Docker was started and still does not answer: {reply.text.strip()}")


def _refuse_hopeless(text: str) -> None:
    """Raise where starting an engine here would not help: no permission, or a remote engine."""
    if "permission denied" in text.lower():
        raise BootstrapError(
            "Docker runs, but this user may not talk to it",
            f"run: sudo usermod -aG docker {getpass.getuser()}   then log in again",
        )
    chosen = os.environ.get("DOCKER_HOST", "")
    if chosen and not chosen.startswith("unix://"):
        raise BootstrapError(
            f"the Docker Engine at DOCKER_HOST={chosen} does not answer",
            "a lab needs an engine on this machine: unset DOCKER_HOST, then try again",
        )


def engine_packages() -> list[str]:
    """Return the distribution's packages; newer releases ship the client in its own package."""
    packages = ["docker.io", "iptables", "ca-certificates"]
    return [*packages, "docker-cli"] if available("docker-cli") else packages


def start_command() -> list[str]:
    """Return how this machine starts Docker: its init system, else our own daemon."""
    if Path("/run/systemd/system").is_dir():
        return ["systemctl", "start", "docker"]
    init = Path("/proc/1/comm")
    has_script = Path("/etc/init.d/docker").exists() and shutil.which("service")
    if has_script and init.exists() and init.read_text().strip() == "init":
        return ["service", "docker", "start"]
    return [sys.executable, "-m", "bootstrap.daemon", "start"]


def _start() -> None:
    """Start the engine and wait until it answers."""
    command = start_command()
    by_hand = command[-2:] == ["bootstrap.daemon", "start"]
    refuse_when_told(["dockerd"] if by_hand else command, WHY)
    prefix = as_root(command, "starting Docker")
    if by_hand:
        say(
            "No init system runs here: starting dockerd directly. It stays when this ends;"
            f" `make uninstall` stops it. Log: {daemon.LOG}"
        )
    with step("docker", "starting the engine") as current:
        run_logged(prefix, LOGS / "docker-start.log", current)
        _await_answer(current, by_hand=by_hand)


def _await_answer(current: Step, *, by_hand: bool) -> None:
    """Poll until the engine answers; give up early when the daemon we started has died."""
    while not _answers_or_refuses():
        started = daemon.read_state() if by_hand else None
        died = started is not None and not started.alive
        if died or current.elapsed > ANSWER_SECONDS:
            what = "ended right after its start" if died else f"is silent for {ANSWER_SECONDS:g} s"
            tail = f"; the end of {daemon.LOG} is\n{quote_tail(daemon.LOG)}" if by_hand else ""
            raise BootstrapError(f"the Docker Engine {what}{tail}")
        time.sleep(0.25)


def _answers_or_refuses() -> bool:
    """Whether the engine reacts at all; a refusal is reported by the caller."""
    reply = docker("version", "--format", "{{.Server.Version}}")
    return reply.code == 0 or "permission denied" in reply.text.lower()
