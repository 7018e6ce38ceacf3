"""Calls of a DPU's gRPC server: one channel, deadlines, errors as `CallError`.

What only reads is tried again when the server cannot be reached; what changes anything is sent
once, because nobody knows whether a lost call was carried out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from opi.catalog import Method
from opi.contexts import Context, ContextError
from opi.status import CallError, Status, status_of

DEFAULT_TIMEOUT = 10.0
"""Seconds that a call may take."""

_ATTEMPTS = 3
_FIRST_PAUSE = 0.1
_READS = re.compile(r"(Get|List|Stats|Ping$|Capabilities$|IPsec(Version|Stats|List))")
"""Methods that change nothing on the server (google.aip.dev/131, 132)."""

_OPTIONS = (
    # DPUs are reached directly; no connection state is shared with another client of an address.
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class Client:
    """A connection to one DPU; nothing is opened before the first call.

    Use it as a context manager, or `close` it.
    """

    def __init__(self, context: Context, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.context = context
        self.timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if "channel" in self.__dict__:
            self.channel.close()

    @cached_property
    def channel(self) -> grpc.Channel:
        """The gRPC channel. Raises ContextError for TLS files that cannot be read."""
        address = self.context.address
        if self.context.insecure:
            return grpc.insecure_channel(address, options=_OPTIONS)
        options: list[tuple[str, Any]] = list(_OPTIONS)
        if self.context.tls_server_name:
            options.append(("grpc.ssl_target_name_override", self.context.tls_server_name))
        return grpc.secure_channel(address, _credentials(self.context), options=options)

    def unary(self, method: Method, request: Message, timeout: float | None = None) -> Any:
        """Call a method with one request and one answer. Raises CallError."""
        call = self.channel.unary_unary(
            method.path,
            request_serializer=_serialize,
            response_deserializer=method.response.FromString,
        )
        deadline = time.monotonic() + (timeout or self.timeout)
        attempts = _ATTEMPTS if is_read_only(method) else 1
        pause = _FIRST_PAUSE
        while True:
            attempts -= 1
            try:
                return call(request, timeout=max(deadline - time.monotonic(), 0.001))
            except grpc.RpcError as error:
                failed = CallError(status_of(error), method.path)
            if not attempts or failed.status.code != "UNAVAILABLE" or failed.status.is_tls_failure:
                raise failed from None
            time.sleep(min(pause, max(deadline - time.monotonic(), 0)))
            pause *= 2

    def stream(
        self, method: Method, requests: Iterable[Message], timeout: float | None = None
    ) -> Iterator[Any]:
        """Call a method of any shape; yield its answers as they come. Raises CallError.

        Streams have no deadline of their own unless `timeout` gives one.
        """
        try:
            yield from self._answers(method, requests, timeout)
        except grpc.RpcError as error:
            raise CallError(status_of(error), method.path) from None

    def _answers(
        self, method: Method, requests: Iterable[Message], timeout: float | None
    ) -> Iterator[Any]:
        shape = f"{_arity(method.client_streaming)}_{_arity(method.server_streaming)}"
        call = getattr(self.channel, shape)(
            method.path,
            request_serializer=_serialize,
            response_deserializer=method.response.FromString,
        )
        sent = iter(requests) if method.client_streaming else next(iter(requests))
        if not method.server_streaming:
            yield call(sent, timeout=timeout or self.timeout)
            return
        answers = call(sent, timeout=timeout)
        try:
            yield from answers
        finally:
            answers.cancel()

    def health(self, service: str = "", timeout: float = 2.0) -> str:
        """What grpc.health.v1 says of a service, such as "SERVING"; '' is the whole server.

        Raises CallError, with NOT_FOUND for a service that the server does not know.
        """
        check = self.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=_serialize,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError as error:
            raise CallError(status_of(error), "grpc.health.v1.Health/Check") from None
        return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def is_read_only(method: Method) -> bool:
    """Whether a method changes nothing, so that a lost call may be sent again."""
    return bool(_READS.match(method.name))


def unimplemented(message: str) -> CallError:
    """The error for what the server does not have."""
    return CallError(Status("UNIMPLEMENTED", message))


def _credentials(context: Context) -> grpc.ChannelCredentials:
    if bool(context.tls_cert) != bool(context.tls_key):
        missing = "key" if context.tls_cert else "certificate"
        raise ContextError(f"the client's {missing} is missing", "give --tls-cert and --tls-key")
    return grpc.ssl_channel_credentials(
        root_certificates=_read(context.tls_ca),
        private_key=_read(context.tls_key),
        certificate_chain=_read(context.tls_cert),
    )


def _read(name: str) -> bytes | None:
    if not name:
        return None
    try:
        return Path(name).expanduser().read_bytes()
    except OSError as error:
        raise ContextError(f"{name}: {error.strerror}") from error


def _arity(streaming: bool) -> str:
    return "stream" if streaming else "unary"


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()
