"""Taking set-up back: our images and networks, the daemon that we started, `.venv` and `build/`."""

from __future__ import annotations

import shutil
import sys

from bootstrap import daemon
from bootstrap.base_image import PULLED
from bootstrap.console import BUILD, LOGS, BootstrapError, say, step
from bootstrap.docker_client import docker
from bootstrap.docker_engine import answers
from bootstrap.privilege import as_root
from bootstrap.process import run_logged
from bootstrap.venv import VENV

IMAGE_FILTER = "label=dpulab.image"
OBJECT_FILTER = "label=dpulab.lab"


def uninstall() -> None:
    """Remove what set-up made. Packages of the distribution stay. Raises while a lab is up."""
    if answers():
        _refuse_while_labs_run()
        _remove("network", _listed("network", "ls", "--quiet", "--filter", OBJECT_FILTER))
        _remove("image", our_images())
    _stop_daemon()
    for folder in (VENV, BUILD):
        if folder.exists():
            shutil.rmtree(folder)
            say(f"removed {folder.name}/")
    say("Left in place: what apt installed, and the builder's cache (docker builder prune).")


def _listed(*arguments: str) -> list[str]:
    return sorted(set(docker(*arguments).stdout.split()))


def _refuse_while_labs_run() -> None:
    names = _listed("ps", "--all", "--filter", OBJECT_FILTER, "--format", "{{.Names}}")
    if names:
        raise BootstrapError(
            f"labs are still there: {', '.join(names)}", "take them down first: make lab-down"
        )


def our_images() -> list[str]:
    """Return the names of our images and of what we pulled, children before their parents."""
    formatted = "{{.CreatedAt}}\t{{.ID}}\t{{.Repository}}:{{.Tag}}"
    rows = docker("image", "ls", "--filter", IMAGE_FILTER, "--format", formatted).stdout
    newest_first = sorted((row.split("\t") for row in rows.splitlines()), reverse=True)
    names = [name if "<none>" not in name else ident for _, ident, name in newest_first]
    pulled = PULLED.read_text().split() if PULLED.exists() else []
    return [*names, *pulled]


def _remove(kind: str, names: list[str]) -> None:
    """Remove objects one by one; one that something else uses is named and left."""
    for name in names:
        done = docker(kind, "rm", name, timeout=120)
        if done.code == 0:
            say(f"removed {kind} {name}")
        elif "No such" not in done.text:
            say(f"kept {kind} {name}: {done.text.strip().splitlines()[-1]}")


def _stop_daemon() -> None:
    """Stop the daemon that set-up started, if it still is that very process."""
    running = daemon.read_state()
    if running is None or not running.alive:
        return
    with step("docker", f"stopping the daemon that set-up started (pid {running.pid})") as current:
        command = as_root([sys.executable, "-m", "bootstrap.daemon", "stop"], "stopping Docker")
        run_logged(command, LOGS / "docker-stop.log", current)
