"""`down`: remove a lab by the marks on its belongings, whatever state it is in."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from lab.errors import LabError
from lab.links.netops import NetOps
from lab.ownership import lab_folder
from lab.runtime.docker_engine import Docker

_WORKERS = 8
_QUIET = 0.5
"""After a killed `up` the daemon may still finish a request; so long nothing new must appear."""

_DEADLINE = 60.0


def destroy(lab: str, docker: Docker, net: NetOps, *, settle: bool = False) -> bool:
    """Remove containers, links, rules, pins and network of a lab. Returns whether there were any.

    With `settle`, or after an `up` that did not finish, keep looking until nothing has appeared
    for half a second.
    """
    folder = lab_folder(lab)
    interrupted = folder.is_dir() and _phase(lab) != "up"
    found = _remove_containers(lab, docker) | folder.exists()
    if settle or interrupted:
        found |= _settle(lab, docker)
    net.clean_up(lab)
    for network in docker.lab_networks(lab):
        docker.remove_network(network)
        found = True
    return found


def _phase(lab: str) -> str:
    try:
        return (lab_folder(lab) / "phase").read_text()
    except OSError:
        return ""


def _remove_containers(lab: str, docker: Docker) -> bool:
    containers = docker.containers(lab)
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda one: docker.remove(one.id), containers))
    return bool(containers)


def _settle(lab: str, docker: Docker) -> bool:
    found = False
    deadline = time.monotonic() + _DEADLINE
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _QUIET:
        if time.monotonic() > deadline:
            raise LabError(f"containers of lab {lab} keep appearing", "is another `up` running?")
        if _remove_containers(lab, docker):
            found = True
            quiet_since = time.monotonic()
        time.sleep(0.05)
    return found
