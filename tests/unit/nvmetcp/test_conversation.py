"""Hosts and controllers talk; then one of them breaks the rules."""

from __future__ import annotations

from itertools import product

import pytest

from nvmetcp import pdu as p
from nvmetcp.admin import ALL_NAMESPACES, NAMESPACE_CHANGED, AsyncEvent, AsyncEventRequest, Identify
from nvmetcp.command import make_command
from nvmetcp.connection import State
from nvmetcp.controller import ControllerConfig
from nvmetcp.errors import FatalError, LocalProtocolError, RemoteProtocolError
from nvmetcp.events import CommandArrived, Completed, DataArrived, Opened, Terminated
from nvmetcp.fabrics import Connect, ConnectData
from nvmetcp.host import HostConfig
from nvmetcp.identify import Cns, IdentifyController
from nvmetcp.io import Read, Write
from nvmetcp.status import Completion, Status
from tests.unit.nvmetcp.playbook import Conversation, conversation, opened

READ, WRITE = Read(nsid=1, nlb=7).command(), Write(nsid=1, nlb=7).command()
PLAIN = p.Framing()


def arrived(talk: Conversation) -> CommandArrived:
    (event,) = talk.exchange()
    assert isinstance(event, CommandArrived)
    return event


def completed(talk: Conversation) -> Completion:
    event = talk.exchange()[-1]
    assert isinstance(event, Completed)
    return event.completion


def test_the_handshake_agrees_on_what_both_want() -> None:
    talk = conversation(
        HostConfig(True, True, hpda=1, maxr2t=3), ControllerConfig(data_digest=False)
    )
    talk.host.open()
    asked, granted = talk.exchange()
    assert asked == Opened(p.ICReq(True, True, hpda=1, maxr2t=3))
    assert granted == Opened(p.ICResp(True, False, cpda=0, max_h2c_data=131072))
    assert talk.host.state is talk.controller.state is State.OPEN
    assert talk.host.max_h2c_data == 131072


def test_connect_then_identify() -> None:
    talk = opened()
    who = ConnectData(
        hostid=b"h" * 16, subnqn="nqn.2026-01.io.lab:s", hostnqn="nqn.2026-01.io.lab:h"
    )
    talk.host.submit(Connect(sqsize=31, kato=5000).command(), who.pack())
    event = arrived(talk)
    assert event.data is not None
    assert ConnectData.parse(event.data) == who
    assert (event.length, event.fault) == (0, Status.SUCCESS)
    connect = Connect.of(event.command)
    assert (connect.qid, connect.sqsize, connect.kato, connect.flow_control) == (0, 31, 5000, True)
    talk.controller.queue_created(connect.qid, connect.sqsize + 1)
    talk.controller.complete(Completion(event.command.cid, result=1))
    done = completed(talk)
    assert (done.result, done.sq_head) == (1, 1)

    cid = talk.host.submit(Identify(cns=Cns.CONTROLLER).command(), length=4096)
    event = arrived(talk)
    assert Identify.of(event.command).cns == Cns.CONTROLLER
    assert (event.data, event.length) == (None, 4096)
    talk.controller.respond(cid, IdentifyController(mn="lab", nn=32).pack())
    data, done_event = talk.exchange()
    assert isinstance(data, DataArrived)
    assert IdentifyController.parse(data.data).mn == "lab"
    assert done_event == Completed(Completion(cid, sq_head=2), received=4096)


def test_an_asynchronous_event_waits_for_its_time() -> None:
    talk = opened()
    event_cid = talk.host.submit(AsyncEventRequest().command())
    other = talk.host.submit(Identify(nsid=ALL_NAMESPACES).command(), length=4096)
    assert len(talk.exchange()) == 2
    talk.controller.fail(other, Status.INVALID_NAMESPACE)
    failed = completed(talk)
    assert (failed.cid, failed.status, failed.do_not_retry) == (other, 0x0B, True)
    assert talk.host.outstanding == {event_cid}
    talk.controller.complete(Completion(event_cid, result=NAMESPACE_CHANGED.result))
    assert completed(talk).result == 0x00040002
    assert AsyncEvent.of(0x00040002) == NAMESPACE_CHANGED


