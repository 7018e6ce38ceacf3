"""What the command line and its daemon say to each other over the socket.

A message is a line of JSON, then as many bytes of data as its member `size` says.
"""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import asdict
from pathlib import Path
from typing import Any

from host_sim.errors import HostError
from host_sim.options import Address, ConnectOptions, Credentials, Identity

SOCKET = "host.sock"
LOG = "host.log"
LARGEST = 1 << 30  # bytes of data with one message
LONGEST_LINE = 1 << 24
_CHUNK = 1 << 20


class DaemonGoneError(HostError):
    """Nobody serves the socket."""


class RequestError(HostError):
    """The daemon tells that something went wrong; the message is its."""


def encode(message: dict[str, Any], data: bytes | bytearray = b"") -> bytes:
    """A message as bytes."""
    return json.dumps(message | {"size": len(data)}).encode() + b"\n" + data


def options_to_json(options: ConnectOptions) -> dict[str, Any]:
    """Everything, the secrets too: the socket is the user's alone."""
    shown = asdict(options)
    shown["identity"]["hostid"] = options.identity.hostid.hex()
    return shown


def options_from_json(shown: dict[str, Any]) -> ConnectOptions:
    """The inverse. Raises AuthenticationError for malformed secrets."""
    given = dict(shown)
    given["address"] = Address(**given["address"])
    identity = given["identity"]
    given["identity"] = Identity(identity["hostnqn"], bytes.fromhex(identity["hostid"]))
    given["credentials"] = Credentials(**given["credentials"])
    return ConnectOptions(**given)


async def receive(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes] | None:
    """The next message, None at the end. Raises ValueError when it is none."""
    line = await reader.readline()
    if not line:
        return None
    message = json.loads(line)
    if not isinstance(message, dict) or not isinstance(message.get("size"), int):
        raise ValueError("not a message")  # noqa: TRY004  as json.loads says it
    if not 0 <= message["size"] <= LARGEST:
        raise ValueError("too much data")
    try:
        return message, await reader.readexactly(message["size"])
    except asyncio.IncompleteReadError as error:
        raise ValueError("cut short") from error


def call(folder: Path, message: dict[str, Any], data: bytes = b"") -> tuple[Any, bytes]:
    """Ask the daemon; result and data.

    Raises:
        DaemonGoneError: nobody is there.
        RequestError: it says what went wrong.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(folder / SOCKET))
            connection.sendall(encode(message, data))
            with connection.makefile("rb") as stream:
                line = stream.readline()
                if not line:
                    raise DaemonGoneError("the daemon ended")
                reply = json.loads(line)
                content = stream.read(reply["size"])
    except (FileNotFoundError, ConnectionError) as error:
        raise DaemonGoneError("no daemon") from error
    except OSError as error:
        raise HostError(f"{folder / SOCKET}: {error.strerror or error}") from error
    if "error" in reply:
        raise RequestError(reply["error"])
    return reply["result"], content
