"""Commands on nodes: exec, logs, node stop|start|restart|kill."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Annotated

import typer
from rich.markup import escape

from lab.cli.common import LabOption, chosen_lab, err
from lab.engine.session import LabSession
from lab.errors import LabError

NodeArgument = Annotated[str, typer.Argument(help="Node name.", metavar="NODE")]
node_app = typer.Typer(
    no_args_is_help=True, help="Stop, start, restart or kill one node; its links are kept."
)


def exec_(
    node: NodeArgument,
    command: Annotated[list[str], typer.Argument(help="The command, after --.")],
    lab: LabOption = None,
    *,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="With a terminal, as for a shell.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds until it is killed.")] = 300.0,
) -> None:
    """Run a command in a node; ends with the command's exit code."""
    session = chosen_lab(lab)
    if interactive:
        _become_docker_exec(session, node, command)
    try:
        result = session.node(node).exec(command, timeout=timeout)
    except TimeoutError as error:
        raise LabError(f"{node}: {error}", "give it more with --timeout") from error
    sys.stdout.write(result.stdout)
    sys.stdout.flush()
    sys.stderr.write(result.stderr)
    raise typer.Exit(result.exit_code)


def _become_docker_exec(session: LabSession, node: str, command: list[str]) -> None:
    """A terminal needs no verdict and no deadline: hand over to the docker client."""
    client = shutil.which("docker")
    if client is None:
        raise LabError("there is no docker client on PATH", "leave --interactive out")
    found = session.container(node)
    if found is None or not found.running:
        raise LabError(f"node {node} is not running", f"`dpulab node start {node}` starts it")
    flags = ["-it"] if sys.stdin.isatty() else ["-i"]
    os.execv(client, [client, "exec", *flags, found.name, *command])  # noqa: S606 - our own lookup


def logs(
    node: NodeArgument,
    lab: LabOption = None,
    *,
    tail: Annotated[int | None, typer.Option(min=0, help="Only the last lines.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until it ends.")] = False,
) -> None:
    """Print what a node's main process has printed."""
    session = chosen_lab(lab)
    if not follow:
        sys.stdout.write(session.node(node).logs(tail))
        return
    found = session.container(node)
    if found is None:
        raise LabError(f"node {node} has no container")
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
    app.command("exec", context_settings={"allow_interspersed_args": True})(exec_)
    app.command()(logs)
    app.add_typer(node_app, name="node")
