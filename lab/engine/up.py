"""`up`: bring a lab to what its file says, from nothing or from a damaged state.

Every operation looks first and does only what is missing, so a second `up` is a no-op and a damaged
lab is repaired. Any failure, or Ctrl-C, takes back what this run made.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import SIG_IGN, SIGHUP, SIGINT, SIGTERM, signal
from types import FrameType
from typing import Any

from lab import plan as plans
from lab.engine import mgmt
from lab.engine.down import destroy
from lab.engine.executor import Cancellation, Progress, execute
from lab.engine.intents import apply_intents
from lab.engine.readiness import ReadinessProbe, backoff
from lab.engine.specs import container_spec, files_of
from lab.engine.verify import verify_pair
from lab.errors import LabError
from lab.links.netops import NetOps
from lab.ownership import pin_path
from lab.plan import Operation, Plan
from lab.runtime.container_node import ContainerNode
from lab.runtime.docker_engine import Docker
from lab.topology.model import Kind, LinkType, Node, Stage, StageExec, Topology

DEFAULT_TIMEOUT = 120.0
"""How long one node may take to become ready. Seconds."""


_CARRIER_DEADLINE = 3.0


@dataclass
class _Made:
    """What this run made, for the rollback."""

    fresh: bool
    nodes: list[str] = field(default_factory=list)
    links: list[Any] = field(default_factory=list)


def default_workers() -> int:
    """Containers started at once: the daemon gains nothing from more than a few per core."""
    return max(4, 4 * (os.cpu_count() or 1))


def bring_up(
    topology: Topology,
    docker: Docker,
    net: NetOps,
    progress: Progress,
    *,
    workers: int | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> bool:
    """Bring a lab up or repair it. Returns whether anything had to be done.

    The caller holds the lab's lock. Raises LabError or KeyboardInterrupt after rolling back.
    """
    run = BringUp(topology, docker, net, progress, workers=workers or default_workers())
    run.timeout = timeout
    return run.perform()


class BringUp:
    """One run of `up`."""

    timeout: float = DEFAULT_TIMEOUT

    def __init__(
        self, topology: Topology, docker: Docker, net: NetOps, progress: Progress, *, workers: int
    ) -> None:
        self._topology = topology
        self._docker = docker
        self._net = net
        self._progress = progress
        self._cancellation = Cancellation()
        self._starting = threading.BoundedSemaphore(workers)
        self._images: dict[str, str] = {}
        self._started: set[str] = set()
        self._made = _Made(fresh=not docker.containers(topology.name))

    def perform(self) -> bool:
        """Run the plan; roll back on any failure."""
        plan = plans.build(self._topology)
        self._find_images()
        with _signals_interrupt():
            try:
                self._net.save(self._topology, "starting")
                removed = self._remove_strangers()
                execute(plan, self._run, self._progress, self._cancellation)
                self._net.save(self._topology, "up")
            except BaseException:
                self._roll_back()
                raise
        return bool(removed or self._made.nodes or self._made.links)

    # -- before anything is created ---------------------------------------------------------------

    def _find_images(self) -> None:
        """Have every image on the machine before the first container is created."""
        for image in sorted({node.image for node in self._topology.nodes.values() if node.image}):
            found = self._docker.image_id(image)
            if found is None:
                found = self._fetch_image(image)
            self._images[image] = found

    def _fetch_image(self, image: str) -> str:
        if image.startswith("dpulab/"):
            raise LabError(
                f"image {image} has not been built on this machine", "`make images` builds it"
            )
        self._progress.say(f"pulling image {image}")
        for status in self._docker.pull(image):
            self._cancellation.pause(0)
            if status.startswith(("Pull complete", "Status")):
                self._progress.say(f"{image}: {status}")
        found = self._docker.image_id(image)
        if found is None:
            raise LabError(f"image {image} was pulled but is not there")
        return found

    def _remove_strangers(self) -> list[str]:
        """Remove nodes and links of this lab that its file no longer has."""
        strangers = [
            one
            for one in self._docker.containers(self._topology.name)
            if one.node not in self._topology.nodes
        ]
        for stranger in strangers:
            self._progress.say(f"{stranger.node} is no longer in the file: removing it")
            self._docker.remove(stranger.id)
            self._net.detach(self._topology.name, stranger.node)
        return [one.node for one in strangers] + self._net.prune(self._topology)

    # -- operations -------------------------------------------------------------------------------

    def _run(self, operation: Operation) -> str:
        handlers: dict[type[Operation], Callable[[Any], str]] = {
            plans.CreateNetwork: self._create_network,
            plans.StartNode: self._start_node,
            plans.CreateLink: self._create_link,
            plans.JoinLinks: self._join_links,
            plans.ConfigureNode: self._configure,
            plans.AwaitReady: self._await_ready,
            plans.AwaitExit: self._await_exit,
            plans.ApplyIntents: self._apply_intents,
            plans.VerifyForwarding: self._verify,
        }
        return handlers[type(operation)](operation)

    def _create_network(self, _: plans.CreateNetwork) -> str:
        made = mgmt.ensure(self._docker, self._topology)
        return "created" if made else "there"

    def _start_node(self, operation: plans.StartNode) -> str:
        node = operation.node
        if node.kind is Kind.BRIDGE:
            self._net.create_bridge(self._topology, node.name)
            return "there"
        with self._starting:
            if self._cancellation.is_set:
                return "cancelled"
            note = self._start_container(node)
        self._stage_exec(node, Stage.CREATE)
        return note

    def _start_container(self, node: Node) -> str:
        """Create, start and attach a container, or whatever of that is missing."""
        name = self._topology.container_name(node.name)
        files = files_of(self._topology, node)
        network = mgmt.network_name(self._topology)
        spec = container_spec(self._topology, node, network, self._images[node.image], files)
        existing = self._docker.inspect(name)
        if existing is not None and existing.lab != self._topology.name:
            raise LabError(
                f"a container named {name} exists already, and it is not of this lab",
                "remove it, or choose another lab name (--name) or prefix",
            )
        if existing is not None and existing.spec != spec.labels["dpulab.spec"]:
            self._progress.say(f"{node.name} changed: making it anew")
            self._docker.remove(existing.id)
            existing = None
        if existing is not None and existing.running:
            self._net.attach(self._topology.name, node.name, existing.pid)
            return "runs"
        if existing is None:
            self._made.nodes.append(node.name)
            self._docker.create(spec)
            for path, data in files.items():
                self._docker.put(name, data, path)
        start_container(self._docker, self._net, self._topology, node)
        self._started.add(node.name)
        return "started"

    def _create_link(self, operation: plans.CreateLink) -> str:
        link = operation.link
        is_mgmt = link.type is LinkType.MGMT_NET
        bridge = mgmt.bridge_name(self._topology) if is_mgmt else ""
        made = self._net.ensure_link(self._topology, link, bridge)
        if made:
            self._made.links.append(link)
        return "created" if made else "whole"

    def _join_links(self, operation: plans.JoinLinks) -> str:
        node = operation.node
        deadline = time.monotonic() + _CARRIER_DEADLINE
        for pause in backoff():
            waiting = self._net.waiting_ends(self._topology, node.name)
            if not waiting or time.monotonic() > deadline:
                break  # a link that was cut by hand stays down: that is not ours to judge
            self._cancellation.pause(pause)
        return self._stage_exec(node, Stage.CREATE_LINKS)

    def _configure(self, operation: plans.ConfigureNode) -> str:
        """Commands run when the node was started, or one of its links was made anew."""
        node = operation.node
        touched = node.name in self._started or any(
            end.node == node.name for link in self._made.links for end in link.endpoints
        )
        if not touched:
            return "unchanged"
        run_exec(self._node(node), node)
        self._stage_exec(node, Stage.CONFIGURE)
        return f"{len(node.exec)} commands" if node.exec else "nothing to run"

    def _await_ready(self, operation: plans.AwaitReady) -> str:
        node = operation.node
        if node.kind is Kind.BRIDGE or self._exited_as_planned(node):
            return "nothing to wait for"
        note = await_ready(self._docker, self._topology, node, self.timeout, self._cancellation)
        self._stage_exec(node, Stage.HEALTHY)
        return note

    def _exited_as_planned(self, node: Node) -> bool:
        """Nodes that others wait for to exit are jobs: they may be gone before we look."""
        nodes = self._topology.nodes.values()
        awaited = {pair for one in nodes for rule in one.stages for pair in rule.wait_for}
        return (node.name, Stage.EXIT) in awaited

    def _await_exit(self, operation: plans.AwaitExit) -> str:
        name = self._topology.container_name(operation.node.name)
        for pause in backoff():
            found = self._docker.inspect(name)
            if found is None or not found.running:
                break
            self._cancellation.pause(pause)
        self._stage_exec(operation.node, Stage.EXIT)
        return "exited"

    def _apply_intents(self, operation: plans.ApplyIntents) -> str:
        node = operation.node
        found = self._docker.inspect(self._topology.container_name(node.name))
        address = found.ipv4 if found else ""
        count = apply_intents(node, address)
        return f"{count} intents"

    def _verify(self, operation: plans.VerifyForwarding) -> str:
        def one(pair: tuple[str, str]) -> str:
            sender = self._node(self._topology.nodes[pair[0]])
            return verify_pair(self._topology, self._net, sender, pair[1], self._cancellation)

        if not (self._made.nodes or self._made.links or self._started):
            return "unchanged"
        with ThreadPoolExecutor(8) as pool:
            return "; ".join(pool.map(one, operation.pairs))

    def _node(self, node: Node) -> ContainerNode:
        return container_node(self._docker, self._topology, node.name)

    def _stage_exec(self, node: Node, stage: Stage) -> str:
        commands = [one for rule in node.stages if rule.stage is stage for one in rule.exec]
        if node.name in self._started:
            for command in commands:
                self._run_stage_command(node, command)
        return f"{len(commands)} commands" if commands else "done"

    def _run_stage_command(self, node: Node, command: StageExec) -> None:
        if command.target == "host":
            result = subprocess.run(
                shlex.split(command.command), capture_output=True, text=True, check=False
            )
            if result.returncode:
                raise LabError(f"host command {command.command!r} failed: {result.stderr.strip()}")
            return
        run_command(self._node(node), command.command)

    # -- rollback ---------------------------------------------------------------------------------

    def _roll_back(self) -> None:
        """Take back what this run made: the whole lab when there was none before."""
        self._progress.say("rolling back")
        with _signals_ignored():
            if self._made.fresh:
                destroy(self._topology.name, self._docker, self._net, settle=True)
                return
            for name in self._made.nodes:
                self._docker.remove(self._topology.container_name(name))
                self._net.detach(self._topology.name, name)


def container_node(docker: Docker, topology: Topology, name: str) -> ContainerNode:
    """The Node interface of a container."""
    return ContainerNode(docker, name, topology.container_name(name), pin_path(topology.name, name))


def start_container(docker: Docker, net: NetOps, topology: Topology, node: Node) -> None:
    """Start a created or stopped container and give it the link ends that it had before."""
    name = topology.container_name(node.name)
    docker.start(name)
    found = docker.inspect(name)
    if found is None or not found.pid:
        raise _ended_at_once(docker, node, name)
    if node.network_mode == "host":
        return
    try:
        moved = net.attach(topology.name, node.name, found.pid)
    except LabError as error:
        found = docker.inspect(name)
        if found is None or not found.running:  # it ended while we were entering its namespace
            raise _ended_at_once(docker, node, name) from error
        raise
    if moved:
        net.reconfigure(topology, node.name)
    if node.on_mgmt and not mgmt.keeps_default_route(topology):
        net.drop_default_route(topology.name, node.name)


def _ended_at_once(docker: Docker, node: Node, name: str) -> LabError:
    words = docker.logs(name, 15).decode(errors="replace").strip()
    return LabError(f"{node.name} ended as soon as it was started", f"its last words:\n{words}")


def await_ready(
    docker: Docker, topology: Topology, node: Node, timeout: float, cancellation: Cancellation
) -> str:
    """Wait until a container is ready."""
    container = container_node(docker, topology, node.name)
    name = topology.container_name(node.name)
    return ReadinessProbe(docker, node, container, name, timeout).wait(cancellation)


def run_exec(container: ContainerNode, node: Node) -> None:
    """Run a node's exec commands in order; the first that fails is an error."""
    for command in node.exec:
        run_command(container, command)


def run_command(container: ContainerNode, command: str) -> None:
    """Run one command line, split as containerlab does (no shell)."""
    result = container.exec(shlex.split(command), timeout=60)
    if result.exit_code:
        words = (result.stderr or result.stdout).strip()
        raise LabError(
            f"{container.name}: `{command}` failed with exit code {result.exit_code}: {words}",
            "commands run without a shell; wrap pipes and variables in sh -c '...'",
        )


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: with a rollback."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handlers(interrupt, SIGTERM, SIGHUP):
        yield


@contextmanager
def _signals_ignored() -> Iterator[None]:
    """A second Ctrl-C must not cut the rollback short."""
    with _handlers(SIG_IGN, SIGINT, SIGTERM, SIGHUP):
        yield


@contextmanager
def _handlers(handler: Any, *numbers: int) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers; others are not interrupted
        return
    before = [(number, signal(number, handler)) for number in numbers]
    try:
        yield
    finally:
        for number, old in before:
            signal(number, old)


__all__ = ["BringUp", "Plan", "bring_up"]
