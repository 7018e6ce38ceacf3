"""The groups of areas and nouns, from the descriptors."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from opi.catalog import Method
from opi.comments import first_sentence
from opi.resources import VERBS, Resources
from opictl.areas import Noun, area_methods, area_nouns, area_resources, find_noun
from opictl.calls import method_command
from opictl.errors import did_you_mean
from opictl.groups import VERB_ALIASES, LazyGroup, write_commands
from opictl.verbs import Target, verb_command
from opictl.vocabulary import AREAS, FIREWALL, FIREWALL_HELP, NOUN_HELP, SHORT, TOGETHER, Area


def area_group(area: Area) -> click.Command:
    """`opictl AREA`: nouns, and methods that belong to none."""

    def names() -> dict[str, str]:
        nouns = {noun.name: _noun_help(noun) for noun in area_nouns(area).values()}
        verbs = {verb: _method_help(m) for verb, m in area_methods(area).items()}
        return {**nouns, **verbs, **_together(area)}

    def make(word: str) -> click.Command | None:
        method = area_methods(area).get(word)
        if method is not None:
            return method_command(method, word, area_resources(area))
        noun = find_noun(area, word)
        if noun is None:
            return _command_of_several(area, word)
        return noun_group(noun, area_nouns(area)[noun], area_resources(area))

    def hint(word: str) -> str:
        if word in {*(verb.lower() for verb in VERBS), *VERB_ALIASES}:
            nouns = "|".join(list(area_nouns(area))[:3])
            return f"the noun comes first: opictl {area.name} {nouns or 'NOUN'}… {word}"
        return did_you_mean(word, [*names(), *_short_names(area)])

    usage = "NOUN VERB" if area_nouns(area) else "VERB"
    return _AreaGroup(
        area,
        names=names,
        make=make,
        hint=hint,
        help=area.help,
        usage=usage,
        no_args_is_help=True,
    )


class _AreaGroup(LazyGroup):
    """An area; help parts its nouns from the methods that belong to none."""

    def __init__(self, area: Area, **settings: Any) -> None:
        super().__init__(area.name, **settings)
        self._area = area

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Nouns, then verbs, then what works on several kinds."""
        nouns = area_nouns(self._area).values()
        write_commands(formatter, "Nouns", [(one.name, _noun_help(one)) for one in nouns])
        methods = area_methods(self._area).items()
        write_commands(formatter, "Verbs", [(verb, _method_help(m)) for verb, m in methods])
        write_commands(formatter, "Several at once", _together(self._area).items())


def _together(area: Area) -> dict[str, str]:
    """Commands of the area that work on several kinds, and what they do."""
    return {word: words for word, (_, words) in TOGETHER.get(area.name, {}).items()}


def _command_of_several(area: Area, word: str) -> click.Command | None:
    found = TOGETHER.get(area.name, {})
    name = word if word in found else word.removesuffix("s")
    if name not in found:
        return None
    command: click.Command = import_module(found[name][0]).command(name)
    return command


def _short_names(area: Area) -> list[str]:
    return [short for short, noun in SHORT.items() if noun in area_nouns(area)]


def firewall_group() -> click.Command:
    """`opictl firewall`: nouns of several areas."""

    def find(word: str) -> str:
        singular = word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")
        return word if word in FIREWALL else singular

    def make(word: str) -> click.Command | None:
        noun = find(word)
        if noun not in FIREWALL:
            return None
        place = FIREWALL[noun]
        area = AREAS[place[0]]
        return noun_group(noun, area_nouns(area)[place[1]], area_resources(area))

    def names() -> dict[str, str]:
        return {
            word: _noun_help(area_nouns(AREAS[area])[noun])
            for word, (area, noun) in FIREWALL.items()
        }

    return LazyGroup(
        "firewall",
        names=names,
        make=make,
        help=FIREWALL_HELP,
        title="Nouns",
        usage="NOUN VERB",
        no_args_is_help=True,
    )


def noun_group(word: str, noun: Noun, known: Resources) -> click.Command:
    """`opictl AREA NOUN`: its verbs."""
    verbs = _verbs(noun)

    def make(verb: str) -> click.Command | None:
        if noun.kind is not None and verb.capitalize() in noun.kind.methods:
            return verb_command(Target(word, noun.kind, known), verb.capitalize())
        method = noun.methods.get(verb)
        return method_command(method, verb, known) if method else None

    def hint(verb: str) -> str:
        alias = VERB_ALIASES.get(verb.lower(), "")
        if alias in verbs:
            return f"did you mean {alias}?"
        return did_you_mean(verb, verbs, f"there are: {', '.join(verbs)}")

    return LazyGroup(
        word,
        names=lambda: verbs,
        make=make,
        hint=hint,
        help=_noun_help(noun),
        title="Verbs",
        usage="VERB",
        no_args_is_help=True,
    )


def _verbs(noun: Noun) -> dict[str, str]:
    methods: dict[str, Method] = {}
    if noun.kind is not None:
        methods |= {
            verb.lower(): noun.kind.methods[verb] for verb in VERBS if verb in noun.kind.methods
        }
    methods |= noun.methods
    return {verb: _method_help(method) for verb, method in methods.items()}


def _noun_help(noun: Noun) -> str:
    return first_sentence(noun.kind.descriptor) if noun.kind else NOUN_HELP[noun.name]


def _method_help(method: Method) -> str:
    return first_sentence(method.descriptor)
