"""`down`: remove a lab by the marks on its belongings, whatever state it is in."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from lab.errors import LabError
from lab.links.netops import NetOps
from lab.ownership import lab_folder
from lab.runtime.docker_engine import Docker

_WORKERS = 8
_QUIET = 1.0
"""After a killed `up` the daemon may still finish a request; so long nothing new must appear."""

_DEADLINE = 60.0


def destroy(lab: str, docker: Docker, net: NetOps, *, settle: bool) -> bool:
    """Remove containers, links, rules, pins and network of a lab. Returns whether there were any.

    With `settle` keep looking until nothing has appeared for a second: whoever was bringing the lab
    up was killed, and may have left requests behind that the daemon still works on.
    """
    found = _remove(lab, docker) | lab_folder(lab).exists()
    deadline = time.monotonic() + _DEADLINE
    quiet_since = time.monotonic()
    while settle and time.monotonic() - quiet_since < _QUIET:
        time.sleep(0.05)
        if _remove(lab, docker):
            quiet_since = time.monotonic()
        if time.monotonic() > deadline:
            raise LabError(f"containers of lab {lab} keep appearing", "is another `up` running?")
    net.clean_up(lab)
    return found


def was_interrupted(lab: str) -> bool:
    """Whether the last `up` of a lab did not come to its end."""
    try:
        return (lab_folder(lab) / "phase").read_text() != "up"
    except OSError:
        return False


def _remove(lab: str, docker: Docker) -> bool:
    """Remove the containers and networks that are there now; whether there were any."""
    containers = docker.containers(lab)
    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(lambda one: docker.remove(one.id), containers))
    networks = docker.lab_networks(lab)
    for network in networks:
        docker.remove_network(network)
    return bool(containers or networks)
