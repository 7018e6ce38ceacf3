"""One front end of a vhost controller."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any


class VirtioDevice:
    """What a front end sees."""


class Session:
    """One front end."""

    def __init__(
        self,
        number: int,
        name: str,
        connection: socket.socket,
        device: VirtioDevice,
        forget: Callable[[Session], None],
    ) -> None:
        self.number = number
        self.name = name
        self.coalescing = (0, 0)
        self._socket = connection
        self._forget = forget

    def start(self) -> None:
        """Begin."""
        self._socket.close()
        self._forget(self)

    def tell_of_new_configuration(self) -> None:
        """The configuration has changed."""

    def describe(self) -> dict[str, Any]:
        """As shown."""
        return {}

    async def close(self) -> None:
        """End."""
