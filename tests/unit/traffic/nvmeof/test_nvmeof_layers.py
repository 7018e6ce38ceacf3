from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import TCP
from scapy.sendrecv import sniff
from scapy.sessions import TCPSession

from nvmetcp import fabrics, pdu
from nvmetcp.command import Command, parse_command
from nvmetcp.pdu import Framing
from nvmetcp.status import Completion, Status
from tests.unit.traffic.nvmeof.wire import admin_session, io_session, segments, write_pcap
from traffic.nvmeof import nvme
from traffic.nvmeof.builders import Dialect, agreed, connect, connect_data
from traffic.nvmeof.crc import crc32c, crc32c_by_table
from traffic.nvmeof.nvme import NVMeConnect, NVMeConnectData, NVMeCQE, NVMeSGL, NVMeSQE
from traffic.nvmeof.nvme_tcp import (
    FATAL_ERRORS,
    LAYERS,
    NVMeTCP,
    NVMeTCPC2HTermReq,
    NVMeTCPCapsuleCmd,
    NVMeTCPICReq,
    NVMeTCPICResp,
)

u16, u32, u64 = (st.integers(0, (1 << bits) - 1) for bits in (16, 32, 64))


@st.composite
def dialects(draw: st.DrawFn) -> tuple[Dialect, Framing, Framing]:
    header, data = draw(st.booleans()), draw(st.booleans())
    cpda, hpda = draw(st.integers(0, 31)), draw(st.integers(0, 31))
    up, down = Framing(header, data, cpda), Framing(header, data, hpda)
    return Dialect(header, data, cpda, hpda), up, down


def rebuilt(image: bytes) -> bytes:
    """What scapy makes of its own reading, from the fields and not from what it read."""
    layer = NVMeTCP(image)
    layer.clear_cache()
    return bytes(layer)


def test_crc() -> None:
    assert crc32c(b"123456789") == crc32c_by_table(b"123456789") == 0xE3069283


@settings(max_examples=100)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_both_ways_to_compute_a_crc_agree(first: bytes, second: bytes) -> None:
    whole = crc32c(first + second)
    assert crc32c_by_table(first + second) == whole
    assert crc32c_by_table(second, crc32c_by_table(first)) == crc32c(second, crc32c(first)) == whole


@settings(max_examples=150)
@given(dialects(), u16, u16, u32, st.binary(min_size=1, max_size=200), st.booleans())
def test_data_are_written_as_nvmetcp_writes_them(
    how: tuple[Dialect, Framing, Framing], cid: int, ttag: int, at: int, data: bytes, last: bool
) -> None:
    dialect, up, down = how
    sent = b"".join(pdu.encode_h2c_data(up, cid, ttag, at, data, last=last))
    assert bytes(dialect.h2c_data(cid, ttag, at, data, last=last)) == sent == rebuilt(sent)
    flags = (pdu.LAST | pdu.SUCCESS) if last else 0
    got = b"".join(pdu.encode_c2h_data(down, cid, at, data, flags))
    assert bytes(dialect.c2h_data(cid, at, data, last=last, success=last)) == got == rebuilt(got)
    layer = NVMeTCP(sent)
    assert (layer.cccid, layer.ttag, layer.datao, layer.datal) == (cid, ttag, at, len(data))
    assert layer.data == data


