"""Names for the shell where one word stands for several kinds of resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

import click

from opictl.session import COMPLETION_SECONDS, Session
from opictl.storage.kinds import DEVICES
from opictl.storage.landscape import NAMESPACE, REMOTE_NAMESPACE, Landscape

_MOST_NAMES = 500

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _completer(names: Callable[[Landscape], Iterable[str]]) -> Complete:
    """Completes names; a shell shows nothing rather than an error."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        try:
            with Session(ctx).client(COMPLETION_SECONDS) as client:
                found = list(islice(names(Landscape(client)), _MOST_NAMES))
        except Exception:  # noqa: BLE001 - whatever is wrong, a shell shows nothing
            return []
        return sorted({name for name in found if name.startswith(incomplete)})

    return complete


def _volumes(seen: Landscape) -> Iterable[str]:
    yield from (one.id for one in seen.of(*DEVICES))


def _devices(seen: Landscape) -> Iterable[str]:
    yield from _volumes(seen)
    yield from (one.volume for one in seen.of(REMOTE_NAMESPACE))


def _exposed(seen: Landscape) -> Iterable[str]:
    yield from (one.base.rsplit("/", 1)[-1] for one in seen.of(NAMESPACE))


def _counted(seen: Landscape) -> Iterable[str]:
    yield from _volumes(seen)
    yield from (one.short for one in seen.of(NAMESPACE))


complete_volumes = _completer(_volumes)
"""Volumes of any kind, but for remote ones."""

complete_devices = _completer(_devices)
"""Volumes of any kind."""

complete_exposed = _completer(_exposed)
"""Volumes that hosts are given."""

complete_counted = _completer(_counted)
"""Volumes and namespaces."""

complete_remotes = _completer(lambda seen: (one.id for one in seen.of("NvmeRemoteController")))
"""Remote controllers."""

complete_subsystems = _completer(lambda seen: (one.id for one in seen.of("NvmeSubsystem")))
"""Subsystems."""
