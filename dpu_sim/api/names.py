"""Resource names (google.aip.dev/122)."""

from __future__ import annotations

import re
from functools import lru_cache

from dpu_sim.api.errors import invalid_argument

_SEGMENT = r"[A-Za-z0-9._~-]+"
"""What a variable segment may hold: RFC 3986's unreserved characters (section 2.3)."""


def require_name(field: str, name: str, pattern: str) -> None:
    """Check that `name` has the form `pattern`, in which `*` stands for one segment.

    Raises:
        ApiError: INVALID_ARGUMENT that names the request field `field`.
    """
    if not _regex(pattern).fullmatch(name):
        raise invalid_argument(field, f"{name!r} does not have the form {pattern}")


@lru_cache
def _regex(pattern: str) -> re.Pattern[str]:
    segments = (_SEGMENT if part == "*" else re.escape(part) for part in pattern.split("/"))
    return re.compile("/".join(segments))