@settings(max_examples=150)
@given(
    dialects(),
    st.builds(
        Command, st.integers(0, 0x7E), st.integers(0, 255), u16, u32, u32, u32, u64, u64, u32,
        st.integers(0, 255), u32, u32, u32, u32, u32, u32,
    ),
    st.binary(max_size=100),
)  # fmt: skip
def test_commands_are_written_as_nvmetcp_writes_them(
    how: tuple[Dialect, Framing, Framing], command: Command, data: bytes
) -> None:
    dialect, up, _ = how
    wire = b"".join(pdu.encode_command(up, command.pack(), data))
    sqe = NVMeSQE(
        opcode=command.opcode, psdt=command.flags >> 6, flags_rsvd=command.flags >> 2 & 15,
        fuse=command.flags & 3, cid=command.cid, nsid=command.nsid, cdw2=command.cdw2,
        cdw3=command.cdw3, mptr=command.metadata, cdw10=command.cdw10, cdw11=command.cdw11,
        cdw12=command.cdw12, cdw13=command.cdw13, cdw14=command.cdw14, cdw15=command.cdw15,
        sgl=NVMeSGL(address=command.sgl_address, length=command.sgl_length,
                    type=command.sgl_type >> 4, subtype=command.sgl_type & 15),
    )  # fmt: skip
    assert bytes(dialect.command(sqe, data)) == wire == rebuilt(wire)
    read = NVMeTCP(wire)
    assert parse_command(bytes(read.sqe)) == command
    assert nvme.direction_of(read.sqe) == command.direction
    assert read.sqe.sgl.kind == command.sgl_type


@settings(max_examples=100)
@given(
    dialects(),
    st.builds(
        Completion, cid=u16, status=st.integers(0, 0x7FF), result=u64, sq_head=u16, sq_id=u16,
        do_not_retry=st.booleans(), more=st.booleans(), retry_delay=st.integers(0, 3),
    ),
)  # fmt: skip
def test_completions_are_written_as_nvmetcp_writes_them(
    how: tuple[Dialect, Framing, Framing], done: Completion
) -> None:
    dialect, _, down = how
    wire = pdu.encode_response(down, done.pack())
    mine = dialect.response(
        result=done.result, sqhd=done.sq_head, sqid=done.sq_id, cid=done.cid,
        dnr=done.do_not_retry, more=done.more, crd=done.retry_delay,
        sct=done.status >> 8, sc=done.status & 0xFF,
    )  # fmt: skip
    assert bytes(mine) == wire == rebuilt(wire)
    assert NVMeTCP(wire).cqe.status == done.status


@settings(max_examples=100)
@given(dialects(), u16, u16, u32, u32)
def test_requests_are_written_as_nvmetcp_writes_them(
    how: tuple[Dialect, Framing, Framing], cid: int, ttag: int, at: int, length: int
) -> None:
    dialect, _, down = how
    wire = pdu.encode_r2t(down, pdu.R2T(cid, ttag, at, length))
    assert bytes(dialect.r2t(cid, ttag, at, length)) == wire == rebuilt(wire)


@settings(max_examples=60)
@given(dialects(), u32, st.sampled_from(sorted(FATAL_ERRORS)), u32, st.binary(max_size=128))
def test_beginning_and_end_are_written_as_nvmetcp_writes_them(
    how: tuple[Dialect, Framing, Framing], number: int, error: int, information: int, head: bytes
) -> None:
    dialect, up, down = how
    header, data = up.header_digest, up.data_digest
    request = pdu.encode_ic_req(pdu.ICReq(header, data, down.alignment, number))
    response = pdu.encode_ic_resp(pdu.ICResp(header, data, up.alignment, dialect.max_h2c))
    assert bytes(dialect.ic_req(number)) == request == rebuilt(request)
    assert bytes(dialect.ic_resp()) == response == rebuilt(response)
    assert agreed(NVMeTCP(request), NVMeTCP(response)) == dialect
    for to_host in (True, False):
        end = pdu.encode_term_req(pdu.TermReq(to_host, error, information, head))
        layer = NVMeTCP(end)
        assert (layer.fes, layer.fei, layer.data) == (error, information, head)
        assert rebuilt(end) == end
    assert bytes(NVMeTCPC2HTermReq(fes=error, fei=information, data=head)) == pdu.encode_term_req(
        pdu.TermReq(True, error, information, head)
    )


