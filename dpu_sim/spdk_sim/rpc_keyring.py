"""SPDK's keyring_* methods: names for files with secrets (PSKs, DH-HMAC-CHAP keys).

A file is read when its key is used, never before; it has to belong to its owner alone.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Any

from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import undecoded
from dpu_sim.spdk_sim.parameters import decode, none, string

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST = 4096


class Keyring:
    """The keys by name."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def secret(self, name: str) -> str:
        """The content of a key's file; the file itself may be named, as before SPDK 24.09.

        Raises:
            OSError: ENOKEY, there is no such key; EPERM, others may read it; or what the file says.
        """
        path = self._paths.get(name, Path(name))
        if name not in self._paths and not path.is_absolute():
            raise OSError(errno.ENOKEY, name)
        return read_secret(path)

    def commands(self) -> list[dict[str, Any]]:
        """Requests that make the same keyring."""
        return [
            {"method": "keyring_file_add_key", "params": {"name": name, "path": str(path)}}
            for name, path in self._paths.items()
        ]

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "keyring_file_add_key": self._add,
            "keyring_file_remove_key": self._remove,
            "keyring_get_keys": self._list,
        }

    async def _add(self, given: Any) -> bool:
        wanted = decode(given, {"name": string, "path": string}, {"name", "path"}, undecoded)
        name, path = wanted["name"], Path(wanted["path"])
        if name in self._paths:
            raise OSError(errno.EEXIST, name)
        require_private(path)
        self._paths[name] = path
        return True

    async def _remove(self, given: Any) -> bool:
        name = decode(given, {"name": string}, {"name"}, undecoded)["name"]
        if self._paths.pop(name, None) is None:
            raise OSError(errno.ENOENT, name)
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        none("keyring_get_keys", given)
        state = {"module": "keyring_file", "removed": False, "probed": False, "refcnt": 1}
        return [{"name": name, **state, "path": str(path)} for name, path in self._paths.items()]


def require_private(path: Path) -> None:
    """Raise OSError, EPERM, unless a path is absolute and its file its owner's alone."""
    if not path.is_absolute() or path.stat().st_mode & _OTHERS:
        raise OSError(errno.EPERM, str(path))


def read_secret(path: Path) -> str:
    """The first bytes of a private file as text, without the line's end. Raises OSError."""
    require_private(path)
    with path.open("rb") as file:
        content = file.read(_LONGEST)
    try:
        return content.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise OSError(errno.EINVAL, str(path)) from error
