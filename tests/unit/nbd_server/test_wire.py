"""The protocol without input or output: whatever comes, in whatever pieces."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbd_server.negotiation import Negotiation, parse_info_request
from nbd_server.transmission import RequestParser, objection, reply
from nbd_server.wire import MAX_PAYLOAD, Command, CommandFlag, Export, ProtocolError, Request

EXPORTS = {"disk": Export(1 << 20, 512), "big": Export(4096 * 10, 4096, read_only=True)}
FIXED = struct.pack(">I", 3)


def option(number: int, data: bytes = b"") -> bytes:
    return b"IHAVEOPT" + struct.pack(">II", number, len(data)) + data


def go(name: str, *wanted: int) -> bytes:
    encoded = name.encode()
    head = struct.pack(">I", len(encoded)) + encoded
    return option(7, head + struct.pack(f">H{len(wanted)}H", len(wanted), *wanted))


def request_bytes(command: int, cookie: int, offset: int, length: int, flags: int = 0) -> bytes:
    return struct.pack(">IHHQQI", 0x25609513, flags, command, cookie, offset, length)


def replies(output: bytes) -> list[tuple[int, int, bytes]]:
    """(option, reply, data) of everything after the greeting."""
    found, at = [], 18
    while at < len(output):
        magic, number, kind, length = struct.unpack_from(">QIII", output, at)
        assert magic == 0x3E889045565A9
        found.append((number, kind, output[at + 20 : at + 20 + length]))
        at += 20 + length
    return found


def talk(data: bytes) -> Negotiation:
    negotiation = Negotiation(lambda: EXPORTS)
    negotiation.feed(data)
    return negotiation


def test_the_greeting_is_that_of_a_fixed_newstyle_server() -> None:
    assert bytes(Negotiation(dict).output) == b"NBDMAGICIHAVEOPT\0\3"


def test_go_tells_size_flags_and_block_sizes_and_ends_the_handshake() -> None:
    negotiation = talk(FIXED + go("disk", 1))
    assert negotiation.chosen == "disk"
    (_, _, export), (_, _, name), (_, _, sizes), last = replies(bytes(negotiation.output))
    assert export == struct.pack(">HQH", 0, 1 << 20, 1 | 4 | 8 | 32 | 64 | 256)
    assert name == b"\0\1disk"
    assert sizes == struct.pack(">HIII", 3, 512, 4096, 32 << 20)
    assert last == (7, 1, b"")


def test_a_read_only_export_offers_nothing_that_changes_it() -> None:
    first, *_ = replies(bytes(talk(FIXED + go("big")).output))
    assert struct.unpack(">HQH", first[2])[2] == 1 | 2 | 4 | 256


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (go("other"), (7, 0x80000006, b"")),
        (option(7, b"\0\0\0\4disk"), (7, 0x80000003, b"")),
        (option(7, b"\xff\xff\xff\xff\0\0"), (7, 0x80000003, b"")),
        (option(3, b"x"), (3, 0x80000003, b"")),
        (option(5), (5, 0x80000001, b"")),
        (option(10, b"\0" * 12), (10, 0x80000001, b"")),
        (option(8, b"x"), (8, 0x80000003, b"")),
    ],
)
def test_options_that_cannot_be_met_are_answered_and_others_may_follow(
    asked: bytes, answer: tuple[int, int, bytes]
) -> None:
    negotiation = talk(FIXED + asked + go("disk"))
    assert replies(bytes(negotiation.output))[0] == answer
    assert negotiation.chosen == "disk"


def test_list_names_every_export() -> None:
    found = replies(bytes(talk(FIXED + option(3)).output))
    assert found == [(3, 2, b"\0\0\0\4disk"), (3, 2, b"\0\0\0\3big"), (3, 1, b"")]


def test_abort_ends_without_a_choice() -> None:
    negotiation = talk(FIXED + option(2) + go("disk"))
    assert negotiation.ended
    assert negotiation.chosen is None
    assert replies(bytes(negotiation.output)) == [(2, 1, b"")]


@pytest.mark.parametrize("flags", [1, 3])
def test_the_old_option_gives_size_and_flags(flags: int) -> None:
    negotiation = talk(struct.pack(">I", flags) + option(1, b"disk"))
    assert negotiation.chosen == "disk"
    expected = struct.pack(">QH", 1 << 20, 1 | 4 | 8 | 32 | 64 | 256)
    assert bytes(negotiation.output[18:]) == expected + (b"" if flags & 2 else bytes(124))


@pytest.mark.parametrize(
    "garbage",
    [
        struct.pack(">I", 0),
        struct.pack(">I", 7),
        FIXED + b"GET / HTTP/1.1\r\n\r\n",
        FIXED + b"IHAVEOPT" + struct.pack(">II", 7, 1 << 30),
        FIXED + option(1, b"other"),
        FIXED + option(3) * 257,
    ],
)
def test_what_is_no_negotiation_ends_it(garbage: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(garbage)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8), st.data())
def test_any_pieces_of_any_bytes_are_taken_or_refused(
    pieces: list[bytes], data: st.DataObject
) -> None:
    negotiation = Negotiation(lambda: EXPORTS)
    prefix = data.draw(st.sampled_from([b"", FIXED, FIXED + option(8)]))
    try:
        for piece in [prefix, *pieces]:
            negotiation.feed(piece)
    except ProtocolError:
        return
    assert negotiation.chosen is None or negotiation.chosen in EXPORTS


@given(st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_info_requests_are_read_only_when_every_byte_is_accounted_for(data: bytes) -> None:
    found = parse_info_request(data)
    if found is not None:
        name, wanted = found
        assert 4 + len(name.encode()) + 2 + 2 * len(wanted) == len(data)


REQUESTS = st.builds(
    lambda command, flags, cookie, offset, length: Request(
        command, flags, cookie, offset, length, bytes(length) if command == 1 else b""
    ),
    st.integers(0, 9),
    st.integers(0, 7),
    st.integers(0, (1 << 64) - 1),
    st.integers(0, (1 << 64) - 1),
    st.integers(0, 2000),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(REQUESTS, max_size=6), st.integers(1, 97))
def test_requests_come_out_as_they_went_in_whatever_the_pieces(
    requests: list[Request], step: int
) -> None:
    data = b"".join(
        request_bytes(one.command, one.cookie, one.offset, one.length, one.flags) + one.data
        for one in requests
    )
    parser = RequestParser()
    found = [one for at in range(0, len(data), step) for one in parser.feed(data[at : at + step])]
    assert found == requests


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=28, max_size=200))
def test_bytes_that_are_no_request_are_refused(data: bytes) -> None:
    if data[:4] == b"\x25\x60\x95\x13":
        return
    with pytest.raises(ProtocolError):
        list(RequestParser().feed(data))


def test_a_write_larger_than_agreed_ends_the_connection_before_its_data() -> None:
    with pytest.raises(ProtocolError, match="33554433"):
        list(RequestParser().feed(request_bytes(1, 0, 0, MAX_PAYLOAD + 1)))


SMALL = Export(8192, 512)


@pytest.mark.parametrize(
    ("request_", "export", "error"),
    [
        (Request(Command.READ, 0, 0, 0, 8192), SMALL, 0),
        (Request(Command.READ, 0, 0, 512, 8192), SMALL, errno.EINVAL),
        (Request(Command.READ, 0, 0, 1, 512), SMALL, errno.EINVAL),
        (Request(Command.READ, 0, 0, 0, 511), SMALL, errno.EINVAL),
        (Request(Command.READ, 0, 0, 0, 0), SMALL, errno.EINVAL),
        (Request(Command.READ, CommandFlag.FUA, 0, 0, 512), SMALL, errno.EINVAL),
        (Request(Command.READ, 0, 0, 0, MAX_PAYLOAD + 512), Export(1 << 40, 512), errno.EOVERFLOW),
        (Request(Command.READ, 4, 0, 0, 512), SMALL, errno.EINVAL),
        (Request(Command.WRITE, CommandFlag.FUA, 0, 0, 512), SMALL, 0),
        (Request(Command.WRITE, 1 << 15, 0, 0, 512), SMALL, errno.EINVAL),
        (Request(Command.WRITE, 0, 0, 8192, 512), SMALL, errno.ENOSPC),
        (Request(Command.WRITE, 0, 0, (1 << 64) - 512, 512), SMALL, errno.ENOSPC),
        (Request(Command.WRITE, 0, 0, 0, 512), Export(8192, 512, read_only=True), errno.EPERM),
        (Request(Command.TRIM, 0, 0, 0, 1 << 31), SMALL, errno.EINVAL),
        (Request(Command.FLUSH, 0, 0, 0, 0), SMALL, 0),
        (Request(Command.FLUSH, 0, 0, 0, 512), SMALL, errno.EINVAL),
        (Request(Command.WRITE_ZEROES, CommandFlag.NO_HOLE, 0, 0, 512), SMALL, 0),
        (Request(5, 0, 0, 0, 512), SMALL, errno.EINVAL),
        (Request(99, 0, 0, 0, 512), SMALL, errno.EINVAL),
    ],
)
def test_requests_are_judged_before_anything_is_done(
    request_: Request, export: Export, error: int
) -> None:
    assert objection(request_, export) == error


def test_replies_have_the_layout_of_the_protocol() -> None:
    read = Request(Command.READ, 0, 7, 1024, 512)
    simple = b"".join(reply(read, 0, b"x" * 512, structured=False))
    assert simple == struct.pack(">IIQ", 0x67446698, 0, 7) + b"x" * 512
    whole = b"".join(reply(read, 0, b"x" * 512, structured=True))
    assert whole == struct.pack(">IHHQIQ", 0x668E33EF, 1, 1, 7, 520, 1024) + b"x" * 512
    failed = b"".join(reply(read, errno.EINVAL, structured=True))
    assert failed == struct.pack(">IHHQIIH", 0x668E33EF, 1, 0x8001, 7, 6, errno.EINVAL, 0)


def test_an_error_that_nbd_does_not_have_travels_as_eio() -> None:
    (head,) = reply(Request(Command.FLUSH, 0, 1, 0, 0), errno.EBADE, structured=False)
    assert struct.unpack(">IIQ", head) == (0x67446698, errno.EIO, 1)
