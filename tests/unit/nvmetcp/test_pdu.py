"""PDUs byte by byte as the specification has them, and what a decoder refuses."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvmetcp import decoder
from nvmetcp import pdu as p
from nvmetcp.command import make_command
from nvmetcp.digest import crc32c
from nvmetcp.errors import FatalError, LocalProtocolError, RemoteProtocolError
from nvmetcp.record import Buffer
from nvmetcp.status import Completion, Status, describe, failure

PLAIN = p.Framing()
DIGESTS = p.Framing(header_digest=True, data_digest=True)
CONTROLLER = {p.PduType.IC_REQ: decoder.IC_RULE, **decoder.controller_rules(8192, 65536)}
HOST = {p.PduType.IC_RESP: decoder.IC_RULE, **decoder.host_rules(1 << 20)}


def decode(data: bytes, rules: decoder.Rules, framing: p.Framing = PLAIN) -> list[p.Pdu]:
    reader = decoder.PduDecoder(rules)
    reader.framing = framing
    return list(reader.receive(data))


def test_the_digest_is_crc32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(memoryview(b"123456789")[3:], crc32c(bytearray(b"123"))) == 0xE3069283
    # RFC 3720, B.4: 32 bytes of zeros, of ones, ascending
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_golden_handshake() -> None:
    request = p.encode_ic_req(p.ICReq(True, True, hpda=3, maxr2t=7))
    assert request == bytes.fromhex("0000800080000000 0000 03 03 07000000") + bytes(112)
    response = p.encode_ic_resp(p.ICResp(False, True, cpda=1, max_h2c_data=131072))
    assert response == bytes.fromhex("0100800080000000 0000 01 02 00000200") + bytes(112)
    assert decode(request, CONTROLLER) == [p.ICReq(True, True, 3, 7)]
    assert decode(response, HOST) == [p.ICResp(False, True, 1, 131072)]


def test_golden_termination_has_the_information_at_offset_10() -> None:
    term = p.TermReq(True, FatalError.HEADER_DIGEST, 0x44332211, b"\x04\x00\x48\x00")
    golden = bytes.fromhex("03001800 1c000000 0300 11223344") + bytes(10) + b"\x04\x00\x48\x00"
    assert p.encode_term_req(term) == golden
    assert decode(golden, HOST) == [term]
    assert p.encode_term_req(p.TermReq(False, 2))[0] == 2
    assert len(p.encode_term_req(p.TermReq(True, 1, 0, bytes(500)))) == 152


def test_golden_command_without_data_has_offset_zero() -> None:
    command = make_command(0x06, 0, cdw10=1)._replace(cid=0x1234, sgl_length=4096)
    (capsule,) = p.encode_command(PLAIN, command.pack())
    assert capsule == bytes.fromhex(
        "04004800 48000000"
        "06403412 00000000 00000000 00000000 00000000 00000000"
        "00000000 00000000 00100000 0000005a 01000000"
    ).ljust(72, b"\0")
    assert decode(bytes(capsule), CONTROLLER) == [p.CapsuleCmd(command)]


def test_golden_command_with_data_and_digests() -> None:
    command = make_command(0x01, 1).pack()
    plain = b"".join(p.encode_command(PLAIN, command, b"abcd"))
    assert plain[:8] == bytes.fromhex("04004848 4c000000")
    assert plain[72:] == b"abcd"
    both = b"".join(p.encode_command(DIGESTS, command, b"abcd"))
    assert both[:8] == bytes.fromhex("0403484c 54000000")
    assert both[72:76] == crc32c(both[:72]).to_bytes(4, "little")
    assert both[76:] == b"abcd" + crc32c(b"abcd").to_bytes(4, "little")


def test_golden_response() -> None:
    done = Completion(0x55AA, Status.LBA_OUT_OF_RANGE, 0x0102030405060708, 3, 4, True)
    capsule = p.encode_response(PLAIN, done.pack())
    assert capsule == bytes.fromhex("05001800 18000000 0807060504030201 0300 0400 aa55 0081")
    assert decode(capsule, HOST) == [p.CapsuleResp(done)]
    assert p.encode_response(DIGESTS, done.pack())[:8] == bytes.fromhex("05011800 1c000000")


def test_golden_data_and_request_to_transfer() -> None:
    down = b"".join(p.encode_c2h_data(PLAIN, 0x0201, 0x10, b"data"))
    golden = "07041818 1c000000 0102 0000 10000000 04000000 00000000"
    assert down == bytes.fromhex(golden) + b"data"
    up = b"".join(p.encode_h2c_data(PLAIN, 0x0201, 0x0403, 0x10, b"data", last=False))
    golden = "06001818 1c000000 0102 0304 10000000 04000000 00000000"
    assert up == bytes.fromhex(golden) + b"data"
    asked = p.encode_r2t(PLAIN, p.R2T(0x0201, 0x0403, 0x1000, 0x2000))
    golden = "09001800 18000000 0102 0304 00100000 00200000 00000000"
    assert asked == bytes.fromhex(golden)


def test_with_a_header_digest_c2h_data_starts_at_28() -> None:
    pdu = b"".join(p.encode_c2h_data(p.Framing(header_digest=True), 1, 0, b"data"))
    assert (pdu[1], pdu[2], pdu[3], len(pdu)) == (p.LAST | p.HDGST, 24, 28, 32)
    both = b"".join(p.encode_c2h_data(DIGESTS, 1, 0, b"data"))
    assert (both[1], len(both)) == (p.LAST | p.HDGST | p.DDGST, 36)


@pytest.mark.parametrize(
    ("alignment", "digest", "short", "capsule"),
    [
        (0, False, 24, 72),
        (0, True, 28, 76),
        (1, True, 32, 80),
        (7, False, 32, 96),
        (31, True, 128, 128),
    ],
)
def test_alignment_moves_the_data(alignment: int, digest: bool, short: int, capsule: int) -> None:
    framing = p.Framing(header_digest=digest, alignment=alignment)
    assert (framing.short_offset, framing.capsule_offset) == (short, capsule)


def test_alignment_beyond_31_is_our_mistake() -> None:
    with pytest.raises(LocalProtocolError):
        p.Framing(alignment=32)


framings = st.builds(p.Framing, st.booleans(), st.booleans(), st.integers(0, 31))
u16s, u32s = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
payloads = st.binary(min_size=1, max_size=300)


@settings(max_examples=150)
@given(framings, u16s, u16s, u32s, payloads, st.booleans(), st.data())
def test_what_is_encoded_is_decoded_in_any_pieces(
    framing: p.Framing, cid: int, tag: int, at: int, data: bytes, last: bool, draw: st.DataObject
) -> None:
    command = make_command(1, 7)._replace(cid=cid)
    view = memoryview(data)
    up: list[tuple[list[Buffer], p.Pdu]] = [
        (p.encode_command(framing, command.pack(), data), p.CapsuleCmd(command, view)),
        (p.encode_command(framing, command.pack()), p.CapsuleCmd(command)),
        (
            p.encode_h2c_data(framing, cid, tag, at, data, last=last),
            p.H2CData(cid, tag, at, view, last),
        ),
    ]
    down: list[tuple[list[Buffer], p.Pdu]] = [
        (p.encode_c2h_data(framing, cid, at, data, p.LAST * last), p.C2HData(cid, at, view, last)),
        ([p.encode_r2t(framing, p.R2T(cid, tag, at, at))], p.R2T(cid, tag, at, at)),
        ([p.encode_response(framing, Completion(cid).pack())], p.CapsuleResp(Completion(cid))),
    ]
    for pdus, rules in ((up, CONTROLLER), (down, HOST)):
        stream = b"".join(b"".join(buffers) for buffers, _ in pdus)
        reader = decoder.PduDecoder(rules)
        reader.framing = framing
        found: list[p.Pdu] = []
        start = 0
        while start < len(stream):
            size = draw.draw(st.integers(1, len(stream)))
            found += reader.receive(stream[start : start + size])
            start += size
        assert found == [pdu for _, pdu in pdus]


def test_a_payload_is_a_view_of_the_buffer_received() -> None:
    stream = bytearray(b"".join(p.encode_c2h_data(PLAIN, 1, 0, b"data")))
    reader = decoder.PduDecoder(HOST)
    (pdu,) = reader.receive(stream)
    assert isinstance(pdu, p.C2HData)
    stream[-4:] = b"atad"
    assert bytes(pdu.data) == b"atad"


Change = Callable[[bytearray], None]


def put(at: int, value: int, size: int = 1) -> Change:
    def change(image: bytearray) -> None:
        image[at : at + size] = value.to_bytes(size, "little")

    return change


COMMAND = b"".join(p.encode_command(PLAIN, make_command(1, 1).pack(), b"abcd"))
BARE = b"".join(p.encode_command(PLAIN, make_command(2, 1).pack()))
UP = b"".join(p.encode_h2c_data(PLAIN, 1, 2, 0, b"abcd", last=True))
DOWN = b"".join(p.encode_c2h_data(PLAIN, 1, 0, b"abcd"))
ASK = p.encode_r2t(PLAIN, p.R2T(1, 2, 3, 4))
IC_REQ = p.encode_ic_req(p.ICReq())
IC_RESP = p.encode_ic_resp(p.ICResp())
TERM = p.encode_term_req(p.TermReq(False, 1))
FIELD, SEQUENCE = FatalError.INVALID_HEADER_FIELD, FatalError.PDU_SEQUENCE


@pytest.mark.parametrize(
    ("image", "change", "status", "at"),
    [
        (COMMAND, put(0, 0x08), FIELD, 0),
        (COMMAND, put(0, 0xFF), FIELD, 0),
        (COMMAND, put(1, p.HDGST), FIELD, 1),
        (COMMAND, put(1, p.DDGST), FIELD, 1),
        (COMMAND, put(1, p.LAST), FIELD, 1),
        (COMMAND, put(1, 0x80), FIELD, 1),
        (COMMAND, put(2, 71), FIELD, 2),
        (COMMAND, put(3, 76), FIELD, 3),
        (COMMAND, put(3, 0), FIELD, 3),
        (COMMAND, put(4, 71, 4), FIELD, 4),
        (COMMAND, put(4, 72 + 8193, 4), FIELD, 4),
        (BARE, put(1, p.DDGST), FIELD, 1),
        (BARE, put(4, 0, 4), FIELD, 4),
        (UP, put(1, p.SUCCESS), FIELD, 1),
        (UP, put(4, 24, 4), FIELD, 4),
        (UP, put(4, 24 + 65537, 4), FatalError.LIMIT_EXCEEDED, 0),
        (UP, put(16, 3, 4), FIELD, 16),
        (UP, put(16, 5, 4), FIELD, 16),
        (DOWN, put(0, 0x06), SEQUENCE, 0),
        (ASK, put(4, 28, 4), FIELD, 4),
        (IC_REQ, put(4, 127, 4), FIELD, 4),
        (IC_REQ, put(4, 132, 4), FIELD, 4),
        (IC_REQ, put(8, 1, 2), FatalError.UNSUPPORTED_PARAMETER, 8),
        (IC_REQ, put(10, 32), FIELD, 10),
        (IC_REQ, put(11, 4), FIELD, 11),
        (IC_RESP, put(12, 4092, 4), FIELD, 12),
        (IC_RESP, put(12, 4098, 4), FIELD, 12),
        (TERM, put(4, 23, 4), FIELD, 4),
        (TERM, put(4, 153, 4), FIELD, 4),
    ],
)
def test_the_field_at_fault_is_named(
    image: bytes, change: Change, status: FatalError, at: int
) -> None:
    broken = bytearray(image)
    rules = CONTROLLER if image[0] % 2 == 0 else HOST
    decode(bytes(broken), rules)
    change(broken)
    with pytest.raises(RemoteProtocolError) as caught:
        decode(bytes(broken), rules)
    assert (caught.value.status, caught.value.information) == (status, at)


@pytest.mark.parametrize("bit", range(0, 24 * 8, 7))
def test_a_wrong_header_digest_is_fatal_and_told(bit: int) -> None:
    framing = p.Framing(header_digest=True)
    image = bytearray(p.encode_r2t(framing, p.R2T(1, 2, 3, 4)))
    if bit // 8 < 8:
        bit += 64
    image[bit // 8] ^= 1 << bit % 8
    with pytest.raises(RemoteProtocolError) as caught:
        decode(bytes(image), HOST, framing)
    assert caught.value.status is FatalError.HEADER_DIGEST
    assert caught.value.information == struct.unpack_from("<I", image, 24)[0]
    assert caught.value.header == image[:24]


@pytest.mark.parametrize("at", [0, 3, 4, 7])
def test_a_wrong_data_digest_is_told_with_the_data(at: int) -> None:
    framing = p.Framing(data_digest=True)
    image = bytearray(b"".join(p.encode_c2h_data(framing, 1, 0, b"abcd")))
    image[24 + at] ^= 0x10
    (pdu,) = decode(bytes(image), HOST, framing)
    assert isinstance(pdu, p.C2HData)
    assert not pdu.digest_ok


def test_statuses_in_words_and_with_do_not_retry() -> None:
    assert describe(Status.LBA_OUT_OF_RANGE) == "LBA_OUT_OF_RANGE (0/80)"
    assert describe(0x7C1) == "status 7/C1"
    assert failure(1, Status.INVALID_FIELD).do_not_retry
    assert not failure(1, Status.ANA_INACCESSIBLE).do_not_retry


@given(
    u16s, st.integers(0, 0x7FF), st.integers(0, 2**64 - 1), u16s, st.booleans(), st.integers(0, 3)
)
def test_completions_come_back(
    cid: int, status: int, result: int, head: int, flag: bool, delay: int
) -> None:
    done = Completion(cid, status, result, head, cid ^ 1, flag, not flag, delay)
    assert Completion.parse(done.pack()) == done