FABRICS: list[tuple[Any, Any, dict[str, int]]] = [
    (fabrics.Connect(qid=3, sqsize=9, cattr=4, kato=77), NVMeConnect,
     {"qid": 3, "sqsize": 9, "cattr": 4, "kato": 77}),
    (fabrics.PropertyGet(attrib=1, offset=0x1C), nvme.NVMePropertyGet,
     {"attrib": 1, "offset": 0x1C}),
    (fabrics.PropertySet(offset=0x14, value=1 << 40), nvme.NVMePropertySet,
     {"offset": 0x14, "value": 1 << 40}),
    (fabrics.Disconnect(recfmt=2), nvme.NVMeDisconnect, {"recfmt": 2}),
    (fabrics.AuthenticationSend(length=99), nvme.NVMeAuthSend, {"tl": 99, "secp": 0xE9}),
    (fabrics.AuthenticationReceive(length=88), nvme.NVMeAuthReceive, {"al": 88, "spsp0": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "layer", "fields"), FABRICS, ids=lambda one: str(one)[:24])
def test_fabrics_commands(theirs: Any, layer: Any, fields: dict[str, int]) -> None:
    packed = theirs.command().pack()
    assert bytes(layer(**fields)) == packed
    read = NVMeSQE(packed)
    assert type(read) is layer
    assert {name: read.getfieldval(name) for name in fields} == fields


def test_connect_carries_its_data() -> None:
    who = fabrics.ConnectData(hostid=b"i" * 16, cntlid=7, subnqn="nqn.a", hostnqn="nqn.b")
    data = connect_data("nqn.a", "nqn.b", 7)
    data.hostid = b"i" * 16
    assert bytes(data) == who.pack()
    read = NVMeTCP(bytes(Dialect(True, True, 3).command(connect(qid=1), data)) + b"next")
    assert isinstance(read.data, NVMeConnectData)
    assert read.data.subnqn.rstrip(b"\0") == b"nqn.a"
    assert bytes(read.payload) == b"next"


def test_what_is_given_wrong_stays_wrong() -> None:
    sent = NVMeTCPCapsuleCmd(flags=3, data=b"abc", hdgst=1, ddgst=2, plen=7, pdo=9, hlen=5)
    image = bytes(sent)
    assert image[2:4] == bytes([5, 9])
    assert image[4:8] == (7).to_bytes(4, "little")
    assert image[72:76] == (1).to_bytes(4, "little")
    assert image[-4:] == (2).to_bytes(4, "little")


@settings(max_examples=200)
@given(st.binary(min_size=160, max_size=400), st.sampled_from([*LAYERS, 8, 0x77]))
def test_any_bytes_can_be_read(image: bytes, kind: int) -> None:
    layer = NVMeTCP(bytes([kind]) + image[1:])
    assert type(layer) is LAYERS.get(kind, NVMeTCP)
    assert bytes(layer) == bytes([kind]) + image[1:]


@pytest.mark.parametrize("size", [40, 1448])
def test_scapys_own_reassembly(tmp_path: Path, size: int) -> None:
    pdus = [*admin_session(True, True, 3).pdus]
    write_pcap(tmp_path / "talk.pcap", list(segments(pdus, size=size, start=1)))
    seen = []
    for packet in sniff(offline=str(tmp_path / "talk.pcap"), session=TCPSession, quiet=True):
        layer = packet[TCP].payload
        while isinstance(layer, NVMeTCP):
            seen.append((type(layer), int(layer.plen)))
            layer = layer.payload
    assert seen == [(LAYERS[one[0]], len(one)) for _, one in pdus]


def test_layers_say_what_they_are() -> None:
    assert NVMeTCPICReq().summary() == "NVMeTCPICReq"
    request, response = NVMeTCPICReq(dgst="HDGST+DDGST"), NVMeTCPICResp(dgst=3)
    assert int(request.dgst) == int(response.dgst) == 3
    cqe = NVMeCQE(sct=1, sc=0x82)
    assert cqe.status == Status.CONNECT_INVALID_PARAMETERS
    _, first = io_session().pdus[2]
    assert "qid" in NVMeTCP(first).show(dump=True)
