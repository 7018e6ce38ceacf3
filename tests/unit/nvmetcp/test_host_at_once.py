"""Completions taken at once are those that events would have told, however the stream is cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as some

from nvmetcp.controller import ControllerConnection
from nvmetcp.events import CommandArrived, Completed, DataArrived
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.io import Flush, Read, Write
from nvmetcp.status import Completion, Status

BLOCK = 512
Found = dict[int, tuple[int, bytes]]


def conversation(host: HostConnection, plan: list[tuple[str, int]]) -> bytes:
    """Submit commands; what a controller answers to them, in one stream after the handshake."""
    controller = ControllerConnection()
    host.open()
    list(controller.receive(b"".join(host.data_to_send())))
    list(host.receive(b"".join(controller.data_to_send())))
    controller.queue_created(1, 64)
    for kind, blocks in plan:
        if kind in ("read", "parts", "failed"):
            host.submit(Read(nsid=1, nlb=blocks - 1).command(), length=blocks * BLOCK)
        elif kind == "write":
            host.submit(Write(nsid=1, nlb=blocks - 1).command(), bytes(blocks * BLOCK))
        else:
            host.submit(Flush(nsid=1).command())
    for event in controller.receive(b"".join(host.data_to_send())):
        assert isinstance(event, CommandArrived)
        assert not event.fault
        respond(controller, event, plan[event.command.cid][0])
    return b"".join(controller.data_to_send())


def respond(controller: ControllerConnection, event: CommandArrived, kind: str) -> None:
    cid = event.command.cid
    content = bytes([cid + 1]) * event.length
    if kind == "read":
        controller.respond(cid, content)
    elif kind == "parts":
        half = len(content) // 2
        controller.send_data(cid, content[:half], last=False)
        controller.send_data(cid, content[half:])
        controller.complete(Completion(cid))
    elif kind == "failed":
        controller.fail(cid, Status.LBA_OUT_OF_RANGE)
    else:
        controller.complete(Completion(cid))


def by_events(host: HostConnection, data: bytes, parts: dict[int, bytes], found: Found) -> None:
    for event in host.receive(data):
        if isinstance(event, DataArrived):
            parts[event.cid] = parts.get(event.cid, b"") + bytes(event.data)
        elif isinstance(event, Completed):
            cid = event.completion.cid
            found[cid] = event.completion.status, parts.pop(cid, b"")


def at_once(host: HostConnection, pieces: list[bytes]) -> tuple[Found, int]:
    """As a queue does it; also how many completions needed no event."""
    found: Found = {}
    parts: dict[int, bytes] = {}
    kept, quick = b"", 0
    for piece in pieces:
        data = kept + piece
        kept = b""
        if missing := host.missing:
            by_events(host, data[:missing], parts, found)
            data = data[missing:]
        used, more, done = host.complete_at_once(memoryview(data))
        quick += len(done)
        found |= {cid: (0, bytes(content or b"")) for cid, content in done}
        if more:
            kept = data[used:]
        elif data[used:]:
            by_events(host, data[used:], parts, found)
    assert not kept
    return found, quick


PLANS = some.lists(
    some.tuples(some.sampled_from(["read", "write", "flush", "parts", "failed"]),
                some.integers(1, 8)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(PLANS, some.lists(some.integers(1, 60000), max_size=12), some.booleans())
def test_completions_are_the_same_as_by_events(
    plan: list[tuple[str, int]], cuts: list[int], digests: bool
) -> None:
    config = HostConfig(header_digest=digests, data_digest=digests)
    one, other = HostConnection(config), HostConnection(config)
    stream = conversation(one, plan)
    assert conversation(other, plan) == stream
    wanted: Found = {}
    by_events(one, stream, {}, wanted)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    found, quick = at_once(other, [stream[a:b] for a, b in pairwise(places)])
    assert found == wanted
    assert len(found) == len(plan)
    assert other.outstanding == frozenset()
    assert other.free == one.free
    if digests:
        assert quick == 0
    elif not cuts and all(kind in ("read", "write", "flush") for kind, _ in plan):
        assert quick == len(plan)


@settings(max_examples=100, deadline=None)
@given(some.binary(max_size=200))
def test_garbage_is_left_to_the_events(garbage: bytes) -> None:
    host = HostConnection()
    conversation(host, [("read", 1)])
    used, _, found = host.complete_at_once(memoryview(garbage))
    assert (used, found) == (0, [])
    assert host.outstanding == {0}
