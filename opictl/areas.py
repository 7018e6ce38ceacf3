"""Areas, nouns and verbs of the command line, from the descriptors.

An area is a handful of proto packages, and only those are loaded for a command of the area. Its
nouns are its resources; methods that are no standard method of a resource have a place in PLACES,
or else are verbs of the area under their own name.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from opi.catalog import Catalog, Method
from opi.resources import VERBS, Resources, ResourceType, resources
from opictl.vocabulary import AREAS, PLACES, SHORT, Area

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class Noun:
    """A noun: a resource, other methods, or both."""

    name: str
    kind: ResourceType | None
    methods: Mapping[str, Method]


@cache
def area_catalog(area: Area) -> Catalog:
    """The services of an area; loads nothing else than its packages."""
    files = []
    for package in area.packages:
        root = import_module(f"opi.proto.{package}")
        names = sorted(one.name for one in pkgutil.iter_modules(root.__path__))
        modules = (f"{root.__name__}.{name}" for name in names if name.endswith("_pb2"))
        files += [import_module(module).DESCRIPTOR for module in modules]
    return Catalog(tuple(files))


@cache
def area_resources(area: Area) -> Resources:
    """The resources of an area."""
    return Resources(area_catalog(area))


@cache
def area_nouns(area: Area) -> Mapping[str, Noun]:
    """The nouns of an area, in order."""
    kinds = {noun_of(kind, area): kind for kind in area_resources(area).types}
    methods: dict[str, dict[str, Method]] = {}
    for method in _other_methods(area):
        noun, verb = place(method)
        if noun:
            methods.setdefault(noun, {})[verb] = method
    names = sorted(kinds.keys() | methods.keys())
    return {name: Noun(name, kinds.get(name), methods.get(name, {})) for name in names}


@cache
def area_methods(area: Area) -> Mapping[str, Method]:
    """Methods that are verbs of the area itself."""
    found = ((place(method), method) for method in _other_methods(area))
    return {verb: method for (noun, verb), method in found if not noun}


def _other_methods(area: Area) -> list[Method]:
    known = area_resources(area)
    return [method for method in area_catalog(area).methods() if known.of(method) is None]


def place(method: Method) -> tuple[str, str]:
    """Noun and verb of a method that is no standard method."""
    own_name = kebab(method.name.removeprefix("IPsec"))
    return PLACES.get(method.path[1:], ("", own_name))


def command_of(area: Area, method: Method) -> tuple[str, ...]:
    """The words of the command that calls a method: ("storage", "subsystem", "create")."""
    kind = area_resources(area).of(method)
    if kind is None:
        noun, verb = place(method)
        return tuple(word for word in (area.name, noun, verb) if word)
    verb = next(v for v in VERBS if v in kind.methods and kind.methods[v].path == method.path)
    return (area.name, noun_of(kind, area), verb.lower())


def area_of(kind: ResourceType) -> Area:
    """The area that a kind belongs to."""
    package = kind.descriptor.full_name.rpartition(".")[0]
    return next(area for area in AREAS.values() if package in area.packages)


def noun_of(kind: ResourceType, area: Area | None = None) -> str:
    """The noun of a kind: its name in kebab case, without the area's redundant first word."""
    here = area or area_of(kind)
    words = kebab(kind.kind).split("-")
    if len(words) > 1 and words[0] == here.redundant:
        words = words[1:]
    return "-".join(words)


def find_noun(area: Area, text: str) -> str | None:
    """The noun that a word means: itself, the kind's whole name, a plural, a short name."""
    nouns = area_nouns(area)
    for candidate in (text, SHORT.get(text, ""), _singular(text), SHORT.get(_singular(text), "")):
        if candidate in nouns:
            return candidate
    for noun in nouns.values():
        if noun.kind and kebab(noun.kind.kind) in {text, _singular(text)}:
            return noun.name
    return None


def find_kind(text: str) -> ResourceType | None:
    """The kind that a word means, of all there are: its name in any case, or a noun."""
    for kind in resources().types:
        if text.lower() == kind.kind.lower():
            return kind
    for area in AREAS.values():
        noun = find_noun(area, text.lower())
        if noun is not None and area_nouns(area)[noun].kind is not None:
            return area_nouns(area)[noun].kind
    return None


def kind_names() -> list[str]:
    """The names of all kinds."""
    return [kind.kind for kind in resources().types]


def kebab(name: str) -> str:
    """ "NvmeSubsystem" or "max_namespaces" in kebab case."""
    return "-".join(_WORDS.split(name)).replace("_", "-").lower()


def _singular(text: str) -> str:
    if text.endswith("ies"):
        return text[:-3] + "y"
    return text.removesuffix("s")
