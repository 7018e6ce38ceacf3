"""The process that holds a host's connections between two calls of the command line.

    python -m host_sim.daemon --state-dir DIR [--notify-fd FD]

It serves DIR/host.sock, for its user alone, and ends with the last controller.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from host_sim.attached import AttachedNamespaces
from host_sim.controller import Controller
from host_sim.description import (
    describe_controller,
    describe_device,
    describe_namespace,
    describe_subsystems,
)
from host_sim.errors import HostError
from host_sim.host import Host
from host_sim.messages import LONGEST_LINE, SOCKET, encode, options_from_json, receive
from host_sim.multipath import Policy

_log = logging.getLogger("host_sim")
_LOCK = "host.lock"
_PATIENCE = 10.0  # seconds that a new daemon waits for its first controller

Answer = tuple[Any, bytes | bytearray]
Handler = Callable[[dict[str, Any], bytes], Awaitable[Answer]]


class Daemon:
    """One host behind a socket."""

    def __init__(self) -> None:
        self.host = Host()
        self.attached = AttachedNamespaces()
        self.done = asyncio.Event()
        self._talking = 0
        self._handlers: dict[str, Handler] = {
            "connect": self._connect,
            "disconnect": self._disconnect,
            "list": self._list,
            "list-subsys": self._list_subsystems,
            "id-ctrl": self._identify_controller,
            "id-ns": self._identify_namespace,
            "read": self._read,
            "write": self._write,
            "flush": self._flush,
            "attach": self._attach,
            "detach": self._detach,
            "attached": self._list_attached,
            "ping": self._ping,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client."""
        self._talking += 1
        try:
            while (message := await receive(reader)) is not None:
                writer.write(await self._answer(*message))
                await writer.drain()
        except (ValueError, OSError) as error:
            _log.warning("a client was cut off: %s", error)
        finally:
            writer.close()
            self._talking -= 1
            self.look()

    def look(self) -> None:
        """End if nothing is left to hold."""
        if self.host.idle and not self._talking:
            self.done.set()

    def _look_soon(self, _: Controller) -> None:
        asyncio.get_running_loop().call_soon(self.look)

    async def _answer(self, message: dict[str, Any], data: bytes) -> bytes:
        handler = self._handlers.get(message.get("method", ""))
        if handler is None:
            return encode({"error": f"no method {message.get('method')}"})
        try:
            result, content = await handler(message.get("params") or {}, data)
        except HostError as error:
            return encode({"error": str(error)})
        except (ValueError, TypeError, KeyError) as error:
            return encode({"error": f"{message.get('method')}: {error!r}"})
        return encode({"result": result}, content)

    async def _ping(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        return os.getpid(), b""

    async def _connect(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        name = await self.host.connect(
            options_from_json(params["options"]), duplicate=params["duplicate"],
            policy=Policy(params["policy"]), no_path_timeout=params["no_path_timeout"],
        )  # fmt: skip
        # A controller that is lost for good may have been the last.
        self.host.controller(name).on_change.append(self._look_soon)
        return {"device": name}, b""

    async def _disconnect(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        return await self.host.disconnect(params.get("nqn"), params.get("device")), b""

    async def _list(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        return [describe_device(name, one) for name, one in self.host.namespaces()], b""

    async def _list_subsystems(
        self, params: dict[str, Any], data: bytes  # noqa: ARG002
    ) -> Answer:  # fmt: skip
        return describe_subsystems(self.host), b""

    async def _identify_controller(
        self, params: dict[str, Any], data: bytes  # noqa: ARG002
    ) -> Answer:  # fmt: skip
        controller = self.host.controller(params["device"])
        return describe_controller(controller.identify), b""

    async def _identify_namespace(
        self, params: dict[str, Any], data: bytes  # noqa: ARG002
    ) -> Answer:  # fmt: skip
        return describe_namespace(self.host.namespace(params["device"]).info.identify), b""

    async def _read(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        namespace = self.host.namespace(params["device"])
        return None, await namespace.read(params["slba"], params["blocks"])

    async def _write(self, params: dict[str, Any], data: bytes) -> Answer:
        namespace = self.host.namespace(params["device"])
        size = namespace.block_size * params["blocks"] if params.get("blocks") else len(data)
        await namespace.write(params["slba"], data[:size].ljust(size, b"\0"))
        return size // namespace.block_size, b""

    async def _flush(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        await self.host.namespace(params["device"]).flush()
        return None, b""

    async def _attach(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        name = params["device"].removeprefix("/dev/")
        return await self.attached.attach(name, self.host.namespace(name)), b""

    async def _detach(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        name = params["device"].removeprefix("/dev/")
        await self.attached.detach(name, force=params["force"])
        return None, b""

    async def _list_attached(self, params: dict[str, Any], data: bytes) -> Answer:  # noqa: ARG002
        return self.attached.described(), b""


async def run(folder: Path, notify: int | None) -> None:
    """Serve until the last controller is gone, or until told to end."""
    daemon = Daemon()
    path = folder / SOCKET
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(daemon.serve, path, limit=LONGEST_LINE)
    path.chmod(0o600)
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, daemon.done.set)
    loop.call_later(_PATIENCE, daemon.look)
    if notify is not None:
        os.write(notify, b"\n")
        os.close(notify)
    await daemon.done.wait()
    # Whoever comes from here on starts another daemon.
    path.unlink(missing_ok=True)
    server.close()
    await daemon.attached.close()
    await daemon.host.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; 0 also when another daemon does already."""
    parser = argparse.ArgumentParser(prog="python -m host_sim.daemon")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--notify-fd", type=int)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    options.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (options.state_dir / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        with suppress(KeyboardInterrupt):
            asyncio.run(run(options.state_dir, options.notify_fd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
