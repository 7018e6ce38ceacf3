"""The commands of a resource: create, get, list, update, delete, stats, reset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from opi import standard
from opi.bodies import BodyError, fill
from opi.comments import summary
from opi.forms import FormError
from opi.masks import problem
from opi.numbers import parse_size
from opi.resources import Resources, ResourceType
from opi.yamltree import Tree
from opictl.bodytext import body, body_options
from opictl.complete import parents, reference_completer, resource_names
from opictl.defaults import BLOCK_SIZE, fill_defaults
from opictl.errors import CommandError, did_you_mean
from opictl.fields import RESERVED, Leaf, flag_names, flag_names_of, given, leaves, options, put
from opictl.groups import FlagCommand
from opictl.naming import full_name, parent_name, parent_word
from opictl.output import print_done, print_list, print_message, print_resource, say
from opictl.session import Session, action, global_options

_BODY_KEYS = frozenset({"kind", "name", "id", "parent"})
_MOST_SIZE = (1 << 63) - 1


@dataclass(frozen=True)
class Target:
    """The kind that a command works on.

    Attributes:
        noun: what the command line calls it.
        known: the kinds that its references can mean.
    """

    noun: str
    kind: ResourceType
    known: Resources

    @property
    def leaves(self) -> list[Leaf]:
        """The fields that clients may set."""
        return leaves(self.kind.descriptor)

    def field_options(self) -> list[click.Option]:
        """Their flags."""
        return list(options(flag_names_of(self.kind), self.completer))

    def completer(self, leaf: Leaf) -> Any:
        """What completes the values of a field's flag."""
        return reference_completer(leaf.field, self.known)

    def flags(self) -> dict[str, Leaf]:
        """The leaves by the names of their flags."""
        return {name: leaf for leaf, name in flag_names_of(self.kind).items()}

    def parent(self, ctx: click.Context) -> str:
        """The name of the parent that --parent gives; '' without one."""
        text = ctx.params.get("parent_name")
        return parent_name(self.kind, text, self.known) if text else ""

    def name(self, ctx: click.Context, text: str) -> str:
        """The name that an argument means. Raises CommandError."""
        return full_name(self.kind, text, self.parent(ctx))


def verb_command(target: Target, verb: str) -> click.Command:
    """The command for one of `opi.resources.VERBS`."""
    method = target.kind.methods[verb]
    make, parameters = _VERBS[verb]
    own = parameters(target)
    taken = frozenset(name for one in own for name in one.opts)
    return FlagCommand(
        verb.lower(),
        callback=action(lambda ctx: make(target, ctx)),
        params=[*own, *global_options(hidden=True, without=taken)],
        help=summary(method.descriptor) or f"{verb} a {target.noun}.",
        epilog=f"`opictl describe {target.kind.kind}` tells more about the fields; the global "
        "flags of `opictl --help` may stand here as well.",
    )


def _create(target: Target, ctx: click.Context) -> None:
    session = Session(ctx)
    message: Any = target.kind.message()
    tree = body(ctx)
    if tree is not None:
        _fill(message, tree)
    _put_size(target, ctx, message)
    put(message, given(target.leaves, ctx.params), target.known)
    fill_defaults(message)
    resource_id, parent = _id_and_parent(target, ctx, tree or Tree(0, {}))
    message.name = ""
    with session.client() as client:
        made = standard.create(client, target.kind, message, resource_id, parent)
    print_done(session, target.kind, made, "created")


def _put_size(target: Target, ctx: click.Context, message: Any) -> None:
    """--size of a volume is its blocks."""
    size = ctx.params.get("volume_size")
    if size is None:
        return
    chosen = given(target.leaves, ctx.params)
    by_path = {leaf.dotted: value for leaf, value in chosen.items()}
    if "blocks_count" in by_path:
        raise CommandError("--size and --blocks-count exclude each other", "give one of them")
    block = by_path.get("block_size") or message.block_size or BLOCK_SIZE
    if size % block:
        raise CommandError(f"--size: {size} bytes are no whole number of blocks of {block} bytes")
    message.block_size, message.blocks_count = block, size // block


