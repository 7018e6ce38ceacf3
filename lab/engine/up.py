"""`up`: bring a lab to what its file says, from nothing or from a damaged state.

Every operation looks first and does only what is missing, so a second `up` is a no-op and a damaged
lab is repaired. Any failure, or Ctrl-C, takes back what this run made.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from lab import plan as plans
from lab.card import storage_pairs
from lab.engine import mgmt, nodes
from lab.engine.cancellation import Cancellation
from lab.engine.down import destroy
from lab.engine.executor import Progress, execute
from lab.engine.images import Images
from lab.engine.intents import apply_intents
from lab.engine.labfiles import remove_lab_files, write_lab_files
from lab.engine.readiness import backoff
from lab.engine.specs import container_spec, files_of
from lab.engine.verify import verify_pair
from lab.errors import LabError
from lab.links.netops import NetOps
from lab.ownership import lab_folder, state_path
from lab.plan import Operation
from lab.runtime.container import Container, ContainerSpec
from lab.runtime.container_node import ContainerNode
from lab.runtime.docker_engine import Docker
from lab.topology.model import Kind, Link, Node, Stage, Topology

DEFAULT_TIMEOUT = 120.0
"""How long one node may take to become ready. Seconds."""

_AFTER_START = (
    (Stage.CREATE, "on-enter"),  # before it there is no container to run anything in
    (Stage.CREATE, "on-exit"),
    (Stage.CREATE_LINKS, "on-enter"),
)
"""Commands that run once a node has started, before its first link is created."""


def default_workers() -> int:
    """Containers started at once: the daemon gains nothing from more than a few per core."""
    return max(4, 4 * (os.cpu_count() or 1))


@dataclass
class _Made:
    """What this run made or started, for the rollback and for what follows from it."""

    nodes: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    started: set[str] = field(default_factory=set)

    def touches(self, node: str) -> bool:
        """Whether a node was started, or one of its links was made anew."""
        ends = (end.node for link in self.links for end in link.endpoints)
        return node in self.started or node in ends

    def __bool__(self) -> bool:
        return bool(self.nodes or self.links or self.started)


@dataclass
class BringUp:
    """One run of `up`. The caller holds the lab's lock."""

    topology: Topology
    docker: Docker
    net: NetOps
    progress: Progress
    images: Images
    cancellation: Cancellation
    workers: int = field(default_factory=default_workers)
    timeout: float = DEFAULT_TIMEOUT

    def __post_init__(self) -> None:
        self._starting = threading.BoundedSemaphore(self.workers)
        self._made = _Made()

    def perform(self) -> bool:
        """Bring the lab up or repair it. Returns whether anything had to be done.

        Raises LabError after rolling back, CancelledRunError when it was called off.
        """
        plan = plans.build(self.topology)
        before = self.docker.containers(self.topology.name)
        self._refuse_another_file(before)
        is_new = self._is_new(before)
        try:
            self.net.begin(self.topology.name)
            removed = self._remove_strangers(before)
            execute(plan, self._run, self.progress, self.cancellation)
            write_lab_files(self.topology, self.docker.containers(self.topology.name))
            self.net.save(self.topology)
        except BaseException:
            self._roll_back(is_new=is_new)
            raise
        return bool(removed or self._made)

    def _refuse_another_file(self, containers: list[Container]) -> None:
        source = str(self.topology.source)
        others = {one.topology for one in containers if one.topology} - {source}
        if others:
            name = self.topology.name
            raise LabError(
                f"lab {name} is up from another file: {', '.join(sorted(others))}",
                f"`dpulab down {name}` first, or choose another name with --name",
            )

    def _is_new(self, containers: list[Container]) -> bool:
        """Whether no `up` of this lab has ever been completed, so that nothing of it is to stay.

        After a reboot the containers are there, but nothing under /run.
        """
        lab = self.topology.name
        return not state_path(lab).exists() and (lab_folder(lab).exists() or not containers)

    def _remove_strangers(self, containers: list[Container]) -> list[str]:
        """Remove nodes and links of this lab that its file no longer has."""
        strangers = [one for one in containers if one.node not in self.topology.nodes]
        for stranger in strangers:
            self.progress.say(f"{stranger.node} is no longer in the file: removing it")
            self.docker.remove(stranger.id)
        return [one.node for one in strangers] + self.net.prune(self.topology)

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
        return "created" if mgmt.ensure(self.docker, self.topology) else "there"

    def _start_node(self, operation: plans.StartNode) -> str:
        node = operation.node
        if node.kind is Kind.BRIDGE:
            made = self.net.create_bridge(self.topology, node.name)
            self._made.nodes += [node.name] if made else []
            return "created" if made else "there"
        with self._starting:
            self.cancellation.check()
            note = self._start_container(node)
        for stage, phase in _AFTER_START:
            self._stage_exec(node, stage, phase)
        return note

    def _start_container(self, node: Node) -> str:
        """Create, start and attach a container, or whatever of that is missing."""
        files = files_of(self.topology, node)
        network = mgmt.network_name(self.topology)
        loops = self._storage(node)
        image_id = self.images[node.image]
        spec = container_spec(self.topology, node, network, image_id, files, loops=loops)
        existing = self._fitting(node, spec)
        if existing is not None and existing.running:
            nodes.attach(self.docker, self.net, self.topology, node)
            return "runs"
        if existing is None:
            self._made.nodes.append(node.name)
            self.docker.create(spec)
            for path, data in files.items():
                self.docker.put(spec.name, data, path)
        nodes.start_container(self.docker, self.net, self.topology, node)
        self._made.started.add(node.name)
        return "started"

    def _storage(self, node: Node) -> list[int]:
        """Loop devices and folders of a node that has to do with block devices."""
        pairs = storage_pairs(self.topology)
        if not node.storage and all(node.name not in pair for pair in pairs):
            return []
        return self.net.ensure_storage(self.topology, node.name)

    def _fitting(self, node: Node, spec: ContainerSpec) -> Container | None:
        """The node's container if it is as its file has it; one that is not is removed."""
        existing = self.docker.inspect(spec.name)
        if existing is None:
            return None
        if existing.lab != self.topology.name:
            raise LabError(
                f"a container named {spec.name} exists already, and it is not of this lab",
                "remove it, or choose another lab name (--name) or prefix",
            )
        if existing.spec == spec.labels["dpulab.spec"]:
            return existing
        self.progress.say(f"{node.name} changed: making it anew")
        self.docker.remove(existing.id)
        return None

    def _create_link(self, operation: plans.CreateLink) -> str:
        made = self.net.ensure_link(self.topology, operation.link)
        if made:
            self._made.links.append(operation.link)
        return "created" if made else "whole"

    def _join_links(self, operation: plans.JoinLinks) -> str:
        node = operation.node
        ends = [end for _, end in self.topology.links_of(node.name)]
        nodes.await_carrier(self.net, self.topology, ends, self.cancellation)
        self._stage_exec(node, Stage.CREATE_LINKS, "on-exit")
        return "done"

    def _configure(self, operation: plans.ConfigureNode) -> str:
        """Commands run when the node was started, or one of its links was made anew."""
        node = operation.node
        if not self._made.touches(node.name):
            return "unchanged"
        self._stage_exec(node, Stage.CONFIGURE, "on-enter")
        if node.name in self._made.started:
            nodes.run_exec(self._node(node), node, self.cancellation)
        else:
            self._configure_again(node)
        self._stage_exec(node, Stage.CONFIGURE, "on-exit")
        return f"{len(node.exec)} commands" if node.exec else "nothing to run"

    def _configure_again(self, node: Node) -> None:
        """Commands need not bear being repeated; a node where they fail gets a fresh start."""
        try:
            nodes.run_exec(self._node(node), node, self.cancellation)
        except LabError as error:
            self.cancellation.check()
            self.progress.say(f"restarting {node.name}: {error.message}")
            self.docker.stop(self.topology.container_name(node.name))
            nodes.start_container(self.docker, self.net, self.topology, node)
            self._made.started.add(node.name)
            nodes.run_exec(self._node(node), node, self.cancellation)

    def _await_ready(self, operation: plans.AwaitReady) -> str:
        node = operation.node
        if node.kind is Kind.BRIDGE or self._exited_as_planned(node):
            return "nothing to wait for"
        self._stage_exec(node, Stage.HEALTHY, "on-enter")
        note = nodes.await_ready(self.docker, self.topology, node, self.timeout, self.cancellation)
        self._stage_exec(node, Stage.HEALTHY, "on-exit")
        return note

    def _exited_as_planned(self, node: Node) -> bool:
        """Nodes that others wait for to exit are jobs: they may be gone before we look."""
        rules = (rule for one in self.topology.nodes.values() for rule in one.stages)
        return any((node.name, Stage.EXIT) in rule.wait_for for rule in rules)

    def _await_exit(self, operation: plans.AwaitExit) -> str:
        name = self.topology.container_name(operation.node.name)
        self._stage_exec(operation.node, Stage.EXIT, "on-enter")
        for pause in backoff():
            found = self.docker.inspect(name)
            if found is None or not found.running:
                break
            self.cancellation.pause(pause)
        self._stage_exec(operation.node, Stage.EXIT, "on-exit")
        return "exited"

    def _apply_intents(self, operation: plans.ApplyIntents) -> str:
        node = operation.node
        found = self.docker.inspect(self.topology.container_name(node.name))
        return apply_intents(node, found.ipv4 if found else "")

    def _verify(self, operation: plans.VerifyForwarding) -> str:
        def one(pair: tuple[str, str]) -> str:
            sender = self._node(self.topology.nodes[pair[0]])
            return verify_pair(self.topology, self.net, sender, pair[1], self.cancellation)

        if not self._made:
            return "unchanged"
        with ThreadPoolExecutor(8) as pool:
            return "; ".join(pool.map(one, operation.pairs))

    def _node(self, node: Node) -> ContainerNode:
        return nodes.container_node(self.docker, self.topology, node.name)

    def _stage_exec(self, node: Node, stage: Stage, phase: str) -> None:
        """Run the commands of one phase of a stage, for a node that was started in this run."""
        if node.name not in self._made.started:
            return
        rules = (rule for rule in node.stages if rule.stage is stage)
        for command in (one for rule in rules for one in rule.exec if one.phase == phase):
            if command.target == "host":
                nodes.run_on_machine(command.command)
            else:
                nodes.run_command(self._node(node), command.command, self.cancellation)

    # -- rollback ---------------------------------------------------------------------------------

    def _roll_back(self, *, is_new: bool) -> None:
        """Take back what this run made: all of the lab when it was never up before."""
        lab = self.topology.name
        self.progress.say("rolling back")
        try:
            if is_new:
                destroy(lab, self.docker, self.net, settle=False)
                remove_lab_files(self.topology.source, lab)
                return
            for name in self._made.nodes:
                self.docker.remove(self.topology.container_name(name))
                self.net.detach(lab, name)
        except LabError as error:
            self.progress.say(f"the rollback failed, `dpulab down {lab}` has to finish it: {error}")
