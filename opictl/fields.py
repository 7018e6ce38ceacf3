"""Flags for the fields of a message, and messages from flags.

Every field that a client may set is a flag, however deep it lies: `spec.nqn` is --nqn. A flag has
the shortest end of its field's path that no other field of the message shares; the whole path
(--spec-nqn) means the same. References lose the `_name_ref` that the interface definitions put on
them: `spec.volume_name_ref` is --volume.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from opi.behavior import is_identifier, is_output_only, is_required, is_secret
from opi.bodies import BodyError, assign, parse_value
from opi.comments import first_sentence
from opi.forms import Form, FormError, form_of
from opi.resources import Resources, ResourceType, is_reference
from opi.yamltree import Tree, TreeError, documents
from opictl.areas import kebab
from opictl.defaults import INFERRED
from opictl.errors import CommandError, did_you_mean
from opictl.naming import parent_word
from opictl.vocabulary import FLAGS

_MOST_LEVELS = 8
_REFERENCE = "_name_ref"

RESERVED = frozenset(
    {"address", "allow-missing", "clear", "config", "context", "file", "help", "id", "insecure"}
    | {"json", "limit", "output", "page-size", "parent", "reveal", "size", "timeout"}
    | {"tls-ca", "tls-cert", "tls-key", "tls-server-name"}
)
"""Flags that mean something else than a field."""

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


@dataclass(frozen=True)
class Leaf:
    """A field that a flag sets.

    Attributes:
        path: names of the fields that lead to it, itself the last.
        fields: the descriptors of those.
    """

    path: tuple[str, ...]
    fields: tuple[FieldDescriptor, ...]

    @property
    def field(self) -> FieldDescriptor:
        """The field itself."""
        return self.fields[-1]

    @property
    def form(self) -> Form | None:
        """The text form of one value; None for a message that has none."""
        return form_of(self.field)

    @property
    def dotted(self) -> str:
        """The path as a field mask has it."""
        return ".".join(self.path)

    @property
    def key(self) -> str:
        """Name of the option's value within click."""
        return f"field_{'__'.join(self.path)}"

    @property
    def is_needed(self) -> bool:
        """Whether the server wants the field in any case: it and all that leads to it."""
        named = all(is_required(field) for field in self.fields)
        return named and self.field.full_name not in INFERRED

    @property
    def is_switch(self) -> bool:
        """Whether the flag takes no value: booleans, and messages without any field."""
        field = self.field
        is_empty = field.message_type is not None and not field.message_type.fields
        return not field.is_repeated and (field.type == FieldDescriptor.TYPE_BOOL or is_empty)


def leaves(descriptor: Any, without: frozenset[str] = frozenset()) -> list[Leaf]:
    """The fields of a message that a client may set, those within messages included.

    Args:
        without: fields at the top that are none of the client's business here.
    """
    return list(_leaves(descriptor, (), (), without))


def _leaves(
    descriptor: Any,
    path: tuple[str, ...],
    fields: tuple[FieldDescriptor, ...],
    without: frozenset[str] = frozenset(),
) -> Iterator[Leaf]:
    for field in descriptor.fields:
        if field.name in without or is_output_only(field) or is_identifier(field):
            continue
        here, all_fields = (*path, str(field.name)), (*fields, field)
        if _is_branch(field) and len(here) < _MOST_LEVELS:
            yield from _leaves(field.message_type, here, all_fields)
        else:
            yield Leaf(here, all_fields)


def _is_branch(field: FieldDescriptor) -> bool:
    """Whether the field is a message whose own fields have flags."""
    if field.message_type is None or field.is_repeated or form_of(field) is not None:
        return False
    return bool(field.message_type.fields)


def flag_names_of(kind: ResourceType) -> dict[Leaf, str]:
    """The flags of a resource's fields, without their dashes."""
    return flag_names(leaves(kind.descriptor), RESERVED | {parent_word(kind)}, kind.kind)


def flag_names(found: Sequence[Leaf], reserved: frozenset[str], owner: str = "") -> dict[Leaf, str]:
    """The flag of each leaf, without its dashes; none is in `reserved`, where that can be.

    `owner` is the message whose leaves they are: some of its fields have names chosen by hand.
    """
    by_hand = FLAGS.get(owner, {})
    ends = Counter(end for leaf in found for end in _ends(leaf))
    names: dict[Leaf, str] = {}
    for leaf in found:
        free = [end for end in _ends(leaf) if ends[end] == 1 and end not in reserved]
        names[leaf] = by_hand.get(leaf.dotted) or (free[0] if free else _ends(leaf)[-1])
    return names


