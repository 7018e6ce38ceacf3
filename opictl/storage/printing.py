"""What the commands that work on several resources print, and the flags they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import click

from opictl.output import print_data, say
from opictl.session import Session, global_options
from opictl.storage.chains import Outcome


def common_options() -> list[click.Option]:
    """--output, shown in help, and the other global flags."""
    output = [one for one in global_options(hidden=False) if "--output" in one.opts]
    return [*output, *global_options(hidden=True, without=frozenset({"--output"}))]


def print_outcomes(
    session: Session,
    name: str,
    outcomes: Sequence[Outcome],
    besides: Iterable[str] = (),
    **more: Any,
) -> None:
    """Print what became of resources.

    Args:
        name: what it was all about.
        besides: lines for people, after the outcomes.
        more: what JSON has besides.
    """
    if session.output in {"json", "yaml"}:
        print_data(session, {"name": name, "resources": [one.data() for one in outcomes], **more})
    elif session.output == "name":
        say(name)
    else:
        for text in (*map(str, outcomes), *besides):
            say(text)