def _id_and_parent(target: Target, ctx: click.Context, tree: Tree) -> tuple[str, str]:
    """What a new resource is to be called, from the command line or the body."""
    text = ctx.params.get("resource_id") or tree.get("id") or tree.get("name")
    above = ctx.params.get("parent_name") or tree.get("parent")
    if not target.kind.is_child:
        if not text:
            return "", ""
        ids = target.kind.parse(text)
        return (ids[-1] if ids else text), ""
    parent = parent_name(target.kind, above, target.known) if above else ""
    if text and "/" in text:
        name = full_name(target.kind, text)
        parent, _, resource_id = name.rsplit("/", 2)
        return resource_id, parent
    if not parent:
        word = parent_word(target.kind)
        raise CommandError(
            f"which {word} shall the {target.noun} be part of?",
            f"write {word.upper()}/{text or 'ID'}, or give --{word} {word.upper()}",
        )
    return text or "", parent


def _get(target: Target, ctx: click.Context) -> None:
    session = Session(ctx)
    names = [target.name(ctx, text) for text in ctx.params["names"]]
    with session.client() as client:
        found = [standard.get(client, target.kind, name) for name in names]
    if len(found) == 1:
        print_resource(session, target.kind, found[0])
    else:
        print_list(session, target.kind, found)


def _list(target: Target, ctx: click.Context) -> None:
    session = Session(ctx)
    with session.client() as client:
        found = list(
            standard.list_all(
                client,
                target.kind,
                target.parent(ctx),
                page_size=ctx.params["page_size"],
                limit=ctx.params["limit"],
                source=target.known,
            )
        )
    print_list(session, target.kind, found)


def _update(target: Target, ctx: click.Context) -> None:
    session = Session(ctx)
    message: Any = target.kind.message()
    tree = body(ctx)
    paths = _fill(message, tree) if tree is not None else []
    chosen = given(target.leaves, ctx.params)
    put(message, chosen, target.known)
    cleared = [_path(target, text) for text in ctx.params["clear"]]
    paths = list(dict.fromkeys([*paths, *(leaf.dotted for leaf in chosen), *cleared]))
    if not paths:
        raise CommandError("nothing to change", "give the flags of the fields that change")
    name = target.name(ctx, ctx.params["resource_name"])
    with session.client() as client:
        missing = bool(ctx.params.get("allow_missing"))
        changed = standard.update(client, target.kind, name, message, paths, allow_missing=missing)
    print_done(session, target.kind, changed, "updated")


def _path(target: Target, text: str) -> str:
    """The field that --clear means: a flag's name, or a path."""
    word = text.lstrip("-").removeprefix("no-")
    by_flag = target.flags().get(word)
    if by_flag is not None:
        return by_flag.dotted
    if problem(text, target.kind.descriptor) is None:
        return text
    raise CommandError(f"--clear: there is no field {text!r}", did_you_mean(word, target.flags()))


def _delete(target: Target, ctx: click.Context) -> None:
    session = Session(ctx)
    names = [target.name(ctx, text) for text in ctx.params["names"]]
    with session.client() as client:
        for name in names:
            missing = bool(ctx.params.get("allow_missing"))
            standard.delete(client, target.kind, name, allow_missing=missing)
            say(name if session.chosen_output == "name" else f"deleted {name}")


def _stats(target: Target, ctx: click.Context) -> None:
    _named(target, ctx, "Stats")


def _reset(target: Target, ctx: click.Context) -> None:
    _named(target, ctx, "Reset")


def _named(target: Target, ctx: click.Context, verb: str) -> None:
    """Call a method that takes a name, and seldom more."""
    session = Session(ctx)
    name = target.name(ctx, ctx.params["resource_name"])
    request = standard.named(target.kind, verb, name)
    put(request, given(_besides_name(target, verb), ctx.params), target.known)
    with session.client() as client:
        answer = client.unary(target.kind.methods[verb], request)
    if answer.DESCRIPTOR.fields:
        print_message(session, answer)
    else:
        say(f"{verb.lower()} {name}")


def _besides_name(target: Target, verb: str) -> list[Leaf]:
    """What else than the name the request of a method has."""
    return leaves(target.kind.methods[verb].request.DESCRIPTOR, frozenset({"name"}))


def _named_parameters(target: Target, verb: str) -> list[click.Parameter]:
    others = options(flag_names(_besides_name(target, verb), RESERVED), target.completer)
    return [*_name_parameters(target), *others, _output_option()]