def _ends(leaf: Leaf) -> list[str]:
    """Ways to write a leaf's path from its end, the shortest first: "nqn", "spec-nqn"."""
    words = [kebab(part) for part in (*leaf.path[:-1], leaf.path[-1].removesuffix(_REFERENCE))]
    return ["-".join(words[start:]) for start in reversed(range(len(words)))]


def options(
    names: Mapping[Leaf, str], complete: Callable[[Leaf], Completer | None]
) -> list[click.Option]:
    """The flags of a command. `complete` gives what completes the values of a leaf."""
    taken = {f"--{name}" for name in (*names.values(), *RESERVED)}
    derived = flag_names(list(names), RESERVED)
    return [
        _option(leaf, name, [f"--{derived[leaf]}"], taken, complete(leaf))
        for leaf, name in names.items()
    ]


def _option(
    leaf: Leaf, name: str, derived: Sequence[str], taken: set[str], complete: Completer | None
) -> click.Option:
    raw = f"--{'-'.join(kebab(part) for part in leaf.path)}"
    others = dict.fromkeys((*derived, f"--{_ends(leaf)[-1]}", raw))
    names = [f"--{name}", *(other for other in others if other not in taken)]
    if leaf.is_switch:
        return FieldOption(
            leaf,
            [leaf.key, *(f"{one}/--no-{one[2:]}" for one in names)],
            is_flag=True,
            default=None,
            help=_help(leaf),
        )
    return FieldOption(
        leaf,
        [leaf.key, *names],
        type=_Text(leaf),
        metavar=_metavar(leaf),
        multiple=leaf.field.is_repeated,
        help=_help(leaf),
        shell_complete=complete,
    )


class FieldOption(click.Option):
    """The flag of a field; help shows its first name alone."""

    def __init__(self, leaf: Leaf, declarations: Sequence[str], **settings: Any) -> None:
        super().__init__(declarations, **settings)
        self.leaf = leaf

    def get_help_record(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
    ) -> tuple[str, str] | None:
        """The name that is worth knowing, its value, and what it is for."""
        if self.hidden:
            return None
        value = f" {self.metavar}" if self.metavar else ""
        return f"{self.opts[0]}{value}", self.help or ""


def _metavar(leaf: Leaf) -> str:
    form = leaf.form
    if is_secret(leaf.field):
        text = "@FILE|-"
    elif form is None:
        text = "FIELD=VALUE,…"
    elif is_reference(leaf.field):
        text = "NAME"
    elif form.choices and len(form.metavar) > 40:
        text = kebab(_enum_name(leaf.field)).replace("-", "_").upper()
    else:
        text = form.metavar
    return f"{text}…" if leaf.field.is_repeated and form else text


def _enum_name(field: Any) -> str:
    return str(field.enum_type.name)


def _help(leaf: Leaf) -> str:
    words = first_sentence(leaf.field)
    form = leaf.form
    if form and form.choices and len(form.metavar) > 40:
        words = f"{words} One of {', '.join(form.choices)}.".strip()
    return f"{words} [required]".strip() if leaf.is_needed else words


class _Text(click.ParamType[Any]):
    """The text of a value; what is wrong with it is told with the field's own words."""

    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        self.name = leaf.form.metavar if leaf.form else "message"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The values that the text means: several, where lists are written with commas."""
        if not isinstance(value, str):
            return value
        if ctx is not None and ctx.resilient_parsing:
            return None  # a shell completes the line: no file is read, nobody is asked
        try:
            return self._values(value)
        except (FormError, BodyError, TreeError) as error:
            raise click.BadParameter(_explained(error, value, self.leaf), ctx, param) from None

    def _values(self, text: str) -> Any:
        field = self.leaf.field
        if not field.is_repeated:
            return _value(field, text)
        if self.leaf.form is None or not _is_list_of_words(field):
            return [_value(field, text)]
        return [_value(field, part.strip()) for part in text.split(",") if part.strip()]

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[click.shell_completion.CompletionItem]:
        """The choices, where there are some."""
        choices = self.leaf.form.choices if self.leaf.form else ()
        found = [one for one in choices if one.startswith(incomplete.lower())]
        return [click.shell_completion.CompletionItem(one) for one in found]


def _is_list_of_words(field: FieldDescriptor) -> bool:
    """Whether no value of the list can have a comma in it, so that commas part the values."""
    return field.type != FieldDescriptor.TYPE_STRING or is_reference(field)


def _value(field: FieldDescriptor, text: str) -> Any:
    if is_secret(field):
        return _secret(field, text)
    form = form_of(field)
    if form is not None:
        return form.parse(text)
    return parse_value(field, _tree(text), "")


def _secret(field: FieldDescriptor, text: str) -> Any:
    """A secret from a file, or asked for: other users of the machine can read command lines."""
    form = form_of(field)
    assert form is not None
    if text == "-":
        return _typed(field, form, _asked(kebab(field.name)))
    if not text.startswith("@"):
        raise FormError("a secret does not belong on the command line: @FILE, or - to be asked")
    value = form.parse(text)
    if isinstance(value, bytes):
        return named_bytes(value)
    return value


def _typed(field: FieldDescriptor, form: Form, text: str) -> Any:
    """A secret as it was typed: bytes may be written as hex:…, or are the text's own."""
    is_spelled = text.startswith("0x") or text.partition(":")[0] in {"hex", "base64", "text"}
    if field.type == FieldDescriptor.TYPE_BYTES and not is_spelled:
        return text.encode()
    return form.parse(text)


