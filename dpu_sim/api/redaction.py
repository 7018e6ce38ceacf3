"""Keys and passwords (`opi.behavior.is_secret`) taken out of messages.

Which fields of a message can lead to a secret is found once per type. Types that cannot hold one
cost nothing: `may_hold_secret` is asked when a method's stages are composed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any, NamedTuple, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from dpu_sim.api.call import Call
from dpu_sim.api.stage import Requests, Stream, Unary, close
from opi.behavior import is_secret
from opi.catalog import Method

M = TypeVar("M", bound=Message)


class _Ways(NamedTuple):
    """Fields of a message type: those that are secret, and those that lead to secrets."""

    secret: tuple[FieldDescriptor, ...]
    single: tuple[str, ...]
    repeated: tuple[str, ...]
    mapped: tuple[str, ...]


class Redaction:
    """The stage that keeps secrets out of answers."""

    def unary(self, method: Method, handler: Unary) -> Unary:
        """The handler; when its answers can hold secrets, without them."""
        if not may_hold_secret(method.descriptor.output_type):
            return handler

        async def redacting(request: Message, call: Call) -> Message:
            return redacted(await handler(request, call))

        return redacting

    def stream(self, method: Method, handler: Stream) -> Stream:
        """The handler; when its answers can hold secrets, without them."""
        if not may_hold_secret(method.descriptor.output_type):
            return handler

        async def redacting(requests: Requests, call: Call) -> AsyncIterator[Message]:
            responses = handler(requests, call)
            try:
                async for response in responses:
                    yield redacted(response)
            finally:
                await close(responses)

        return redacting


def redacted(message: M) -> M:
    """The message without secrets: itself when it holds none, else a copy."""
    if not holds_secret(message):
        return message
    copy = type(message)()
    copy.CopyFrom(message)
    clear_secrets(copy)
    return copy


def clear_secrets(message: Message) -> None:
    """Clear every secret field of a message, at any depth, in place."""
    ways = _ways(message.DESCRIPTOR)
    for field in ways.secret:
        message.ClearField(field.name)
    for inner in _inner(message, ways):
        clear_secrets(inner)


def holds_secret(message: Message) -> bool:
    """Whether a secret field is set, at any depth."""
    ways = _ways(message.DESCRIPTOR)
    for field in ways.secret:  # loops and no generators: this is done for every answer
        if _is_set(message, field):
            return True
    for inner in _inner(message, ways):  # noqa: SIM110
        if holds_secret(inner):
            return True
    return False


@cache
def may_hold_secret(descriptor: Descriptor) -> bool:
    """Whether messages of this type have secret fields, at any depth."""
    seen: set[str] = set()
    waiting = [descriptor]
    while waiting:
        one = waiting.pop()
        seen.add(one.full_name)
        if any(is_secret(field) for field in one.fields):
            return True
        inner = (field.message_type for field in one.fields if field.message_type)
        waiting += [message for message in inner if message.full_name not in seen]
    return False


@cache
def _ways(descriptor: Descriptor) -> _Ways:
    leading = [f for f in descriptor.fields if f.message_type and may_hold_secret(f.message_type)]
    mapped = [f for f in leading if f.message_type and f.message_type.GetOptions().map_entry]
    repeated = [f for f in leading if f.is_repeated and f not in mapped]
    single = [f for f in leading if not f.is_repeated]
    secret = tuple(field for field in descriptor.fields if is_secret(field))
    return _Ways(secret, *(tuple(f.name for f in fields) for fields in (single, repeated, mapped)))


def _inner(message: Any, ways: _Ways) -> Iterator[Message]:
    """The messages directly inside that can hold secrets."""
    for name in ways.single:
        if message.HasField(name):
            yield getattr(message, name)
    for name in ways.repeated:
        yield from getattr(message, name)
    for name in ways.mapped:
        yield from getattr(message, name).values()


def _is_set(message: Message, field: FieldDescriptor) -> bool:
    if field.has_presence:
        return message.HasField(field.name)
    return bool(getattr(message, field.name))
