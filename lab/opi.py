"""Calls of OPI services by name, without generated code: the server's reflection says the types.

Bodies are proto3 JSON with the field names of the proto files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from google.protobuf import json_format
from google.protobuf.message import Message

from lab.errors import LabError
from opi.catalog import Method
from opi.client import Client
from opi.contexts import Context
from opi.reflection import Reflection
from opi.status import CallError

_NOT_YET = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "NOT_FOUND"})
"""How a health check ends while a server starts."""


class OpiCallError(LabError):
    """A call that did not end with OK.

    `code` is the name of the gRPC status code, `details` the JSON of what the status carried.
    """

    def __init__(
        self, code: str, message: str, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.reason = message
        self.details = details or []


class OpiClient:
    """A connection to one gRPC server of a lab; `target` is host:port.

    Each client has its own descriptor pool, so servers with different versions of one proto file
    can be talked to side by side. Use it as a context manager, or `close` it.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self._client = Client(Context(address=target, insecure=True))
        self._reflection = Reflection(self._client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def services(self, timeout: float = 10.0) -> list[str]:
        """Full names of the services that the server's reflection lists. Raises OpiCallError."""
        with _lab_errors():
            return self._reflection.services(timeout)

    def health(self, service: str = "", timeout: float = 2.0) -> bool:
        """Whether grpc.health.v1 says SERVING; False too while nothing answers.

        `service` "" asks for the whole server. Raises OpiCallError for any other refusal, for
        example UNIMPLEMENTED by a server without the health service.
        """
        try:
            with _lab_errors():
                return self._client.health(service, timeout) == "SERVING"
        except OpiCallError as error:
            if error.code in _NOT_YET:
                return False
            raise

    def call(
        self, method: str, body: dict[str, Any] | None = None, timeout: float = 10.0
    ) -> dict[str, Any]:
        """Call a unary method; `timeout` (s) covers the reflection as well.

        `method` is the full name, `opi_api.inventory.v1.InventoryService/GetInventory`. The answer
        is proto3 JSON: 64-bit integers are strings, bytes base64, and fields that have no presence
        are there with their default. Raises OpiCallError when the call does not end with OK, and
        LabError for a method name or a body that cannot be sent.
        """
        deadline = time.monotonic() + timeout
        with _lab_errors():
            found = self._method(method, timeout)
            request = self._request(found, body or {})
            answer = self._client.unary(found, request, max(deadline - time.monotonic(), 0.001))
        result: dict[str, Any] = json_format.MessageToDict(
            answer,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            descriptor_pool=self._reflection.pool,
        )
        return result

    def _method(self, method: str, timeout: float) -> Method:
        if "/" not in method.strip("/"):
            raise LabError(
                f"{method!r} is not a full gRPC method name",
                "write package.Service/Method, as in grpc.health.v1.Health/Check",
            )
        found = self._reflection.method(method, timeout)
        if found.client_streaming or found.server_streaming:
            raise LabError(f"{method} is a streaming method; only unary methods can be called")
        return found

    def _request(self, method: Method, body: dict[str, Any]) -> Message:
        message = method.request()
        try:
            json_format.ParseDict(body, message, descriptor_pool=self._reflection.pool)
        except json_format.ParseError as error:
            kind = method.descriptor.input_type
            fields = ", ".join(field.name for field in kind.fields) or "no fields"
            raise LabError(
                f"the body does not fit {method.path.strip('/')}: {error}",
                f"{kind.full_name} has: {fields}",
            ) from None
        return message


@contextmanager
def _lab_errors() -> Iterator[None]:
    """Failed calls become the lab's own errors."""
    try:
        yield
    except CallError as error:
        status = error.status
        raise OpiCallError(status.code, status.message, status.json_details()) from None
