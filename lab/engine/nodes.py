"""One node: started with its links, ready, and configured by its commands."""

from __future__ import annotations

import shlex
import subprocess
import time

from lab.engine import mgmt
from lab.engine.cancellation import Cancellation
from lab.engine.readiness import ReadinessProbe, backoff
from lab.errors import LabError
from lab.links.netops import NetOps
from lab.links.pins import OWN_NAMESPACE
from lab.node import ExecResult, Process
from lab.ownership import pin_path
from lab.runtime.container_node import ContainerNode
from lab.runtime.docker_engine import Docker
from lab.topology.model import Endpoint, Node, Topology

_COMMAND_TIMEOUT = 60.0
_CARRIER_DEADLINE = 3.0
_END_DEADLINE = 1.0
_POLL = 0.2
"""How often a wait for a command looks whether the run was called off. Seconds."""


def container_node(docker: Docker, topology: Topology, name: str) -> ContainerNode:
    """The Node interface of a container."""
    on_machine = topology.nodes[name].network_mode == "host"
    netns = OWN_NAMESPACE if on_machine else pin_path(topology.name, name)
    return ContainerNode(docker, name, topology.container_name(name), netns)


def start_container(docker: Docker, net: NetOps, topology: Topology, node: Node) -> None:
    """Start a created or stopped container and give it the link ends that it had before."""
    name = topology.container_name(node.name)
    docker.start(name)
    try:
        attach(docker, net, topology, node)
    except LabError as error:
        if _has_ended(docker, name):  # while we were entering its namespace
            raise _ended_at_once(docker, node, name) from error
        raise
    if node.on_mgmt and not mgmt.keeps_default_route(topology):
        net.drop_default_route(topology.name, node.name)


def attach(docker: Docker, net: NetOps, topology: Topology, node: Node) -> None:
    """Pin the namespace of a running container, and configure the ends that moved there."""
    if node.network_mode == "host":
        return  # the machine's own namespace needs no pin, and must never be cleared away
    name = topology.container_name(node.name)
    found = docker.inspect(name)
    if found is None or not found.pid:
        raise LabError(f"{node.name} does not run")
    if net.attach(topology.name, node.name, found.pid):
        net.reconfigure(topology, node.name)


def _has_ended(docker: Docker, name: str) -> bool:
    """Whether a container ended. The daemon learns of it a moment after the process is gone."""
    deadline = time.monotonic() + _END_DEADLINE
    for pause in backoff():
        found = docker.inspect(name)
        if found is None or not found.running:
            return True
        if time.monotonic() > deadline:
            break
        time.sleep(pause)
    return False


def _ended_at_once(docker: Docker, node: Node, name: str) -> LabError:
    words = docker.logs(name, 15).decode(errors="replace").strip()
    return LabError(f"{node.name} ended as soon as it was started", f"its last words:\n{words}")


def await_carrier(
    net: NetOps, topology: Topology, ends: list[Endpoint], cancellation: Cancellation
) -> None:
    """Wait until link ends carry frames: the kernel takes up to a second to see a veth's carrier.

    Gives up without an error: the parent of a macvlan may have no cable, or the link been cut.
    """

    def waits(end: Endpoint) -> bool:
        return end.interface in net.waiting_ends(topology, end.node)

    deadline = time.monotonic() + _CARRIER_DEADLINE
    for pause in backoff():
        if not any(map(waits, ends)) or time.monotonic() > deadline:
            return
        cancellation.pause(pause)


def await_ready(
    docker: Docker, topology: Topology, node: Node, timeout: float, cancellation: Cancellation
) -> str:
    """Wait until a container is ready."""
    container = container_node(docker, topology, node.name)
    name = topology.container_name(node.name)
    return ReadinessProbe(docker, node, container, name, timeout).wait(cancellation)


def run_exec(container: ContainerNode, node: Node, cancellation: Cancellation) -> None:
    """Run a node's exec commands in order; the first that fails is an error."""
    for command in node.exec:
        run_command(container, command, cancellation)


def run_command(container: ContainerNode, command: str, cancellation: Cancellation) -> None:
    """Run one command line in a node, split as containerlab does (no shell)."""
    with container.start(_split(command)) as process:
        result = _wait(process, f"{container.name}: `{command}`", cancellation)
    if result.exit_code:
        words = (result.stderr or result.stdout).strip()
        raise LabError(
            f"{container.name}: `{command}` failed with exit code {result.exit_code}: {words}",
            "commands run without a shell; wrap pipes and variables in sh -c '...'",
        )


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise LabError(f"`{command}`: {error}", "every quote needs its partner") from error


def _wait(process: Process, what: str, cancellation: Cancellation) -> ExecResult:
    deadline = time.monotonic() + _COMMAND_TIMEOUT
    while time.monotonic() < deadline:
        try:
            return process.wait(_POLL)
        except TimeoutError:
            cancellation.check()
    raise LabError(
        f"{what} still runs after {_COMMAND_TIMEOUT:g} s",
        "let it go on in the background: sh -c '... >/dev/null 2>&1 &'",
    )


def run_on_machine(command: str) -> None:
    """Run one command line of a stage on the machine itself, as the caller."""
    try:
        result = subprocess.run(
            _split(command),
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"host command `{command}`: {error}") from error
    if result.returncode:
        raise LabError(f"host command `{command}` failed: {result.stderr.strip()}")
