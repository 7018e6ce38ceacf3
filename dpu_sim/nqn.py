"""NVMe Qualified Names (NVMe Base Specification 2.1, section 4.7)."""

from __future__ import annotations

import re
from uuid import UUID

DISCOVERY = "nqn.2014-08.org.nvmexpress.discovery"
LONGEST = 223
"""Bytes that a name may have."""

_UUID_PREFIX = "nqn.2014-08.org.nvmexpress:uuid:"
_DATED = re.compile(r"nqn\.\d{4}-(?:0[1-9]|1[0-2])\.(?P<domain>[^:]+)(?::.+)?")
_LABEL = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def nqn_problem(name: str) -> str | None:
    """What is wrong with an NQN; None when nothing is."""
    if not name.isprintable():
        return "has characters that cannot be shown"
    if len(name.encode()) > LONGEST:
        return f"is longer than {LONGEST} bytes"
    if name.startswith(_UUID_PREFIX):
        return _uuid_problem(name.removeprefix(_UUID_PREFIX))
    match = _DATED.fullmatch(name)
    if not match or not all(_LABEL.fullmatch(label) for label in match["domain"].split(".")):
        return "does not have the form nqn.yyyy-mm.reversed.domain:name"
    return None


def _uuid_problem(text: str) -> str | None:
    try:
        proper = str(UUID(text)) == text.lower()
    except ValueError:
        proper = False
    return None if proper else f"must end in a UUID after {_UUID_PREFIX!r}"
