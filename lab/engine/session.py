"""Labs from outside: up, down, and what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from lab.engine.cancellation import Cancellation, signals_deferred
from lab.engine.down import destroy, was_interrupted
from lab.engine.executor import Progress
from lab.engine.images import find_images
from lab.engine.labfiles import remove_lab_files
from lab.engine.running import LabSession, open_lab, running_labs
from lab.engine.up import DEFAULT_TIMEOUT, BringUp, default_workers
from lab.errors import LabError
from lab.links.agent import connect
from lab.node import RunningLab
from lab.ownership import RUN
from lab.runtime.container import Container
from lab.runtime.docker_engine import Docker
from lab.topology.loader import load
from lab.topology.model import Kind, Topology
from lab.trust import grants

__all__ = [
    "LabSession",
    "down",
    "images_of",
    "inspect_labs",
    "known_labs",
    "lab_of_file",
    "open_lab",
    "running_lab",
    "running_labs",
    "up",
]


def up(
    topology: Topology,
    progress: Progress,
    *,
    workers: int | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> tuple[LabSession, bool]:
    """Bring a lab up under its lock. Returns the lab, and whether anything had to be done.

    Raises LabError, or KeyboardInterrupt for a signal that came meanwhile; what this call made is
    gone then.
    """
    docker = Docker()
    images = find_images(docker, topology, progress)  # may take long, and needs no rollback
    cancellation = Cancellation()
    with signals_deferred(cancellation):
        lab = LabSession(topology, docker, connect())
        run = BringUp(
            topology=topology,
            docker=docker,
            net=lab.net,
            progress=progress,
            images=images,
            cancellation=cancellation,
            workers=workers or default_workers(),
            timeout=timeout,
        )
        with lab.locked("up"):
            changed = run.perform()
    return lab, changed


def down(name: str) -> bool:
    """Take a lab down under its lock. Returns whether there was anything to remove.

    A signal does not stop it half-way: KeyboardInterrupt is raised when it is done.
    """
    docker = Docker()
    with signals_deferred(Cancellation()):
        net = connect()
        net.lock(name, "down")
        try:
            sources = _sources(name, docker)
            found = destroy(name, docker, net, settle=was_interrupted(name))
            for source in sources:
                remove_lab_files(source, name)
        finally:
            net.unlock(name)
    return found


def _sources(name: str, docker: Docker) -> set[Path]:
    """The topology files that a lab was made from: they say where its lab directory is."""
    sources = {Path(one.topology) for one in docker.containers(name) if one.topology}
    if name in running_labs():
        sources.add(open_lab(name, docker).topology.source)
    return sources


class _Quiet:
    """Progress that nobody watches."""

    def started(self, operation: object) -> None:
        """An operation begins."""

    def finished(self, operation: object, note: str) -> None:
        """An operation is done."""

    def say(self, message: str) -> None:
        """Anything else."""


@contextmanager
def running_lab(topology: Topology, progress: Progress | None = None) -> Iterator[LabSession]:
    """A lab for the length of a `with`: brought up, and taken down at the end.

    A lab of that name that is up already is used (and repaired), and left up.
    """
    was_up = topology.name in running_labs()
    session, _ = up(topology, progress or _Quiet())
    try:
        yield session
    finally:
        if not was_up:
            down(topology.name)


def lab_of_file(path: Path, name: str | None) -> AbstractContextManager[LabSession]:
    """`running_lab` for a topology file that nobody has to be asked to trust."""
    topology = load(path, name=name)
    refused = [str(grant) for grant in grants(topology) if grant.needs_trust]
    if refused:
        raise LabError(
            f"{path.name} asks for what touches this machine: {'; '.join(refused)}",
            "bring it up with `dpulab up --trust` first",
        )
    return running_lab(topology)


def images_of(lab: RunningLab) -> Mapping[str, str]:
    """The images of a lab, by id: what a verdict was reached on. Empty for a lab of real cards."""
    if not isinstance(lab, LabSession):
        return {}
    images = {node.image for node in lab.topology.nodes.values() if node.image}
    return {image: lab.docker.image_id(image) or "" for image in sorted(images)}


def known_labs(docker: Docker | None = None) -> list[str]:
    """Labs that are up, and those of which anything is left."""
    containers = (docker or Docker()).containers()
    folders = (path.name for path in RUN.glob("[!.]*") if path.is_dir())
    return sorted({*folders, *(one.lab for one in containers)})


def inspect_labs(names: list[str]) -> dict[str, list[dict[str, str]]]:
    """Lab -> its nodes, each with state, image, addresses and how many of its links are whole."""
    docker = Docker()
    return {name: _inspect_lab(name, docker) for name in names}


def _inspect_lab(name: str, docker: Docker) -> list[dict[str, str]]:
    containers = {one.node: one for one in docker.containers(name)}
    try:
        lab = open_lab(name, docker)
    except LabError:
        if not containers:
            raise
        return [_node_row(one.node, one.role, one, "unknown") for one in containers.values()]
    return [
        _bridge_row(lab, node.name)
        if node.kind is Kind.BRIDGE
        else _node_row(node.name, str(node.role), containers.get(node.name), _links(lab, node.name))
        for node in lab.topology.nodes.values()
    ]


def _bridge_row(lab: LabSession, node: str) -> dict[str, str]:
    there = lab.topology.nodes[node].machine_bridge or node in lab.net.nodes(lab.topology.name)
    row = _node_row(node, "bridge", None, _links(lab, node))
    return {**row, "state": "running" if there else "missing"}


def _links(lab: LabSession, node: str) -> str:
    links = [link for link, _ in lab.topology.links_of(node)]
    whole = sum(lab.net.link_is_whole(lab.topology, link) for link in links)
    return f"{whole}/{len(links)}"


def _node_row(node: str, role: str, container: Container | None, links: str) -> dict[str, str]:
    return {
        "node": node,
        "role": role,
        "name": container.name if container else "",
        "container_id": container.id[:12] if container else "",
        "image": container.image if container else "",
        "state": container.state if container else "missing",
        "ipv4_address": container.ipv4 if container else "",
        "ipv6_address": container.ipv6 if container else "",
        "links": links,
    }
