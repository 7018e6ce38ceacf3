"""Resource names in requests (google.aip.dev/122)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from dpu_sim.api.errors import invalid_argument
from opi.resources import ResourceType, resources

_SEGMENT = r"[A-Za-z0-9._~-]+"
"""What a variable segment may hold: RFC 3986's unreserved characters (section 2.3)."""


def require_name(field: str, name: str, pattern: str) -> None:
    """Check that `name` has the form `pattern`, in which `*` stands for one segment.

    Raises:
        ApiError: INVALID_ARGUMENT that names the request field `field`.
    """
    if not _regex(pattern).fullmatch(name):
        raise invalid_argument(field, f"{name!r} does not have the form {pattern}")


class RequestNames:
    """The names in the requests for one kind of resource, in the form in which we store them.

    Raises:
        ApiError: INVALID_ARGUMENT that names the request's field.
    """

    def __init__(self, kind: ResourceType) -> None:
        self._kind = kind
        self.parent_kind = next((t for t in resources().types if t.pattern == kind.parent), None)

    def name(self, name: str, field: str = "name") -> str:
        """The name of a resource, given in any accepted form."""
        if not name:
            raise invalid_argument(field, "is required")
        canonical = self._kind.canonical(name)
        if canonical is None:
            raise invalid_argument(field, f"{name!r} does not have the form {self._kind.pattern}")
        return canonical

    def updated(self, request: Any, field: str) -> str:
        """The name in an Update request: in the resource, or next to it as in cloud services."""
        inner = getattr(request, field).name
        outer = getattr(request, "name", "")
        name = self.name(outer or inner, "name" if outer else f"{field}.name")
        if outer and inner and self._kind.canonical(inner) != name:
            raise invalid_argument(f"{field}.name", f"is another resource than {outer}")
        return name

    def parent(self, request: Any) -> str:
        """The parent of a resource; "" for kinds at the top, whatever clients say there.

        Deployed clients send words such as "todo" as the parent of resources without one.
        """
        if self.parent_kind is None:
            return ""
        if not request.parent:
            raise invalid_argument("parent", "is required")
        parent = self.parent_kind.canonical(request.parent)
        if parent is None:
            form = self.parent_kind.pattern
            raise invalid_argument("parent", f"{request.parent!r} does not have the form {form}")
        return parent

    def parent_of(self, name: str) -> str:
        """The parent of the resource with this name; "" at the top."""
        return name.rsplit("/", 2)[0] if self._kind.is_child else ""


def is_any(parent: str) -> bool:
    """Whether a parent stands for every parent, such as "nvmeSubsystems/-" (google.aip.dev/159)."""
    return parent.endswith("/-")


@lru_cache
def _regex(pattern: str) -> re.Pattern[str]:
    segments = (_SEGMENT if part == "*" else re.escape(part) for part in pattern.split("/"))
    return re.compile("/".join(segments))
