"""Whatever comes in is understood or is a RemoteProtocolError; whole or byte by byte the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvmetcp import identify, logpages, reservations
from nvmetcp import io as nvm
from nvmetcp import pdu as p
from nvmetcp.auth_messages import parse_message
from nvmetcp.command import make_command, parse_command
from nvmetcp.connection import Connection
from nvmetcp.controller import ControllerConfig, ControllerConnection
from nvmetcp.errors import RemoteProtocolError
from nvmetcp.events import CommandArrived, DataArrived
from nvmetcp.fabrics import Connect, ConnectData
from nvmetcp.host import HostConfig, HostConnection
from nvmetcp.status import Completion

bytes_ = st.binary(max_size=200)
u16s = st.integers(0, 40)
digests = st.tuples(st.booleans(), st.booleans())


@st.composite
def messages(draw: st.DrawFn, *, up: bool) -> bytes:
    """Mostly legal PDUs, with small numbers so that they often fit what is under way."""
    framing = p.Framing(*draw(digests), alignment=draw(st.sampled_from([0, 0, 1])))
    cid, tag, at = draw(u16s), draw(u16s), draw(st.sampled_from([0, 0, 4, 100, 1 << 31]))
    data = draw(st.binary(min_size=1, max_size=64))
    opcode = draw(st.sampled_from([0x01, 0x02, 0x7F, 0x00]))
    kind, size = draw(st.sampled_from([0x5A, 0x01, 0x00])), draw(st.sampled_from([0, 64, 4096]))
    command = make_command(opcode, 1)._replace(cid=cid, sgl_type=kind, sgl_length=size).pack()
    flags = draw(st.sampled_from([p.LAST, 0, p.LAST | p.SUCCESS]))
    one: list[Any] = draw(
        st.sampled_from(
            [
                p.encode_command(framing, command),
                p.encode_command(framing, command, data),
                p.encode_h2c_data(framing, cid, tag, at, data, last=bool(flags)),
                [p.encode_ic_req(p.ICReq(*draw(digests)))],
                [p.encode_term_req(p.TermReq(False, 1))],
            ]
            if up
            else [
                p.encode_c2h_data(framing, cid, at, data, flags),
                [p.encode_r2t(framing, p.R2T(cid, tag, at, draw(st.sampled_from([1, 64, 4096]))))],
                [p.encode_response(framing, Completion(cid).pack())],
                [p.encode_ic_resp(p.ICResp(*draw(digests)))],
                [p.encode_term_req(p.TermReq(True, 1))],
            ]
        )
    )
    image = bytearray(b"".join(one))
    if draw(st.integers(0, 3)) == 0:
        where = draw(st.integers(0, min(len(image), 90) - 1))
        image[where] = draw(st.integers(0, 255))
    return bytes(image)


def streams(*, up: bool) -> st.SearchStrategy[bytes]:
    return st.lists(messages(up=up), max_size=8).map(b"".join) | bytes_


def host(header: bool, data: bool) -> HostConnection:
    connection = HostConnection(HostConfig(header, data, in_capsule=0, flow_control=header))
    connection.open()
    opening = p.encode_ic_resp(p.ICResp(header, data, max_h2c_data=4096))
    assert list(connection.receive(opening))
    for _ in range(10):
        connection.submit(make_command(0x02, 1), length=4096)
        connection.submit(make_command(0x01, 1), bytes(4096))
    return connection


def controller(header: bool, data: bool) -> ControllerConnection:
    connection = ControllerConnection(ControllerConfig(r2t_size=1024, max_h2c_data=4096))
    assert list(connection.receive(p.encode_ic_req(p.ICReq(header, data, maxr2t=1))))
    for cid in range(10):
        command = make_command(0x01, 1)._replace(cid=cid, sgl_length=4096).pack()
        framing = p.Framing(header, data)
        assert list(connection.receive(b"".join(p.encode_command(framing, command))))
        connection.request_data(cid)
    return connection


def listen(connection: Connection, pieces: list[bytes]) -> list[str]:
    """What the connection said and sent, the views of data as bytes."""
    heard: list[str] = []
    try:
        for piece in pieces:
            for event in connection.receive(piece):
                if isinstance(event, DataArrived | CommandArrived) and event.data is not None:
                    heard.append(bytes(event.data).hex())
                    event.data = None
                heard.append(repr(event))
            if connection.state.name == "CLOSED":
                break
    except RemoteProtocolError as error:
        heard.append(f"{error} {error.status!r} {error.information} {error.header.hex()}")
    heard.append(b"".join(connection.data_to_send()).hex())
    return heard


@pytest.mark.parametrize("end", [host, controller])
@settings(max_examples=120, deadline=None)
@given(both=digests, draw=st.data())
def test_whole_or_byte_by_byte_the_same_and_nothing_but_protocol_errors(
    end: Callable[[bool, bool], Connection], both: tuple[bool, bool], draw: st.DataObject
) -> None:
    stream = draw.draw(streams(up=end is controller))
    whole = listen(end(*both), [stream])
    assert listen(end(*both), [bytes((one,)) for one in stream]) == whole


@pytest.mark.parametrize("make", [HostConnection, ControllerConnection])
@settings(max_examples=100)
@given(stream=bytes_)
def test_garbage_before_the_handshake(make: Callable[[], Connection], stream: bytes) -> None:
    assert listen(make(), [stream]) == listen(make(), [bytes((one,)) for one in stream])


PARSERS: list[Callable[[bytes], object]] = [
    parse_command,
    Completion.parse,
    ConnectData.parse,
    Connect.parse,
    lambda data: Connect.of(parse_command(data)),
    parse_message,
    identify.IdentifyController.parse,
    identify.IdentifyNamespace.parse,
    identify.parse_namespaces,
    identify.parse_descriptors,
    logpages.parse_ana,
    logpages.parse_discovery,
    logpages.parse_effects,
    logpages.ErrorEntry.parse,
    logpages.Smart.parse,
    logpages.ReservationNotification.parse,
    lambda data: nvm.parse_ranges(data, 3),
    lambda data: nvm.parse_sources(data, 3),
    lambda data: reservations.parse_report(data, extended=True),
    lambda data: reservations.parse_report(data, extended=False),
]


@pytest.mark.parametrize("parse", PARSERS)
@settings(max_examples=60)
@given(head=st.binary(max_size=150), fill=st.integers(0, 255), size=st.integers(0, 6000))
def test_parsers_return_or_raise_remote_protocol_error(
    parse: Callable[[bytes], object], head: bytes, fill: int, size: int
) -> None:
    with suppress(RemoteProtocolError):
        parse(head.ljust(size, bytes((fill,))))


def test_large_pdus_come_together_from_single_bytes() -> None:
    connection = host(False, False)
    stream = b"".join(p.encode_c2h_data(p.Framing(), 0, 0, bytes(4096)))
    heard = [event for one in stream for event in connection.receive(bytes((one,)))]
    assert [type(event) for event in heard] == [DataArrived]