def _asked(word: str) -> str:
    """A line that is typed unseen, or comes through a pipe."""
    if sys.stdin.isatty():
        answer: str = click.prompt(word, hide_input=True, err=True)
        return answer
    return sys.stdin.readline().rstrip("\r\n")


def named_bytes(value: bytes) -> bytes:
    """A file of a secret holds its bytes; the line end that editors add is none of them."""
    return value.rstrip(b"\r\n") if value.isascii() else value


def _tree(text: str) -> Tree:
    """A message on the command line: `a=1,b.c=2`, or YAML or JSON between braces."""
    if text.startswith(("{", "[")):
        found = documents(text)
        return found[0] if found else Tree(1, {})
    root: dict[str, Tree] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        key, equals, value = part.partition("=")
        if not equals:
            raise FormError(f"{part!r} is not FIELD=VALUE; braces may hold YAML or JSON")
        _put(root, key.strip().split("."), value)
    return Tree(1, root)


def _put(root: dict[str, Tree], keys: list[str], value: str) -> None:
    here = root
    for key in keys[:-1]:
        here = here.setdefault(key, Tree(1, {})).entries
    here[keys[-1]] = Tree(1, value)


def _explained(error: Exception, text: str, leaf: Leaf) -> str:
    message = getattr(error, "message", "") or str(error)
    field = getattr(error, "field", "")
    words = f"{field}: {message}" if field else message
    guess = did_you_mean(text, leaf.form.choices) if leaf.form and leaf.form.choices else ""
    return f"{words}; {guess}" if guess else words


def given(found: Iterable[Leaf], values: Mapping[str, Any]) -> dict[Leaf, Any]:
    """The leaves whose flags were given, and what they hold."""
    chosen = {leaf: values.get(leaf.key) for leaf in found}
    return {leaf: _joined(leaf, v) for leaf, v in chosen.items() if v is not None and v != ()}


def _joined(leaf: Leaf, value: Any) -> Any:
    """Values of a flag that was given several times, in one list."""
    return [one for many in value for one in many] if leaf.field.is_repeated else value


def put(message: Message, values: Mapping[Leaf, Any], known: Resources) -> None:
    """Set what flags have given. Raises CommandError for two of a kind that exclude each other."""
    _refuse_rivals(values)
    for leaf, value in values.items():
        here: Any = message
        for name in leaf.path[:-1]:
            here = getattr(here, name)
            here.SetInParent()
        _set(here, leaf, value, known)


def _set(here: Any, leaf: Leaf, value: Any, known: Resources) -> None:
    field = leaf.field
    if leaf.is_switch and field.message_type:
        if value:
            getattr(here, field.name).SetInParent()
    elif field.is_repeated:
        target = getattr(here, field.name)
        del target[:]
        target.extend([_named(field, one, known) for one in value])
    else:
        assign(here, field, _named(field, value, known))


def _named(field: FieldDescriptor, value: Any, known: Resources) -> Any:
    """A reference as the servers write it; a bare id where only one kind can be meant."""
    if not (isinstance(value, str) and is_reference(field)):
        return value
    targets = known.targets(field, value)
    return targets[0] if len(targets) == 1 else value


def _refuse_rivals(values: Mapping[Leaf, Any]) -> None:
    chosen: dict[str, tuple[str, Leaf]] = {}
    for leaf in values:
        for depth, field in enumerate(leaf.fields):
            oneof = field.containing_oneof
            if oneof is None or len(oneof.fields) < 2:
                continue
            place = ".".join((*leaf.path[:depth], oneof.name))
            name, other = chosen.setdefault(place, (field.name, leaf))
            if name != field.name:
                raise CommandError(
                    f"{other.dotted} and {leaf.dotted} exclude each other", "give one of them"
                )
