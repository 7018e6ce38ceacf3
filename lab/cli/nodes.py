"""Commands on nodes: exec, logs, node stop|start|restart|kill."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperCommand

from lab.cli import complete
from lab.cli.common import LabOption, chosen_lab, err
from lab.engine.session import LabSession
from lab.errors import LabError
from lab.runtime.container import Container
from lab.topology.model import Kind

NodeArgument = Annotated[
    str, typer.Argument(help="Node name.", metavar="NODE", autocompletion=complete.nodes)
]
DEADLINE = 300.0
"""Seconds that a command without a terminal gets, unless told otherwise."""

node_app = typer.Typer(
    no_args_is_help=True, help="Stop, start, restart or kill one node; its links are kept."
)


class ExecCommand(TyperCommand):
    """`exec`: the second word that is no option begins the node's command, -- or not."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put -- in front of the node's command, so that its options stay its own."""
        return super().parse_args(ctx, command_apart(args))


def command_apart(args: list[str]) -> list[str]:
    """The same words, with -- before the command where it was left out."""
    seen_node = value_follows = False
    for index, word in enumerate(args):
        if word == "--":
            return args
        if value_follows:
            value_follows = False
        elif word.startswith("-"):
            value_follows = word in ("-l", "--lab", "--timeout")
        elif seen_node:
            return [*args[:index], "--", *args[index:]]
        else:
            seen_node = True
    return args


def exec_(
    node: NodeArgument,
    command: Annotated[
        list[str], typer.Argument(help="The command and its arguments.", metavar="COMMAND")
    ],
    lab: LabOption = None,
    *,
    interactive: Annotated[
        bool,
        typer.Option(
            "--interactive",
            "-i",
            help="Hand over to `docker exec -i`; done by itself on a terminal.",
        ),
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            help="Seconds until it is killed.",
            show_default=f"{DEADLINE:g}, none with a terminal",
        ),
    ] = None,
) -> None:
    """Run a command in a node; ends with the command's exit code."""
    session = chosen_lab(lab)
    container = _container(session, node)
    if interactive or (timeout is None and _on_terminal()):
        _become_docker_exec(container, command)
    try:
        result = session.node(node).exec(command, timeout=timeout or DEADLINE)
    except TimeoutError as error:
        raise LabError(f"{node}: {error}", "give it more with --timeout") from error
    sys.stdout.write(result.stdout)
    sys.stdout.flush()
    sys.stderr.write(result.stderr)
    raise typer.Exit(result.exit_code)


def _on_terminal() -> bool:
    """Whether somebody watches who wants to see output as it comes."""
    return sys.stdin.isatty() and sys.stdout.isatty() and shutil.which("docker") is not None


def _become_docker_exec(container: Container, command: list[str]) -> None:
    """A terminal needs no verdict and no deadline: hand over to the docker client."""
    client = shutil.which("docker")
    if client is None:
        raise LabError("there is no docker client on PATH", "leave --interactive out")
    if not container.running:
        node = container.node
        raise LabError(f"node {node} is not running", f"`dpulab node start {node}` starts it")
    flags = ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
    os.execv(client, [client, "exec", *flags, container.name, *command])  # noqa: S606 - our own lookup


def _container(session: LabSession, node: str) -> Container:
    """A node's container. Raises LabError where there is none."""
    found = session.container(node)
    if found is not None:
        return found
    if session.topology.nodes[node].kind is Kind.BRIDGE:
        raise LabError(f"{node} is a bridge: nothing runs in it")
    raise LabError(f"node {node} does not exist", "`dpulab up` brings it back")


def logs(
    node: NodeArgument,
    lab: LabOption = None,
    *,
    tail: Annotated[int | None, typer.Option(min=0, help="Only the last lines.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the node ends.")] = False,
) -> None:
    """Print what a node's main process has printed."""
    session = chosen_lab(lab)
    found = _container(session, node)
    if not follow:
        sys.stdout.write(session.node(node).logs(tail))
        return
    for chunk in session.docker.follow_logs(found.id, tail):
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()


@node_app.command()
def stop(node: NodeArgument, lab: LabOption = None) -> None:
    """Stop a node cleanly; the far ends of its links stay."""
    with chosen_lab(lab).locked(f"node stop {node}") as session:
        session.stop_node(node)
    err.print(f"{escape(node)} is stopped")


@node_app.command()
def kill(node: NodeArgument, lab: LabOption = None) -> None:
    """Kill a node with SIGKILL; the far ends of its links stay."""
    with chosen_lab(lab).locked(f"node kill {node}") as session:
        session.stop_node(node, kill=True)
    err.print(f"{escape(node)} is killed")


@node_app.command()
def start(node: NodeArgument, lab: LabOption = None) -> None:
    """Start a stopped node, give it its links back and wait until it is ready."""
    with chosen_lab(lab).locked(f"node start {node}") as session:
        session.start_node(node)
    err.print(f"{escape(node)} is ready")


@node_app.command()
def restart(node: NodeArgument, lab: LabOption = None) -> None:
    """Stop and start a node."""
    with chosen_lab(lab).locked(f"node restart {node}") as session:
        session.stop_node(node)
        session.start_node(node)
    err.print(f"{escape(node)} is ready")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("exec", cls=ExecCommand)(exec_)
    app.command()(logs)
    app.add_typer(node_app, name="node")
