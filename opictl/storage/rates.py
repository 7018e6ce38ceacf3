"""`opictl storage stats`: what has gone through volumes and namespaces, or goes a second."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import click

from opi import standard
from opi.client import Client
from opi.status import CallError
from opictl.columns import size_text
from opictl.errors import CommandError, show_note
from opictl.groups import FlagCommand
from opictl.output import print_data, print_table, say
from opictl.session import Session, action
from opictl.storage.completion import complete_counted
from opictl.storage.kinds import DEVICES
from opictl.storage.landscape import NAMESPACE, Found, Landscape
from opictl.storage.printing import common_options

COUNTERS = ("read_ops", "read_bytes", "write_ops", "write_bytes")
FULL = (1 << 31) - 1
"""Where counters of this API end: from then on they say nothing of what goes through."""

Counts = Mapping[str, int]


def command(_: str) -> click.Command:
    """The command."""
    return FlagCommand(
        "stats",
        callback=action(_run),
        params=[
            click.Argument(["names"], nargs=-1, metavar="[NAME…]", shell_complete=complete_counted),
            click.Option(["--watch"], is_flag=True, help="Show rates, again and again."),
            click.Option(
                ["--interval", "-i"],
                type=click.FloatRange(min=0.05),
                default=2.0,
                metavar="SECONDS",
                help="How long to wait between two looks (2).",
            ),
            click.Option(
                ["--rounds"],
                type=click.IntRange(min=1),
                metavar="COUNT",
                help="End after so many rates; left out: at Ctrl-C.",
            ),
            *common_options(),
        ],
        help="Show what has gone through volumes and namespaces since they are there.\n\n"
        "With --watch: what goes through them a second. All of them, or those that are named: "
        "vol0, sub0/vol0.",
    )


def _run(ctx: click.Context) -> None:
    session = Session(ctx)
    with session.client() as client:
        counted = _counted(Landscape(client), ctx.params["names"])
        if ctx.params["watch"]:
            _watch(ctx, session, client, counted)
        else:
            _show(session, _look(client, counted), rates=False)


def _counted(seen: Landscape, names: Sequence[str]) -> list[Found]:
    """What has counters, of what is named. Raises CommandError."""
    found = seen.of(*DEVICES, NAMESPACE)
    if not names:
        return found
    by_name = {key: one for one in found for key in (one.name, one.short)}
    for name in names:
        if name not in by_name:
            hint = "`opictl storage tree` shows what there is"
            raise CommandError(f"there is no volume or namespace {name!r}", hint)
    return [by_name[name] for name in dict.fromkeys(names)]


def _look(client: Client, counted: Sequence[Found]) -> dict[str, Counts]:
    """The counters of each; without those that are gone."""
    looked: dict[str, Counts] = {}
    for one in counted:
        request = standard.named(one.kind, "Stats", one.name)
        try:
            stats = client.unary(one.kind.methods["Stats"], request).stats
        except CallError as error:
            if error.status.code not in {"NOT_FOUND", "UNIMPLEMENTED"}:
                raise
            continue
        looked[one.short] = {name: getattr(stats, f"{name}_count") for name in COUNTERS}
    return looked


def _watch(ctx: click.Context, session: Session, client: Client, counted: list[Found]) -> None:
    before, then = _look(client, counted), time.monotonic()
    rounds = ctx.params["rounds"]
    for _ in range(rounds) if rounds else count():
        time.sleep(ctx.params["interval"])
        now, here = _look(client, counted), time.monotonic()
        _show(session, dict(_rates(before, now, here - then)), rates=True)
        before, then = now, here


def _rates(
    before: Mapping[str, Counts], now: Mapping[str, Counts], seconds: float
) -> Iterator[tuple[str, dict[str, float | None]]]:
    """Changes a second; None where a counter has come to its end."""
    for name, counts in now.items():
        old = before.get(name)
        if old is not None:
            yield name, {key: rate(old[key], counts[key], seconds) for key in COUNTERS}


def rate(old: int, new: int, seconds: float) -> float | None:
    """A counter that is smaller than before began anew: its device has been made again."""
    if new >= FULL:
        return None
    return (new - old if new >= old else new) / seconds


def _show(session: Session, found: Mapping[str, Mapping[str, Any]], *, rates: bool) -> None:
    if session.output in {"json", "yaml"}:
        data = {"time": time.time(), "rates": found} if rates else found
        print_data(session, data, compact=rates)
    elif session.output == "name":
        say("\n".join(found))
    elif not found:
        show_note("there is nothing that counts here")
    else:
        unit = "/s" if rates else ""
        titles = [name.replace("_", "-").upper() + unit for name in COUNTERS]
        header = ["NAME", *titles]
        rows = [[name, *(_cell(key, one[key]) for key in COUNTERS)] for name, one in found.items()]
        if rates:
            say(time.strftime("%H:%M:%S"))
        print_table(header, rows)


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "?"
    if key.endswith("_bytes"):
        return _bytes(value)
    return str(round(value))


def _bytes(value: float) -> str:
    """A number of bytes with a unit that leaves it readable: "12.3MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return size_text(round(value)) if unit == "B" else f"{value:.1f}{unit}"
        value /= 1024
    raise AssertionError
