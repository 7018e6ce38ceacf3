"""The root of the command line: areas, commands, global flags; and how everything ends."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import click
from click.shell_completion import shell_complete

from opictl.errors import (
    EXIT_BROKEN_PIPE,
    EXIT_CODES,
    EXIT_INTERRUPTED,
    EXIT_REFUSED,
    EXIT_USAGE,
    did_you_mean,
    show_words,
)
from opictl.groups import LazyGroup, area_group, firewall_group, write_commands, write_flags
from opictl.session import FORMATS, global_options
from opictl.vocabulary import AREAS, FIREWALL_HELP

PROGRAM = "opictl"
COMPLETION_VARIABLE = "_OPICTL_COMPLETE"

COMMANDS = {
    "apply": ("opictl.manifests", "Make resources what a manifest says."),
    "diff": ("opictl.manifests", "Show what apply would change."),
    "delete": ("opictl.manifests", "Delete the resources of a manifest."),
    "export": ("opictl.manifests", "Print the DPU's resources as a manifest."),
    "watch": ("opictl.watch", "Show changes as they happen."),
    "call": ("opictl.commands", "Call any method with JSON."),
    "describe": ("opictl.describe", "Explain a kind, service, method or field."),
    "services": ("opictl.commands", "Show the services and whether each is healthy."),
    "schema": ("opictl.commands", "Print the JSON Schema of manifests, for editors."),
    "context": ("opictl.context_commands", "Which DPUs there are, and which is used."),
    "completion": ("opictl.commands", "Print the completion script of a shell."),
    "version": ("opictl.commands", "Print the version."),
}
"""Commands besides the areas: the module that makes each, and what it does."""

EXAMPLES = """\b
Examples:
  opictl inventory get
  opictl storage subsystem create sub0 --nqn nqn.2022-09.io.spdk:opi1
  opictl storage subsystem list
  opictl apply -f lab.yml --dry-run"""


def root() -> LazyGroup:
    """The whole command line."""
    return _Root(
        PROGRAM,
        names=_names,
        usage="AREA NOUN VERB",
        make=_make,
        hint=_hint,
        params=[*global_options(hidden=False), _version_option()],
        help=f"Configure a DPU through the OPI API.\n\n{EXAMPLES}",
        epilog=_exit_codes(),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def _exit_codes() -> str:
    lines = (f"{code:>5}  {words}" for code, words in EXIT_CODES)
    return "\n".join(["\b", "Exit codes:", *lines])


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            import_module("opictl.commands").show_version()
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Print the version.",
    )


def _names() -> dict[str, str]:
    return {**_area_helps(), **{name: words for name, (_, words) in COMMANDS.items()}}


def _area_helps() -> dict[str, str]:
    areas = {area.name: area.help for area in AREAS.values()}
    return {**areas, "firewall": FIREWALL_HELP}


def _make(word: str) -> click.Command | None:
    if word in AREAS:
        return area_group(word)
    if word == "firewall":
        return firewall_group()
    if word not in COMMANDS:
        return None
    module = import_module(COMMANDS[word][0])
    command: click.Command = module.command(word)
    return command


def _hint(word: str) -> str:
    """Where a noun belongs that somebody has typed without its area, or a verb without a noun."""
    from_verbs: Callable[[str], str] = import_module("opictl.wayfinding").hint
    return from_verbs(word)


class _Root(LazyGroup):
    """Help with a section for the areas, and `--output` and its like for everything below."""

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Areas, then commands."""
        write_commands(formatter, "Areas: opictl AREA NOUN VERB", _area_helps().items())
        write_commands(formatter, "Commands", [(n, words) for n, (_, words) in COMMANDS.items()])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The global flags, after areas and commands: they are needed less often."""
        self.format_commands(ctx, formatter)
        title = "Global flags, anywhere on the line"
        write_flags(formatter, title, self.get_params(ctx), ctx)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the process's own; return its exit code.

    Whatever goes wrong becomes words on stderr: what happened, and what to do about it.
    """
    # gRPC's C library has words of its own for stderr; ours say the same.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        return _end_quietly()
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - nobody wants to read a traceback
        return _explain(error)
    return code if isinstance(code, int) else 0


def _run(arguments: list[str]) -> Any:
    """What click's own `main` does, without its words about interrupts and broken pipes."""
    group = root()
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        return shell_complete(group, {}, PROGRAM, COMPLETION_VARIABLE, instruction)
    try:
        with group.make_context(PROGRAM, arguments) as context:
            return group.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code


def _end_quietly() -> int:
    """What read our output has gone: nothing more is written, at exit neither."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return EXIT_BROKEN_PIPE


def _explain(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        return _explain_usage(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        show_words(f"{place}{error.strerror or error}")
        return EXIT_USAGE
    # Errors of the client library: imported by now if they can have happened at all.
    problems: Any = import_module("opictl.problems")
    code: int | None = problems.explain(error)
    if code is not None:
        return code
    if os.environ.get("OPICTL_DEBUG"):
        traceback.print_exception(error)
    show_words(
        f"this is a defect of opictl: {type(error).__name__}: {error}",
        "please report it; OPICTL_DEBUG=1 shows where it happened",
    )
    return EXIT_REFUSED


def _explain_usage(error: click.ClickException) -> int:
    """A command line that cannot be read."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context else PROGRAM
    hint = getattr(error, "hint", "") or f"`{path} --help` shows how it is used"
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
        message = f"`{path}` has no flag {name}"
        flags = _flags_of(context) if context else []
        hint = did_you_mean(name.removeprefix("--no-").strip("-"), flags, hint)
        hint = hint.replace("did you mean ", "did you mean --").replace(" or ", " or --")
        if name[2:] in FORMATS and "output" in flags:
            hint = f"-o {name[2:]} says how to print"
    elif isinstance(error, click.MissingParameter) and error.param is not None:
        message = f"{_called(error.param)} is missing"
        if error.param.name in {"names", "resource_name"}:
            hint = f"`{path.rpartition(' ')[0]} list` shows the names"
    elif isinstance(error, click.BadParameter) and error.param is not None:
        message = f"{_called(error.param)}: {error.message}"
        if isinstance(error.param.type, click.Choice):
            hint = did_you_mean(error.message.split("'")[1], error.param.type.choices, hint)
    elif message.startswith("Got unexpected extra"):
        message = f"too much on the line: {message.partition('(')[2].rstrip(').')}"
    show_words(message.rstrip("."), hint)
    return EXIT_USAGE


def _flags_of(context: click.Context) -> list[str]:
    params = context.command.get_params(context)
    names = (name for one in params for name in one.opts if name.startswith("--"))
    return [name[2:] for name in names]


def _called(param: click.Parameter) -> str:
    if isinstance(param, click.Option):
        return max(param.opts[:1], key=len)
    text = (param.metavar or param.name or "").strip("…")
    return text[1:-1].strip("…") if text.startswith("[") and text.endswith("]") else text


def main() -> None:
    """Entry point of the console script."""
    sys.exit(run())
