"""HTTP requests to an opid in tests, by the standard library's client."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from typing import Any

from tests.opid_process import DEADLINE


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The message of an error body."""
        return str(self.json["message"])


@contextmanager
def connected(endpoint: str, tls: ssl.SSLContext | None = None) -> Iterator[HTTPConnection]:
    """A connection to "host:port", in plain text without a context."""
    host, _, port = endpoint.rpartition(":")
    if tls is None:
        connection = HTTPConnection(host.strip("[]"), int(port), timeout=DEADLINE)
    else:
        connection = HTTPSConnection(host.strip("[]"), int(port), timeout=DEADLINE, context=tls)
    try:
        yield connection
    finally:
        connection.close()


def call(
    endpoint: str,
    verb: str,
    target: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own.

    Args:
        endpoint: "host:port".
        verb: HTTP method.
        target: path and query.
        body: bytes or an iterable of them (sent in chunks) as they are, else sent as JSON.
        headers: besides.
        tls: how to connect; None for plain text.
    """
    with connected(endpoint, tls) as connection:
        return exchange(connection, verb, target, body, headers)


def exchange(
    connection: HTTPConnection,
    verb: str,
    target: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on an open connection."""
    raw = body is None or isinstance(body, bytes) or _is_chunks(body)
    data = body if raw else json.dumps(body).encode()
    connection.request(verb, target, data, dict(headers or {}), encode_chunked=_is_chunks(body))
    response = connection.getresponse()
    return Answer(response.status, response.headers, response.read())


def _is_chunks(body: Any) -> bool:
    return isinstance(body, Iterable) and not isinstance(body, bytes | str | dict | list)