def _fill(message: Any, tree: Tree) -> list[str]:
    try:
        return fill(message, tree, skip=_BODY_KEYS)
    except BodyError as error:
        place = f"line {error.line}: " if error.line > 1 else ""
        field = f"{error.field}: " if error.field else ""
        raise CommandError(f"{place}{field}{error.message}") from None


def _create_parameters(target: Target) -> list[click.Parameter]:
    kind = target.kind
    metavar = f"[{parent_word(kind).upper()}/]ID" if kind.is_child else "[ID]"
    own: list[click.Parameter] = [click.Argument(["resource_id"], metavar=metavar, required=False)]
    own += _parent_options(target)
    if "blocks_count" in kind.descriptor.fields_by_name:
        own.append(
            click.Option(
                ["volume_size", "--size"],
                type=Size(),
                metavar="SIZE",
                help=f"Size in bytes: 1GiB. Blocks have {BLOCK_SIZE} bytes unless "
                "--block-size says something else.",
            )
        )
    return [*own, *target.field_options(), *body_options("The resource")]


def _parent_options(target: Target) -> list[click.Parameter]:
    if not target.kind.is_child:
        return []
    word = parent_word(target.kind)
    return [
        click.Option(
            ["parent_name", *dict.fromkeys((f"--{word}", "--parent"))],
            metavar="NAME",
            help=f"The {word} that it is part of.",
            shell_complete=parents(target.kind, target.known),
        )
    ]


def _names_parameters(target: Target) -> list[click.Parameter]:
    own: list[click.Parameter] = [
        click.Argument(
            ["names"],
            nargs=-1,
            required=True,
            metavar="NAME…",
            shell_complete=resource_names(target.kind, target.known),
        )
    ]
    return [*own, *_parent_options(target)]


def _name_parameters(target: Target) -> list[click.Parameter]:
    own: list[click.Parameter] = [
        click.Argument(
            ["resource_name"],
            metavar="NAME",
            shell_complete=resource_names(target.kind, target.known),
        )
    ]
    return [*own, *_parent_options(target)]


def _list_parameters(target: Target) -> list[click.Parameter]:
    own: list[click.Parameter] = [
        click.Option(
            ["limit", "--limit"],
            type=click.IntRange(min=1),
            metavar="COUNT",
            help="Show no more than that.",
        ),
        click.Option(
            ["page_size", "--page-size"],
            type=click.IntRange(min=0),
            default=0,
            metavar="COUNT",
            help="Ask for so many at once; the server chooses where left out.",
        ),
    ]
    return [*_parent_options(target), *own, _output_option()]


def _output_option() -> click.Parameter:
    return next(one for one in global_options(hidden=False) if "--output" in one.opts)


def _update_parameters(target: Target) -> list[click.Parameter]:
    return [
        *_name_parameters(target),
        *target.field_options(),
        click.Option(
            ["clear", "--clear"], metavar="FIELD", multiple=True, help="Make a field empty."
        ),
        *body_options("The fields that change"),
        *_allow_missing(target, "Update", "Create it when it does not exist."),
    ]


def _delete_parameters(target: Target) -> list[click.Parameter]:
    missing = _allow_missing(target, "Delete", "One that does not exist is no error.")
    return [*_names_parameters(target), *missing]


def _allow_missing(target: Target, verb: str, words: str) -> list[click.Option]:
    """The flag, for those methods whose request has it."""
    if "allow_missing" not in target.kind.methods[verb].request.DESCRIPTOR.fields_by_name:
        return []
    return [click.Option(["allow_missing", "--allow-missing"], is_flag=True, help=words)]


class Size(click.ParamType[int]):
    """A number of bytes, with a unit or without."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Bytes, from 1GiB, 64m or 4096."""
        if not isinstance(value, str):
            return value
        try:
            return parse_size(value, 1, _MOST_SIZE)
        except (ValueError, FormError) as error:
            raise click.BadParameter(str(error), ctx, param) from None


_VERBS: dict[
    str,
    tuple[Callable[[Target, click.Context], None], Callable[[Target], list[click.Parameter]]],
] = {
    "Create": (_create, _create_parameters),
    "Get": (_get, lambda target: [*_names_parameters(target), _output_option()]),
    "List": (_list, _list_parameters),
    "Update": (_update, _update_parameters),
    "Delete": (_delete, _delete_parameters),
    "Stats": (_stats, lambda target: _named_parameters(target, "Stats")),
    "Reset": (_reset, lambda target: _named_parameters(target, "Reset")),
}
