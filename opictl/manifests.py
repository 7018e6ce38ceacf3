"""apply, diff, delete and export: resources of any kind, from and to manifests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from opi import apply as plans
from opi.apply import Action, Step
from opi.manifest import Item, read, to_document
from opi.resources import Resources, ResourceType, resources
from opi.status import CallError
from opictl.areas import find_kind, kind_names
from opictl.errors import (
    EXIT_REFUSED,
    EXIT_UNREACHABLE,
    CommandError,
    did_you_mean,
    show_note,
    show_words,
)
from opictl.groups import FlagCommand
from opictl.output import print_documents, say
from opictl.problems import call_words
from opictl.session import Session, action, global_options

_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "deleted",
    Action.UNCHANGED: "unchanged",
}
_MARKS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-"}


def command(name: str) -> click.Command:
    """The command of this name."""
    return {"apply": _apply, "diff": _diff, "delete": _delete, "export": _export}[name]()


def _command(
    name: str, body: Callable[[click.Context], int | None], own: list[click.Parameter], words: str
) -> click.Command:
    params = [*own, *global_options(hidden=True)]
    return FlagCommand(name, callback=action(body), params=params, help=words)


def _files() -> list[click.Parameter]:
    kind = click.Path(allow_dash=True)
    words = "A manifest, a folder of them, or - for standard input; may be given several times."
    return [
        click.Argument(["more_files"], nargs=-1, metavar="[FILE…]", type=kind),
        click.Option(
            ["files", "--file", "-f"], multiple=True, metavar="FILE", help=words, type=kind
        ),
    ]


def _items(ctx: click.Context) -> list[Item]:
    """The resources of the files on the command line. Raises CommandError, ManifestError."""
    files = [*ctx.params["files"], *ctx.params["more_files"]]
    if not files:
        raise CommandError("which manifest?", f"`{ctx.command_path} -f FILE`", ctx)
    return read(files)


def _dry_run() -> click.Option:
    return click.Option(["dry_run", "--dry-run"], is_flag=True, help="Only say what would be done.")


def _with_secrets() -> click.Option:
    return click.Option(
        ["with_secrets", "--with-secrets"],
        is_flag=True,
        help="Send secrets of the manifest again: a DPU does not show whether they differ.",
    )


def _apply() -> click.Command:
    return _command(
        "apply",
        _run_apply,
        [*_files(), _dry_run(), _with_secrets()],
        "Make resources what a manifest says: missing ones are created, different ones updated.\n\n"
        "What others refer to comes first. Doing it twice changes nothing. Fields that the "
        "manifest does not name stay as they are, and so do resources that it does not name.\n\n"
        "\b\n"
        "A manifest is YAML or JSON, documents parted by ---:\n"
        "  kind: NvmeSubsystem\n"
        "  name: nvmeSubsystems/sub0\n"
        "  spec:\n"
        "    nqn: nqn.2022-09.io.spdk:opi1",
    )


def _diff() -> click.Command:
    return _command(
        "diff",
        _run_diff,
        [*_files(), _with_secrets()],
        "Show what apply would change. Ends with 1 when there is a difference, 0 without one.",
    )


def _delete() -> click.Command:
    return _command(
        "delete",
        _run_delete,
        [*_files(), _dry_run()],
        "Delete the resources of a manifest, children and referrers first.\n\n"
        "What is gone already is no error. One resource: `opictl AREA NOUN delete NAME`.",
    )


def _export() -> click.Command:
    kinds = click.Argument(["kinds"], nargs=-1, metavar="[KIND…]", shell_complete=_complete_kinds)
    output = next(one for one in global_options(hidden=False) if "--output" in one.opts)
    others = global_options(hidden=True, without=frozenset({"--output"}))
    return FlagCommand(
        "export",
        callback=action(_run_export),
        params=[kinds, output, *others],
        help="Print the DPU's resources as a manifest that apply reads: all, or those of some "
        "kinds. Without what the DPU reports itself, and without secrets.",
    )


def _run_apply(ctx: click.Context) -> int | None:
    session = Session(ctx)
    items = _items(ctx)
    with session.client() as client:
        steps = plans.plan(client, items, with_secrets=ctx.params["with_secrets"])
        if ctx.params["dry_run"]:
            for step in steps:
                _tell(session, step, would=True)
            return None
        plans.apply(client, steps, lambda step: _tell(session, step))
    return None


def _tell(session: Session, step: Step, *, would: bool = False) -> None:
    if session.chosen_output == "name":
        say(step.item.name)
        return
    done = _DONE[step.action]
    if would and step.action is not Action.UNCHANGED:
        done = f"would be {done}"
    say(f"{step.item}: {done}")
    for change in step.changes if would or step.action is Action.UPDATE else ():
        say(f"    {change.path}: {change.old} -> {change.new}")


def _run_diff(ctx: click.Context) -> int:
    items = _items(ctx)
    try:
        with Session(ctx).client() as client:
            steps = plans.plan(client, items, with_secrets=ctx.params["with_secrets"])
    except CallError as error:
        show_words(*call_words(error))
        return EXIT_UNREACHABLE
    different = [step for step in steps if step.action is not Action.UNCHANGED]
    for step in different:
        say(f"{_MARKS[step.action]} {step.item}")
        for change in step.changes:
            say(f"    {change.path}: {change.old} -> {change.new}")
    return EXIT_REFUSED if different else 0


def _run_delete(ctx: click.Context) -> int | None:
    session = Session(ctx)
    steps = plans.plan_delete(_items(ctx))
    if ctx.params["dry_run"]:
        for step in steps:
            _tell(session, step, would=True)
        return None
    with session.client() as client:
        plans.apply(client, steps, lambda step: _tell(session, step))
    return None


def _run_export(ctx: click.Context) -> None:
    session = Session(ctx)
    wanted = [_kind(text) for text in ctx.params["kinds"]]
    skipped: list[ResourceType] = []
    with session.client() as client:
        source = _Chosen(wanted) if wanted else None
        documents = [to_document(*one) for one in plans.export(client, skipped.append, source)]
    if session.output == "name":
        for document in documents:
            say(document["name"])
    elif documents or session.output == "json":
        print_documents(documents, as_json=session.output == "json")
    if skipped and wanted:
        show_note(f"not supported by this DPU: {_list(skipped)}")
    elif skipped:
        show_note(f"{len(skipped)} kinds are not supported by this DPU")


class _Chosen(Resources):
    """Some kinds of those that there are; parents and references are looked up among all."""

    def __init__(self, kinds: Sequence[ResourceType]) -> None:
        self.__dict__.update(resources().__dict__)
        self.types = tuple(dict.fromkeys(kinds))


def _list(kinds: Sequence[ResourceType]) -> str:
    return ", ".join(one.kind for one in kinds)


def _kind(text: str) -> ResourceType:
    kind = find_kind(text)
    if kind is None:
        raise CommandError(f"no kind is called {text!r}", did_you_mean(text, kind_names()))
    return kind


def _complete_kinds(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return sorted(name for name in kind_names() if name.startswith(incomplete))
