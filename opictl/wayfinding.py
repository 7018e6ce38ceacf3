"""Where a word belongs that somebody has typed in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from opi.resources import VERBS
from opictl.areas import area_nouns, find_noun
from opictl.groups import VERB_ALIASES
from opictl.vocabulary import AREAS, FIREWALL, TOGETHER


def hint(word: str) -> str:
    """A hint for a word that is neither area nor command; "" when nothing is known about it."""
    if word.capitalize() in VERBS or word in VERB_ALIASES:
        verb = VERB_ALIASES.get(word, word)
        return (
            f"the verb comes last: opictl AREA NOUN {verb}, such as opictl storage subsystem {verb}"
        )
    places = list(_places(word.lower()))
    return f"did you mean {' or '.join(f'`opictl {one}`' for one in places)}?" if places else ""


def _places(word: str) -> Iterator[str]:
    for area in AREAS.values():
        noun = find_noun(area, word)
        if noun is not None and noun in area_nouns(area):
            yield f"{area.name} {noun}"
        if word in TOGETHER.get(area.name, {}):
            yield f"{area.name} {word}"
    if word in FIREWALL:
        yield f"firewall {word}"