@pytest.mark.parametrize(
    ("header", "data", "hpda", "cpda"), [*product([False, True], [False, True], [0, 7], [0, 3])]
)
def test_reads_and_writes_under_every_framing(
    header: bool, data: bool, hpda: int, cpda: int
) -> None:
    talk = opened(
        HostConfig(header, data, hpda, maxr2t=1, in_capsule=0),
        ControllerConfig(cpda=cpda, max_h2c_data=4096, r2t_size=6000),
    )
    read = talk.host.submit(READ, length=8192)
    arrived(talk)
    talk.controller.send_data(read, b"a" * 5000, last=False)
    talk.controller.send_data(read, b"b" * 3192)
    talk.controller.complete(Completion(read))
    first, second, done = talk.exchange()
    assert first == DataArrived(read, 0, memoryview(b"a" * 5000), last=False)
    assert second == DataArrived(read, 5000, memoryview(b"b" * 3192), last=True)
    assert done == Completed(Completion(read, sq_head=1), received=8192)

    payload = bytes(range(256)) * 64
    write = talk.host.submit(WRITE, payload)
    assert arrived(talk).length == len(payload)
    talk.controller.request_data(write)
    parts = [event for event in talk.exchange() if isinstance(event, DataArrived)]
    assert [(part.offset, len(part.data)) for part in parts] == [
        (0, 4096), (4096, 1904), (6000, 4096), (10096, 1904), (12000, 4096), (16096, 288),
    ]  # fmt: skip
    assert b"".join(part.data for part in parts) == payload
    assert [part.last for part in parts] == [False] * 5 + [True]
    talk.controller.complete(Completion(write))
    assert completed(talk).succeeded


@pytest.mark.parametrize(("size", "inside"), [(4096, True), (4097, False)])
def test_what_fits_travels_with_the_command(size: int, inside: bool) -> None:
    talk = opened(HostConfig(in_capsule=4096))
    talk.host.submit(WRITE, bytes(size))
    event = arrived(talk)
    assert (event.data is not None, event.length) == (inside, 0 if inside else size)
    if inside:
        with pytest.raises(LocalProtocolError, match="no data to ask for"):
            talk.controller.request_data(event.command.cid)


@pytest.mark.parametrize(("maxr2t", "first_asked"), [(0, 1), (1, 2), (9, 4)])
def test_no_more_requests_than_the_host_allows(maxr2t: int, first_asked: int) -> None:
    talk = opened(HostConfig(maxr2t=maxr2t, in_capsule=0), ControllerConfig(r2t_size=1000))
    cid = talk.host.submit(WRITE, bytes(4000))
    arrived(talk)
    talk.controller.request_data(cid)
    assert len(talk.controller.data_to_send()) == first_asked


def test_without_flow_control_success_comes_with_the_data() -> None:
    talk = opened(HostConfig(flow_control=False))
    talk.controller.queue_created(1, 32, flow_control=False)
    cid = talk.host.submit(READ, length=4096)
    arrived(talk)
    talk.controller.respond(cid, bytes(4096))
    data, done = talk.exchange()
    assert isinstance(data, DataArrived)
    assert done == Completed(Completion(cid), received=4096)
    assert talk.wire[-1][1][1] == p.LAST | p.SUCCESS
    assert len(talk.wire[-1][1]) == 24 + 4096


def test_a_damaged_write_is_completed_as_transient_transport_error() -> None:
    talk = opened(HostConfig(data_digest=True))
    talk.host.submit(WRITE, b"payload!")
    image = bytearray(b"".join(talk.host.data_to_send()))
    image[-6] ^= 1
    (event,) = talk.controller.receive(bytes(image))
    assert isinstance(event, CommandArrived)
    assert (event.data, event.fault) == (None, Status.TRANSIENT_TRANSPORT_ERROR)
    talk.controller.fail(event.command.cid, event.fault)
    done = completed(talk)
    assert not done.do_not_retry


