"""What happens around calls, in one form for all kinds of methods.

A method is either unary, or a stream in either direction or both. Of the latter, those with a
single response are made to yield it, so that stages know two forms and not four.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, cast

from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError
from opi.catalog import Method

Requests = Message | AsyncIterator[Message]
Unary = Callable[[Message, Call], Coroutine[Any, Any, Message]]
"""Answers one request with one response. Raises ApiError."""
Stream = Callable[[Requests, Call], AsyncIterator[Message]]
"""Answers one request, or a stream of them, with responses. Raises ApiError."""


class Stage(Protocol):
    """Something that happens around calls. It may return the handler that it is given as it is."""

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler with this stage around it."""

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler with this stage around it."""


class Gate(ABC):
    """A stage that lets a call pass, or refuses it before anything happens."""

    @abstractmethod
    def refusal(self, method: Method, call: Call) -> ApiError | None:
        """Why the call may not pass; None when it may."""

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler for calls that may pass."""

        async def passed(request: Message, call: Call) -> Message:
            if refusal := self.refusal(method, call):
                raise refusal
            return await handler(request, call)

        return passed

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler for calls that may pass."""

        async def passed(requests: Requests, call: Call) -> AsyncIterator[Message]:
            if refusal := self.refusal(method, call):
                raise refusal
            responses = handler(requests, call)
            try:
                async for response in responses:
                    yield response
            finally:
                await close(responses)

        return passed


def is_streaming(method: Method) -> bool:
    """Whether requests or responses are a stream."""
    return method.client_streaming or method.server_streaming


def yielding(method: Method, implementation: Callable[[Any, Call], Any]) -> Stream:
    """The implementation of a streaming method as one that yields its responses."""
    if method.server_streaming:
        return cast("Stream", implementation)

    async def single(requests: Requests, call: Call) -> AsyncIterator[Message]:
        yield await implementation(requests, call)

    return single


async def close(responses: AsyncIterator[Message]) -> None:
    """End an iterator now, so that what it holds is freed before the call is over."""
    aclose = getattr(responses, "aclose", None)
    if aclose is not None:
        await aclose()
