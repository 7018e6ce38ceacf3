"""Watching calls: how each one ended and how long it took, for the access log and telemetry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from time import perf_counter
from typing import NamedTuple, Protocol

import grpc
from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError
from dpu_sim.api.stage import Requests, Stream, Unary, close
from opi.catalog import Method

_CANCELLED = grpc.StatusCode.CANCELLED
_DEADLINE_EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED


class Outcome(NamedTuple):
    """How a call ended.

    Attributes:
        code: of its status.
        problem: the status's message; '' when all went well.
        seconds: how long it took.
        responses: how many messages went back.
    """

    code: grpc.StatusCode
    problem: str
    seconds: float
    responses: int


Report = Callable[[Requests, Call, Outcome], None]


class Observer(Protocol):
    """Somebody who wants to know about every call when it is over."""

    def watch(self, method: Method) -> Report:
        """What to tell about the calls of a method."""


class Observation:
    """The stage that tells observers about calls."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler, observed."""
        report = self._report(method)

        async def observed(request: Message, call: Call) -> Message:
            began = perf_counter()
            try:
                response = await handler(request, call)
            except BaseException as error:
                report(request, call, _failure(error, call, began, 0))
                raise
            report(request, call, Outcome(grpc.StatusCode.OK, "", perf_counter() - began, 1))
            return response

        return observed

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler, observed from its first request to its last response."""
        report = self._report(method)

        async def observed(requests: Requests, call: Call) -> AsyncIterator[Message]:
            began = perf_counter()
            count = 0
            responses = handler(requests, call)
            try:
                async for response in responses:
                    yield response
                    count += 1
            except BaseException as error:
                report(requests, call, _failure(error, call, began, count))
                raise
            finally:
                await close(responses)
            outcome = Outcome(grpc.StatusCode.OK, "", perf_counter() - began, count)
            report(requests, call, outcome)

        return observed

    def _report(self, method: Method) -> Report:
        reports = [observer.watch(method) for observer in self._observers]
        if len(reports) == 1:
            return reports[0]

        def report(requests: Requests, call: Call, outcome: Outcome) -> None:
            for one in reports:
                one(requests, call, outcome)

        return report


def _failure(error: BaseException, call: Call, began: float, responses: int) -> Outcome:
    seconds = perf_counter() - began
    if isinstance(error, ApiError):
        return Outcome(error.code, error.message, seconds, responses)
    # Cancelled, or a stream that nobody reads any more: the caller has gone. gRPC cancels at the
    # deadline too, and may be quicker than we are.
    late = call.deadline is not None and asyncio.get_running_loop().time() >= call.deadline
    code = _DEADLINE_EXCEEDED if late else _CANCELLED
    return Outcome(code, "the caller has gone", seconds, responses)
