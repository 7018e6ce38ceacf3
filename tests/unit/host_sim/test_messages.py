"""What the command line and the daemon exchange, and options that survive the journey."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from host_sim.cli import _without_own
from host_sim.messages import encode, options_from_json, options_to_json, receive
from host_sim.options import Address, ConnectOptions, Credentials, Identity
from nvmetcp.auth import Secret

NAMES = some.text(some.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200)


async def _received(stream: bytes) -> list[tuple[dict[str, object], bytes]]:
    reader = asyncio.StreamReader()
    reader.feed_data(stream)
    reader.feed_eof()
    found: list[tuple[dict[str, object], bytes]] = []
    while (message := await receive(reader)) is not None:
        found.append(message)
    return found


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.tuples(some.dictionaries(NAMES, some.integers()), some.binary()), max_size=4)
)
def test_messages_come_out_as_they_went_in(sent: list[tuple[dict[str, int], bytes]]) -> None:
    stream = b"".join(encode({"result": message}, data) for message, data in sent)
    found = asyncio.run(_received(stream))
    assert [(one["result"], data) for one, data in found] == sent


@settings(max_examples=200, deadline=None)
@given(some.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else(garbage: bytes) -> None:
    try:
        messages = asyncio.run(_received(garbage))
    except ValueError:
        return
    assert all(isinstance(message["size"], int) for message, _ in messages)


@pytest.mark.parametrize("size", [-1, 1 << 40, "3", None])
def test_sizes_that_are_none_are_refused(size: object) -> None:
    with pytest.raises(ValueError, match=r"not a message|too much data"):
        asyncio.run(_received(json.dumps({"size": size}).encode() + b"\n"))


@settings(max_examples=100, deadline=None)
@given(NAMES, some.integers(1, 65535), NAMES, some.booleans(), some.floats(0, 1e6))
def test_options_survive_the_journey(
    traddr: str, port: int, nqn: str, digest: bool, seconds: float
) -> None:
    secrets = Credentials(Secret(bytes(32), 1).text())
    options = ConnectOptions(
        Address(traddr, port), nqn, Identity.of(nqn), credentials=secrets, header_digest=digest,
        reconnect_delay=seconds,
    )  # fmt: skip
    assert options_from_json(json.loads(json.dumps(options_to_json(options)))) == options
    assert secrets.dhchap_secret
    assert secrets.dhchap_secret not in repr(options)


def test_a_host_is_the_same_every_time_and_no_other() -> None:
    number = uuid.uuid4()
    named = Identity.of(f"nqn.2014-08.org.nvmexpress:uuid:{number}")
    assert named.hostid == number.bytes
    assert Identity.of("nqn.a") == Identity.of("nqn.a")
    assert Identity.of("nqn.a").hostid != Identity.of("nqn.b").hostid
    assert Identity.of("nqn.a", str(number)).hostid == number.bytes
    assert Identity.of(hostid=str(number)).hostnqn.endswith(str(number))
    assert Identity.of() == Identity.of()
    with pytest.raises(ValueError, match="hexadecimal"):
        Identity.of("nqn.a", "no uuid")


def test_nvme_cli_gets_the_command_line_without_our_options() -> None:
    given_ = ["connect", "-a", "1", "--backend", "kernel", "--state-dir=/x", "-n", "nqn"]
    assert _without_own(given_) == ["connect", "-a", "1", "-n", "nqn"]