def test_a_damaged_read_is_told_at_completion() -> None:
    talk = opened(HostConfig(data_digest=True))
    cid = talk.host.submit(READ, length=8)
    arrived(talk)
    talk.controller.respond(cid, b"payload!")
    image = bytearray(b"".join(talk.controller.data_to_send()))
    image[24] ^= 1
    data, done = talk.host.receive(bytes(image))
    assert isinstance(data, DataArrived)
    assert isinstance(done, Completed)
    assert (data.digest_ok, done.digest_ok, done.completion.succeeded) == (False, False, True)


def test_the_queue_fills_and_drains() -> None:
    talk = opened(HostConfig(queue_size=4))
    cids = [talk.host.submit(READ, length=512) for _ in range(3)]
    assert len(set(cids)) == 3
    with pytest.raises(LocalProtocolError, match="queue is full"):
        talk.host.submit(READ, length=512)
    talk.exchange()
    talk.controller.respond(cids[1], bytes(512))
    talk.exchange()
    assert talk.host.submit(READ, length=512) == cids[1]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"flags": 0x00}, Status.INVALID_FIELD),
        ({"flags": 0x80}, Status.INVALID_FIELD),
        ({"sgl_type": 0x00}, Status.SGL_TYPE_INVALID),
        ({"sgl_type": 0x5F}, Status.SGL_TYPE_INVALID),
        ({"sgl_type": 0x01}, Status.SGL_DATA_LENGTH_INVALID),
        ({"sgl_type": 0x01, "sgl_length": 0}, Status.SUCCESS),
        ({"sgl_type": 0x01, "sgl_address": 1}, Status.SGL_OFFSET_INVALID),
        ({"sgl_length": 131073}, Status.INVALID_FIELD),
        ({"sgl_length": 131072}, Status.SUCCESS),
    ],
)
def test_descriptors_are_judged(change: dict[str, int], fault: Status) -> None:
    talk = opened()
    command = READ._replace(sgl_length=512)._replace(**change)
    (event,) = talk.controller.receive(b"".join(p.encode_command(PLAIN, command.pack())))
    assert isinstance(event, CommandArrived)
    assert event.fault is fault


def test_in_capsule_data_may_start_at_an_offset() -> None:
    talk = opened()
    command = WRITE._replace(sgl_type=1, sgl_address=4, sgl_length=3)
    image = b"".join(p.encode_command(PLAIN, command.pack(), b"....abc."))
    (event,) = talk.controller.receive(image)
    assert isinstance(event, CommandArrived)
    assert event.data is not None
    assert bytes(event.data) == b"abc"


# -- a controller meets a host that breaks the rules


def up(cid: int = 0, ttag: int = 0, at: int = 0, size: int = 100, *, last: bool = False) -> bytes:
    return b"".join(p.encode_h2c_data(PLAIN, cid, ttag, at, bytes(size), last=last))


