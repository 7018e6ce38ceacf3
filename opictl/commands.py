"""Small commands: call, services, schema, completion, version."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version
from typing import Any

import click
from click.shell_completion import get_completion_class

from opictl.groups import FlagCommand
from opictl.session import Session, action, global_options

PROGRAM = "opictl"
DISTRIBUTION = "dpulab"
SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_OPICTL_COMPLETE"


def command(name: str) -> click.Command:
    """The command of this name."""
    return {
        "call": _call,
        "services": _services,
        "schema": _schema,
        "completion": _completion,
        "version": _version,
    }[name]()


def _call() -> click.Command:
    def run(ctx: click.Context) -> None:
        import_module("opictl.call_any").call(ctx)

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        found: list[str] = import_module("opictl.call_any").complete_methods(ctx, param, incomplete)
        return found

    return FlagCommand(
        "call",
        callback=action(run),
        params=[
            click.Argument(["method"], metavar="METHOD", shell_complete=complete),
            click.Argument(["body"], metavar="[BODY|@FILE|-]", required=False),
            *global_options(hidden=True),
        ],
        help="Call any method with a request in JSON (or YAML), and print the answer in JSON.\n\n"
        "METHOD is package.Service/Method, or only its end where that is clear: GetNvmeSubsystem. "
        "Methods that opictl does not know are described by the server itself (gRPC reflection). "
        "A stream of requests is several documents, parted by ---; of a stream of answers each "
        "is a line.\n\n"
        "\b\nExamples:\n"
        '  opictl call GetNvmeSubsystem \'{"name": "nvmeSubsystems/sub0"}\'\n'
        "  opictl call grpc.health.v1.Health/Check",
    )


def _services() -> click.Command:
    return FlagCommand(
        "services",
        callback=action(_show_services),
        params=[*_shown_output(), *_hidden_others()],
        help="Show the services of the DPU and the health of each.\n\n"
        "SERVING: it works. NOT_SERVING: the DPU knows it, but cannot do it (yet).",
    )


def _show_services(ctx: click.Context) -> None:
    client_module = import_module("opi.status")
    output = import_module("opictl.output")
    session = Session(ctx)
    with session.client() as client:
        rows = [(name, _health(client, name, client_module)) for name in _served(client)]
    if session.output == "json":
        click.echo(
            json.dumps([{"service": name, "health": state} for name, state in rows], indent=2)
        )
    elif session.output == "name":
        output.say("\n".join(name for name, _ in rows))
    else:
        output.print_table(("SERVICE", "HEALTH"), rows)


def _served(client: Any) -> list[str]:
    """What the server says that it serves; what we know, where it does not say."""
    status = import_module("opi.status")
    try:
        served: list[str] = import_module("opi.reflection").Reflection(client).services()
    except status.CallError as error:
        if error.status.code != "UNIMPLEMENTED":
            raise
        return list(import_module("opi.catalog").catalog().services)
    return served


def _health(client: Any, service: str, status: Any) -> str:
    try:
        return str(client.health(service))
    except status.CallError as error:
        if error.status.code in {"NOT_FOUND", "UNIMPLEMENTED"}:
            return "-"
        raise


def _schema() -> click.Command:
    def run(_: click.Context) -> None:
        click.echo(json.dumps(import_module("opi.schema").manifest_schema(), indent=2))

    return FlagCommand(
        "schema",
        callback=action(run),
        params=[*global_options(hidden=True)],
        help="Print the JSON Schema of manifests: with it, editors complete and check them.",
    )


def _completion() -> click.Command:
    def run(ctx: click.Context) -> None:
        shell = ctx.params["shell"]
        kind = get_completion_class(shell)
        assert kind is not None
        click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())

    return FlagCommand(
        "completion",
        callback=action(run),
        params=[
            click.Argument(["shell"], type=click.Choice(SHELLS), metavar="bash|zsh|fish"),
            *global_options(hidden=True),
        ],
        help="Print the completion script of a shell.\n\n\b\n"
        "  bash:  source <(opictl completion bash)\n"
        "  zsh:   source <(opictl completion zsh)\n"
        "  fish:  opictl completion fish | source\n\n"
        "Names of resources come from the DPU itself, if it answers within a second.",
    )


def _version() -> click.Command:
    return FlagCommand(
        "version",
        callback=action(lambda _: show_version()),
        params=[*global_options(hidden=True)],
        help="Print the version.",
    )


def show_version() -> None:
    """Print the version."""
    click.echo(f"{PROGRAM} {version(DISTRIBUTION)}")


def _shown_output() -> list[click.Option]:
    return [one for one in global_options(hidden=False) if "--output" in one.opts]


def _hidden_others() -> list[click.Option]:
    return global_options(hidden=True, without=frozenset({"--output"}))
