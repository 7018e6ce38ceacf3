"""What an SPDK target has, asked for once instead of once for every resource that is restored.

A survey holds devices and subsystems as the target has listed them. Only whoever made it reads it;
what anybody changes through the same process is struck out at once, and asked for anew by name.
What the target said it does not have is asked for again every time: paths bring devices by
themselves. A change whose effects are not known here strikes out everything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Found = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""A call of the target."""

LISTS = {"bdev_get_bdevs": "name", "nvmf_get_subsystems": "nqn"}
"""Methods that list things, and what those are told apart by: parameter and field of the result."""

_DEVICES = "bdev_get_bdevs"
_SUBSYSTEMS = "nvmf_get_subsystems"

_OF_DEVICES = ("name", "base_bdev_name", "base_name")
_HARMLESS = (
    "accel_crypto_key_",
    "keyring_",
    "nvmf_create_transport",
    "bdev_nvme_set_options",
    "vhost_",
)
"""Beginnings of methods that change neither devices nor subsystems."""


class Survey:
    """One of a target."""

    def __init__(self) -> None:
        self._listed: dict[str, dict[str, Found]] = {}
        self._struck: dict[str, set[str]] = {method: set() for method in LISTS}
        """What has been changed since the beginning: a list that comes late may be older."""

    async def find(self, method: str, name: str, ask: Ask) -> list[Found]:
        """As the target answers a call for one of a list. Raises what `ask` does."""
        listed = self._listed.get(method)
        if listed is None:
            listed = self._keep(method, await ask(method, {}))
        if name in listed:
            return [listed[name]]
        answer: list[Found] = await ask(method, {LISTS[method]: name})
        for one in answer:
            if one[LISTS[method]] == name:  # an alias is none of ours
                listed[name] = one
        return answer

    def _keep(self, method: str, answer: Iterable[Found]) -> dict[str, Found]:
        key, struck = LISTS[method], self._struck[method]
        kept = {one[key]: one for one in answer if one[key] not in struck}
        return self._listed.setdefault(method, kept)

    async def known(self, method: str, ask: Ask) -> list[Found]:
        """What it holds: all that there was at the beginning, without what was changed since."""
        if method not in self._listed:
            self._keep(method, await ask(method, {}))
        return list(self._listed[method].values())

    def changed(self, method: str, parameters: Mapping[str, Any]) -> None:
        """Strike out what a call may change, before and after it."""
        if method.startswith(_HARMLESS) or "_get_" in method or method.endswith("_get"):
            return
        if "nqn" in parameters and method.startswith("nvmf_"):
            self._strike_subsystem(method, parameters)
        elif method.startswith("bdev_") and method.endswith(("_create", "_limit")):
            self._strike(_DEVICES, (parameters.get(name) for name in _OF_DEVICES))
        else:
            for one, listed in self._listed.items():
                self._strike(one, list(listed))

    def _strike_subsystem(self, method: str, parameters: Mapping[str, Any]) -> None:
        nqn = parameters["nqn"]
        named = [parameters.get("namespace", {}).get("bdev_name")]
        if not method.startswith("nvmf_subsystem_add_"):
            spaces = self._listed.get(_SUBSYSTEMS, {}).get(nqn, {}).get("namespaces", ())
            named += [one["bdev_name"] for one in spaces]
        self._strike(_DEVICES, named)
        self._strike(_SUBSYSTEMS, [nqn])

    def _strike(self, method: str, names: Iterable[str | None]) -> None:
        listed = self._listed.get(method, {})
        for name in names:
            if name is not None:
                self._struck[method].add(name)
                listed.pop(name, None)


_reading: ContextVar[Survey | None] = ContextVar("survey", default=None)


class Surveys:
    """The survey that is under way, if one is; shared by all connections to one target."""

    def __init__(self) -> None:
        self._current: Survey | None = None

    @contextmanager
    def survey(self) -> Iterator[None]:
        """What is done within looks at a survey; so do the tasks that it starts, until its end."""
        self._current = Survey()
        token = _reading.set(self._current)
        try:
            yield
        finally:
            self._current = None
            _reading.reset(token)

    @property
    def readable(self) -> Survey | None:
        """The survey that the caller may look at."""
        current = self._current
        return current if current is not None and _reading.get() is current else None

    def changed(self, method: str, parameters: Mapping[str, Any]) -> None:
        """A call is made, or has been made."""
        if self._current is not None:
            self._current.changed(method, parameters)