@pytest.mark.parametrize(
    ("message", "status", "at"),
    [
        (up(cid=7), FatalError.INVALID_HEADER_FIELD, p.AT_CCCID),
        (up(ttag=7), FatalError.INVALID_HEADER_FIELD, p.AT_TTAG),
        (up(at=1), FatalError.DATA_OUT_OF_RANGE, 0),
        (up(size=1001, last=True), FatalError.DATA_OUT_OF_RANGE, 0),
        (up(size=1000), FatalError.INVALID_HEADER_FIELD, p.AT_FLAGS),
        (up(size=999, last=True), FatalError.INVALID_HEADER_FIELD, p.AT_FLAGS),
        (up() + up(), FatalError.DATA_OUT_OF_RANGE, 0),
        (up(size=1000, last=True) * 2, FatalError.INVALID_HEADER_FIELD, p.AT_TTAG),
        (p.encode_ic_req(p.ICReq()), FatalError.PDU_SEQUENCE, 0),
        (b"".join(p.encode_command(PLAIN, READ.pack())), FatalError.INVALID_HEADER_FIELD, 10),
    ],
)
def test_a_host_that_breaks_the_rules_is_told_why(
    message: bytes, status: FatalError, at: int
) -> None:
    talk = opened(HostConfig(in_capsule=0))
    talk.host.submit(WRITE, bytes(1000))
    arrived(talk)
    talk.controller.request_data(0)
    talk.controller.data_to_send()
    with pytest.raises(RemoteProtocolError) as caught:
        list(talk.controller.receive(message))
    assert (caught.value.status, caught.value.information) == (status, at)
    assert talk.controller.state is State.CLOSED
    (told,) = talk.host.receive(b"".join(talk.controller.data_to_send()))
    assert isinstance(told, Terminated)
    assert (told.request.status, told.request.information) == (status, at)
    assert told.request.header
    assert told.request.header in message
    assert talk.host.state is State.CLOSED
    with pytest.raises(LocalProtocolError):
        list(talk.controller.receive(b""))


def test_commands_before_the_handshake_are_a_sequence_error() -> None:
    talk = conversation()
    with pytest.raises(RemoteProtocolError) as caught:
        list(talk.controller.receive(b"".join(p.encode_command(PLAIN, READ.pack()))))
    assert caught.value.status is FatalError.PDU_SEQUENCE


def test_more_commands_than_the_queue_holds_are_fatal() -> None:
    talk = opened()
    talk.controller.queue_created(1, 3)
    commands = [READ._replace(cid=cid).pack() for cid in range(3)]
    stream = b"".join(b"".join(p.encode_command(PLAIN, one)) for one in commands)
    events = talk.controller.receive(stream)
    assert len([next(events), next(events)]) == 2
    with pytest.raises(RemoteProtocolError, match="more commands"):
        next(events)


def test_an_io_queue_takes_no_more_in_the_capsule_than_told() -> None:
    talk = opened(HostConfig(in_capsule=8192), ControllerConfig(in_capsule=4096))
    talk.host.submit(WRITE, bytes(4097))
    image = b"".join(talk.host.data_to_send())
    assert list(talk.controller.receive(image))
    talk.controller.queue_created(1, 32)
    talk.host.submit(WRITE, bytes(4097))
    with pytest.raises(RemoteProtocolError) as caught:
        list(talk.controller.receive(b"".join(talk.host.data_to_send())))
    assert caught.value.information == p.AT_PLEN


# -- a host meets a controller that breaks the rules


def down(cid: int = 0, at: int = 0, size: int = 512, flags: int = p.LAST) -> bytes:
    return b"".join(p.encode_c2h_data(PLAIN, cid, at, bytes(size), flags))


def ask(cid: int = 1, at: int = 0, size: int = 1000, tag: int = 0) -> bytes:
    return p.encode_r2t(PLAIN, p.R2T(cid, tag, at, size))


def done(cid: int) -> bytes:
    return p.encode_response(PLAIN, Completion(cid).pack())


