"""Names as people type and read them: `sub0`, `sub0/ns01`, or the whole of it.

A short name has the ids alone, outermost first. Every command takes short names and whole ones, in
any spelling that servers accept, and lists show the short ones.
"""

from __future__ import annotations

from opi.names import without_service
from opi.resources import Resources, ResourceType
from opi.standard import parent_type
from opictl.areas import kebab, noun_of
from opictl.errors import CommandError


def short(kind: ResourceType, name: str) -> str:
    """The short form of a name that a server has returned; another name as it is."""
    ids = kind.parse(name)
    return "/".join(ids) if ids else name


def full_name(kind: ResourceType, text: str, parent: str = "") -> str:
    """The name that a text means, as servers return it. Raises CommandError.

    Args:
        kind: what it is the name of.
        text: an id, a short name or a whole one.
        parent: name of the parent, as servers return it; '' when `text` has to say it.
    """
    name = kind.canonical(text)
    if name:
        return name
    ids = without_service(text).split("/")
    if parent and len(ids) == 1:
        name = kind.canonical(kind.name(text, parent))
    elif len(ids) == kind.pattern.variables:
        name = kind.canonical(kind.pattern.format(*ids))
    if name:
        return name
    raise CommandError(_problem(kind, text, ids), f"names look like {kind.pattern}")


def _problem(kind: ResourceType, text: str, ids: list[str]) -> str:
    noun = noun_of(kind)
    if kind.is_child and len(ids) == 1 and text:
        above = _last_word(kind.parent.text if kind.parent else "")
        return f"{text}: which {above}'s {noun}? Write {above.upper()}/{text}, or give --{above}"
    return f"{text!r} is not the name of a {noun}"


def parent_name(kind: ResourceType, text: str, known: Resources) -> str:
    """The name of a parent, from any form of it. Raises CommandError."""
    return full_name(parent_type(kind, known), text)


def parent_word(kind: ResourceType) -> str:
    """What the parent of a kind is called in flags: "subsystem"."""
    return _last_word(kind.parent.text) if kind.parent else ""


def _last_word(pattern: str) -> str:
    """The variable that a pattern ends with: "nvmeSubsystems/{subsystem}" -> "subsystem"."""
    return kebab(pattern.rsplit("{", 1)[-1].rstrip("}"))
