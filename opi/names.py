"""Resource names and ids (google.aip.dev/122).

A name is a path of collections and ids, such as "nvmeSubsystems/sub0/nvmeControllers/ctl0". Full
names carry the service in front, "//storage.opiproject.org/nvmeSubsystems/sub0"; both are accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

_SEGMENT = r"[A-Za-z0-9._~-]+"
"""What an id may hold in a name that is looked up: RFC 3986's unreserved characters (2.3)."""

_ID = re.compile(r"[a-z]([a-z0-9-]{2,61}[a-z0-9])")
"""An id that a client chooses: 4 to 63 characters (google.aip.dev/122, RFC 1034 section 3.1)."""

_FULL_NAME = re.compile(r"//[^/]+/")


@dataclass(frozen=True)
class NamePattern:
    """The form of a resource's names, such as "nvmeSubsystems/{subsystem}"."""

    text: str

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        parts = (f"({_SEGMENT})" if _is_variable(p) else re.escape(p) for p in self._parts)
        return re.compile("/".join(parts))

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return tuple(self.text.split("/"))

    @property
    def variables(self) -> int:
        """How many ids a name has."""
        return sum(map(_is_variable, self._parts))

    def parse(self, name: str) -> tuple[str, ...] | None:
        """The ids in `name`, outermost first; None when it does not have this form."""
        match = self._regex.fullmatch(name)
        return match.groups() if match else None

    def format(self, *ids: str) -> str:
        """The name with these ids, outermost first."""
        rest = iter(ids)
        return "/".join(next(rest) if _is_variable(part) else part for part in self._parts)

    def __str__(self) -> str:
        return self.text


def without_service(name: str) -> str:
    """Take the service off a full name: "//host/a/b" -> "a/b"; other names stay as they are."""
    return _FULL_NAME.sub("", name, count=1) if name.startswith("//") else name


def id_problem(resource_id: str) -> str | None:
    """What is wrong with an id that a client has chosen; None when nothing is."""
    if _is_uuid(resource_id):
        return "must not be a UUID: leave it empty and the server chooses one"
    if not _ID.fullmatch(resource_id):
        return (
            "must have 4 to 63 lower-case letters, digits and hyphens, begin with a letter and "
            f"end with a letter or digit (got {resource_id!r})"
        )
    return None


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_variable(part: str) -> bool:
    return part.startswith("{")
