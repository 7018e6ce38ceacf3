"""What every call is guarded by: its deadline, and the border that no defect crosses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError, deadline_exceeded, internal
from dpu_sim.api.stage import Requests, Stream, Unary, close
from opi.catalog import Method

_log = logging.getLogger(__name__)


class Deadline:
    """Ends the work on a call when its caller has given up. Raises DEADLINE_EXCEEDED."""

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler, cancelled at the deadline."""
        path = method.path

        async def timed(request: Message, call: Call) -> Message:
            if call.deadline is None:
                return await handler(request, call)
            try:
                async with asyncio.timeout_at(call.deadline) as timeout:
                    return await handler(request, call)
            except TimeoutError as error:
                if timeout.expired():
                    raise deadline_exceeded(path) from error
                raise

        return timed

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler, each of whose responses has to come before the deadline.

        The time that the client takes to read them is not under this guard: there, a cancellation
        would hit the edge and not the implementation.
        """
        path = method.path

        async def timed(requests: Requests, call: Call) -> AsyncIterator[Message]:
            responses = handler(requests, call)
            try:
                while (response := await _next(responses, path, call.deadline)) is not None:
                    yield response
            finally:
                await close(responses)

        return timed


async def _next(
    responses: AsyncIterator[Message], path: str, deadline: float | None
) -> Message | None:
    """The next response, None at the end."""
    try:
        async with asyncio.timeout_at(deadline) as timeout:
            return await anext(responses, None)
    except TimeoutError as error:
        if timeout.expired():
            raise deadline_exceeded(path) from error
        raise


class Containment:
    """Turns whatever is not an ApiError into INTERNAL: our log gets it, the client does not."""

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler, with nothing but ApiError and cancellation coming out of it."""
        expected = method.response

        async def contained(request: Message, call: Call) -> Message:
            try:
                response = await handler(request, call)
                return _checked(response, expected)
            except ApiError:
                raise
            except Exception as error:
                raise _internal(error, call) from error

        return contained

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler, with nothing but ApiError and cancellation coming out of it."""
        expected = method.response

        async def contained(requests: Requests, call: Call) -> AsyncIterator[Message]:
            responses = None
            try:
                responses = handler(requests, call)
                async for response in responses:
                    yield _checked(response, expected)
            except ApiError:
                raise
            except Exception as error:
                raise _internal(error, call) from error
            finally:
                if responses is not None:
                    await close(responses)

        return contained


def _checked(response: Message, expected: type[Message]) -> Message:
    if type(response) is not expected:
        raise TypeError(f"the answer is a {type(response).__name__}, not a {expected.__name__}")
    return response


def _internal(error: Exception, call: Call) -> ApiError:
    data = {"method": call.method, "request_id": call.request_id}
    _log.error("call failed", exc_info=error, extra={"data": data})
    return internal(call.method)