@pytest.mark.parametrize(
    ("message", "status", "at"),
    [
        (down(cid=9), FatalError.INVALID_HEADER_FIELD, p.AT_CCCID),
        (down(at=4), FatalError.DATA_OUT_OF_RANGE, 0),
        (down(size=1025), FatalError.DATA_OUT_OF_RANGE, 0),
        (down(cid=1), FatalError.DATA_OUT_OF_RANGE, 0),
        (down() + down(at=512), FatalError.PDU_SEQUENCE, 0),
        (down(flags=p.LAST | p.SUCCESS), FatalError.INVALID_HEADER_FIELD, p.AT_FLAGS),
        (down(flags=0) + done(0), FatalError.PDU_SEQUENCE, 0),
        (done(9), FatalError.INVALID_HEADER_FIELD, 20),
        (done(0) + done(0), FatalError.INVALID_HEADER_FIELD, 20),
        (ask(cid=0), FatalError.INVALID_HEADER_FIELD, p.AT_CCCID),
        (ask(at=4), FatalError.INVALID_HEADER_FIELD, p.AT_DATA_OFFSET),
        (ask(size=1001), FatalError.DATA_OUT_OF_RANGE, 0),
        (ask(size=0), FatalError.DATA_OUT_OF_RANGE, 0),
        (ask(size=500) + ask(at=500, size=500), FatalError.LIMIT_EXCEEDED, 0),
        (p.encode_ic_resp(p.ICResp()), FatalError.PDU_SEQUENCE, 0),
    ],
)
def test_a_controller_that_breaks_the_rules_is_told_why(
    message: bytes, status: FatalError, at: int
) -> None:
    talk = opened(HostConfig(in_capsule=0))
    talk.host.submit(READ, length=1024)
    talk.host.submit(WRITE, bytes(1000))
    talk.exchange()
    with pytest.raises(RemoteProtocolError) as caught:
        list(talk.host.receive(message))
    assert (caught.value.status, caught.value.information) == (status, at)
    *_, told = talk.controller.receive(talk.host.data_to_send()[-1])
    assert isinstance(told, Terminated)
    assert told.request.status == status


def test_digests_that_were_not_asked_for_are_refused() -> None:
    talk = conversation()
    talk.host.open()
    with pytest.raises(RemoteProtocolError, match="not asked for"):
        list(talk.host.receive(p.encode_ic_resp(p.ICResp(header_digest=True))))


def test_an_answer_before_the_question_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="without ICReq"):
        list(conversation().host.receive(p.encode_ic_resp(p.ICResp())))


# -- our own mistakes are told to us and leave the connection as it was


def test_our_own_mistakes() -> None:
    talk = opened()
    with pytest.raises(LocalProtocolError, match="no IC_REQ while OPEN"):
        talk.host.open()
    with pytest.raises(LocalProtocolError, match="sends no data"):
        talk.host.submit(READ, b"data")
    with pytest.raises(LocalProtocolError, match="receives no data"):
        talk.host.submit(WRITE, length=512)
    with pytest.raises(LocalProtocolError, match="both directions"):
        talk.host.submit(make_command(0xC3), b"data", 512)
    with pytest.raises(LocalProtocolError, match="no command 5 is outstanding"):
        talk.controller.complete(Completion(5))
    cid = talk.host.submit(READ, length=512)
    talk.exchange()
    with pytest.raises(LocalProtocolError, match=r"0 \+ 513 of 512 bytes"):
        talk.controller.send_data(cid, bytes(513))
    talk.controller.send_data(cid, bytes(500), last=False)
    with pytest.raises(LocalProtocolError, match="not sent its last data"):
        talk.controller.complete(Completion(cid))
    talk.controller.send_data(cid, bytes(12))
    with pytest.raises(LocalProtocolError, match="takes no data"):
        talk.controller.send_data(cid, b"x")
    talk.controller.complete(Completion(cid))
    assert completed(talk).succeeded
    write = talk.host.submit(WRITE, bytes(9000))
    talk.exchange()
    talk.controller.request_data(write)
    with pytest.raises(LocalProtocolError, match="were asked for"):
        talk.controller.request_data(write)
    with pytest.raises(LocalProtocolError, match="still waits"):
        talk.controller.fail(write, Status.INTERNAL_ERROR)
    with pytest.raises(LocalProtocolError, match="is IDLE"):
        conversation().host.submit(READ, length=512)


def test_either_side_may_give_up() -> None:
    talk = opened()
    talk.host.terminate(FatalError.DATA_OUT_OF_RANGE)
    assert talk.exchange() == [Terminated(p.TermReq(False, FatalError.DATA_OUT_OF_RANGE))]
    assert talk.controller.state is State.CLOSED
    with pytest.raises(LocalProtocolError):
        talk.host.terminate(FatalError.PDU_SEQUENCE)
