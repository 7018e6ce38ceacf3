"""Pre-shared keys in the keyring of an SPDK target, which takes them as names of files.

Files lie in a folder of this process's user alone; a target that runs as another, non-root user, or
sees other files than we do, cannot read them. Names tell nothing of a key but whether it is
the same as another of the same owner.
"""

from __future__ import annotations

import asyncio
import hmac
from contextlib import suppress
from pathlib import Path

from dpu_sim.api.errors import ApiError, failed_precondition, invalid_argument
from dpu_sim.storage.spdk import SpdkClient, SpdkError

_UNKNOWN_METHOD = -32601
_PREFIX = b"NVMeTLSkey-1:"
_LONGEST = 4096


class Keys:
    """The keys that the target needs; each belongs to one owner, such as an NQN."""

    def __init__(self, spdk: SpdkClient, folder: Path, secret: bytes) -> None:
        """
        Args:
            folder: where the files go; it is made when the first one does.
            secret: what names are derived with.
        """
        self._spdk = spdk
        self._folder = folder
        self._secret = secret

    async def offer(self, owner: str, key: bytes) -> str:
        """Let the target know a key; what it takes as its `psk` parameter. Raises ApiError.

        That is a name in the keyring or, before SPDK 24.09, the path of the file.
        """
        name = self._name(owner, key)
        path = self._folder / name
        had = path.exists()
        try:
            await asyncio.to_thread(_write, path, key)
        except OSError as error:
            raise failed_precondition(f"a key cannot be kept: {error.strerror}") from None
        try:
            return await self._add(name, path)
        except SpdkError as error:
            if not had:
                path.unlink(missing_ok=True)
            raise self._refused(error) from None

    async def _add(self, name: str, path: Path) -> str:
        """Add a file to the keyring; its name there, or the path. Raises SpdkError."""
        try:
            known = await self._spdk.call("keyring_get_keys")
            if any(one["name"] == name and one.get("path") == str(path) for one in known):
                return name
            if any(one["name"] == name for one in known):  # of another place, from before a move
                await self._spdk.call("keyring_file_remove_key", {"name": name})
            await self._spdk.call("keyring_file_add_key", {"name": name, "path": str(path)})
        except SpdkError as error:
            if error.code == _UNKNOWN_METHOD:
                return str(path)
            raise
        return name

    async def knows(self, owner: str, key: bytes) -> bool:
        """Whether this is the key that the target knows. Raises ApiError."""
        name = self._name(owner, key)
        try:
            listed = await self._spdk.call("keyring_get_keys")
        except SpdkError as error:
            if error.code == _UNKNOWN_METHOD:
                return (self._folder / name).exists()
            raise self._refused(error) from None
        return any(one["name"] == name and not one.get("removed") for one in listed)

    async def withdraw(self, owner: str, key: bytes) -> None:
        """Let the target forget a key, and remove its file. Raises ApiError: UNAVAILABLE."""
        name = self._name(owner, key)
        with suppress(SpdkError):  # it does not know it
            await self._spdk.call("keyring_file_remove_key", {"name": name})
        (self._folder / name).unlink(missing_ok=True)

    def _name(self, owner: str, key: bytes) -> str:
        digest = hmac.digest(self._secret, b"psk\0" + owner.encode() + b"\0" + key, "sha256")
        return f"opi-{digest[:16].hex()}"

    def _refused(self, error: SpdkError) -> ApiError:
        text = f"the SPDK target refuses a key ({error.method}: {error.code})"
        return failed_precondition(text)


def check_key(field: str, key: bytes) -> None:
    """Check that a key has the interchange format (NVMe TCP Transport Specification, TLS).

    Raises:
        ApiError: INVALID_ARGUMENT, which tells nothing of the key.
    """
    if key and not (key.startswith(_PREFIX) and key.isascii() and len(key) <= _LONGEST):
        raise invalid_argument(field, f"must be text that begins with {_PREFIX.decode()!r}")


def _write(path: Path, key: bytes) -> None:
    """Write a file whole or not at all; nobody else may read it. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_bytes(key)
    fresh.rename(path)
