"""The dispatcher: every RPC of the catalog, its implementation, and the stages around it.

Both edges, gRPC and HTTP, hand their calls to it. What happens around every call (access log,
telemetry, authorization, redaction) is a `Stage`, composed around each method once, when its
implementation is added, so that a call pays only for what applies to its method.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError, unimplemented
from dpu_sim.api.grpc_edge import GrpcEdge
from dpu_sim.api.guard import Containment, Deadline
from dpu_sim.api.stage import Requests, Stage, Stream, Unary, is_streaming, yielding
from opi.catalog import Catalog, Method


class Dispatcher:
    """Routes calls to implementations through stages."""

    def __init__(self, catalog: Catalog, stages: Sequence[Stage] = ()) -> None:
        """A dispatcher without implementations: every method answers UNIMPLEMENTED.

        Args:
            catalog: which services there are.
            stages: the outermost first. Stages see ApiError and cancellations only: what is
                unexpected becomes INTERNAL around the implementation, and once more around them.
        """
        self.catalog = catalog
        self._around_all = (Containment(), *stages, Containment(), Deadline())
        self._implemented: set[str] = set()
        self._answered: set[str] = set()
        self._unary: dict[str, Unary] = {}
        self._stream: dict[str, Stream] = {}
        for method in catalog.methods():
            self._compose(method, None)

    def add(self, service: str, implementation: object) -> None:
        """Let an object answer the calls of a service (full name).

        The object has methods named as the RPCs, see `Unary` and `Stream` for their form; a stream
        of requests with a single response is an async method that takes an async iterator.

        Raises:
            KeyError: no such service.
            ValueError: it has an implementation, or this one has methods that the service has not.
        """
        methods = self.catalog.services[service].methods
        if service in self._implemented:
            raise ValueError(f"{service} has an implementation already")
        if unknown := [name for name in _rpc_names(implementation) if name not in methods]:
            raise ValueError(f"{service} has no method {', '.join(unknown)}")
        self._implemented.add(service)
        for name, method in methods.items():
            answering = getattr(implementation, name, None)
            self._compose(method, answering)
            if answering is not None:
                self._answered.add(method.path)

    def implements(self, service: str) -> bool:
        """Whether something answers the calls of this service (full name)."""
        return service in self._implemented

    def answers(self, method: Method) -> bool:
        """Whether something answers the calls of this method; if not, they are UNIMPLEMENTED."""
        return method.path in self._answered

    def unary(self, method: Method, request: Message, call: Call) -> Coroutine[Any, Any, Message]:
        """Call a method without streams. Raises ApiError."""
        return self._unary[method.path](request, call)

    async def refuse(self, method: Method, error: ApiError, call: Call) -> Message:
        """Answer a call whose request cannot be read: the stages see it all the same."""

        async def refuse(_: Message, __: Call) -> Message:
            raise error

        return await self._around(method, refuse)(method.request(), call)

    def stream(self, method: Method, requests: Requests, call: Call) -> AsyncIterator[Message]:
        """Call a method with a stream in either direction, or both. Raises ApiError.

        A method with a single request takes that, not an iterator; one with a single response
        yields just it.
        """
        return self._stream[method.path](requests, call)

    def grpc_handlers(self, authenticated: bool = False) -> list[grpc.GenericRpcHandler]:
        """What a grpc.aio server needs to serve every method of the catalog through us.

        Args:
            authenticated: whether clients show certificates (mutual TLS).
        """
        return [GrpcEdge(self, authenticated)]

    def _compose(self, method: Method, implementation: Any) -> None:
        if is_streaming(method):
            stream = yielding(method, implementation) if implementation else _refuse_stream(method)
            for stage in reversed(self._around_all):
                stream = stage.stream(method, stream)
            self._stream[method.path] = stream
        else:
            self._unary[method.path] = self._around(method, implementation or _refuse(method))

    def _around(self, method: Method, handler: Unary) -> Unary:
        for stage in reversed(self._around_all):
            handler = stage.unary(method, handler)
        return handler


def _rpc_names(implementation: object) -> Iterator[str]:
    """Public names in the RPCs' spelling, which is that of classes."""
    return (name for name in dir(implementation) if name[0].isupper())


def _refuse(method: Method) -> Unary:
    async def refuse(_: Message, __: Call) -> Message:
        raise unimplemented(f"{method.path[1:]} is not supported by this DPU")

    return refuse


def _refuse_stream(method: Method) -> Stream:
    refuse: Callable[[Any, Call], Coroutine[Any, Any, Message]] = _refuse(method)

    async def refuse_stream(requests: Requests, call: Call) -> AsyncIterator[Message]:
        yield await refuse(requests, call)

    return refuse_stream
