"""Commands, Identify, log pages and reservations: where every field is, and that it comes back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvmetcp import admin, fabrics, features, identify, logpages, reservations
from nvmetcp import io as nvm
from nvmetcp.command import Direction, FabricsCommand, TypedCommand, make_command, parse_command
from nvmetcp.errors import LocalProtocolError, RemoteProtocolError
from nvmetcp.record import Record


def subclasses(base: type[Any]) -> list[type[Any]]:
    """All below `base`; slots=True makes every class twice, the first without instances."""
    below = {one.__qualname__: one for one in base.__subclasses__()}.values()
    return [two for one in below for two in (one, *subclasses(one))]


RECORDS = [one for one in subclasses(Record) if one.SIZE and fields(one)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=25)
@given(filler=st.binary(min_size=1, max_size=40))
def test_records_come_back_and_their_fields_do_not_overlap(
    record: type[Any], filler: bytes
) -> None:
    taken: dict[int, str] = {}
    for field in fields(record):
        name, slot = field.name, field.metadata["slot"]
        assert 0 <= slot.offset <= record.SIZE - slot.size, name
        ones = b"\xff" * slot.size
        if slot.shared:
            width = next(n for n in range(8 * slot.size, 0, -1) if _fits(slot, n))
            ones = slot.write((1 << width) - 1)
        for bit in range(slot.size * 8):
            if ones[bit // 8] >> bit % 8 & 1:
                assert taken.setdefault(slot.offset * 8 + bit, name) == name
    ascii_filler = bytes(one & 0x7F for one in filler)
    image = (ascii_filler * (record.SIZE // len(filler) + 1))[: record.SIZE]
    try:
        parsed = record.parse(image)
    except RemoteProtocolError as error:
        assert "name without end" in str(error)  # noqa: PT017
        return
    packed = parsed.pack()
    assert len(packed) == record.SIZE
    assert record.parse(packed) == parsed


def _fits(slot: Any, width: int) -> bool:
    try:
        slot.write((1 << width) - 1)
    except (LocalProtocolError, OverflowError):
        return False
    return True


def fields_of(command: TypedCommand | FabricsCommand) -> bytes:
    """Bytes 40 to 63 of a command: dwords 10 to 15."""
    packed = command.command().pack()
    assert packed[1] == 0x40
    assert packed[39] == 0x5A
    return packed[40:].rstrip(b"\0")


@pytest.mark.parametrize(
    ("command", "golden"),
    [
        (fabrics.Connect(qid=0x0201, sqsize=31, cattr=4, kato=5000), "0000 0102 1f00 04 00 8813"),
        (fabrics.PropertyGet(attrib=1, offset=0x08), "01 000000 08"),
        (fabrics.PropertySet(offset=0x14, value=0x460001), "00000000 14000000 010046"),
        (fabrics.AuthenticationSend(length=0x1234), "00 01 01 e9 3412"),
        (admin.Identify(cns=2, cntid=0x0304, csi=1), "02 00 0403 00000001"),
        (admin.GetLogPage(lid=0x70, rae=1, lsp=3, numdl=0xFF, offset=1), "70 83 ff00 00000000 01"),
        (admin.SetFeatures(fid=7, save=1, value=0x00030004), "07000080 04000300"),
        (admin.GetFeatures(fid=0x0F, select=3), "0f03"),
        (admin.Abort(sqid=1, cid=0x0203), "0100 0302"),
        (nvm.Read(slba=0x0102030405, nlb=7, fua=1), "0504030201000000 07000040"),
        (nvm.Write(slba=1, limited_retry=1), "0100000000000000 00000080"),
        (nvm.WriteZeroes(slba=0, nlb=1, deallocate=1), "0000000000000000 01000002"),
        (nvm.DatasetManagement(nr=3, attributes=nvm.DEALLOCATE), "03000000 04"),
        (nvm.Copy(sdlba=9, nr=1), "0900000000000000 01"),
        (reservations.ReservationRegister(action=2, ignore_key=1, cptpl=3), "0a0000c0"),
        (reservations.ReservationAcquire(action=1, rtype=3), "0103"),
        (reservations.ReservationRelease(action=1, rtype=6), "0106"),
        (reservations.ReservationReport(numd=0x0100, extended=1), "00010000 01"),
    ],
)
def test_golden_commands(command: TypedCommand | FabricsCommand, golden: str) -> None:
    assert fields_of(command) == bytes.fromhex(golden).rstrip(b"\0")
    assert type(command).of(command.command()) == command


def test_a_command_is_not_taken_for_another() -> None:
    with pytest.raises(RemoteProtocolError, match="opcode 0x01 is no Read"):
        nvm.Read.of(nvm.Write().command())
    with pytest.raises(RemoteProtocolError, match="Fabrics type 4 is no Connect"):
        fabrics.Connect.of(fabrics.PropertyGet().command())
    with pytest.raises(RemoteProtocolError, match="Fabrics type -1 is no Connect"):
        fabrics.Connect.of(nvm.Write(nsid=1).command())


def test_where_data_go() -> None:
    assert fabrics.Connect().command().direction is Direction.HOST_TO_CONTROLLER
    assert fabrics.PropertyGet().command().direction is Direction.NONE
    assert fabrics.AuthenticationReceive().command().direction is Direction.CONTROLLER_TO_HOST
    assert nvm.Compare().command().direction is Direction.HOST_TO_CONTROLLER
    assert nvm.WriteZeroes().command().direction is Direction.NONE
    assert reservations.ReservationReport().command().direction is Direction.CONTROLLER_TO_HOST


def test_blocks_quickly_and_by_name() -> None:
    command = nvm.Read(nsid=1, slba=0x123456789A, nlb=0xFFFF, fua=1).command()
    assert (nvm.first_block(command), nvm.block_count(command)) == (0x123456789A, 65536)


def test_values_that_do_not_fit_are_our_mistake() -> None:
    for bad in (nvm.Read(nlb=65536), nvm.Read(slba=-1), nvm.Read(fua=2), admin.Identify(cns=256)):
        with pytest.raises(LocalProtocolError):
            bad.command()
    with pytest.raises(LocalProtocolError):
        fabrics.ConnectData(subnqn="n" * 256).pack()
    with pytest.raises(LocalProtocolError):
        identify.IdentifyController(sn="ü").pack()
    with pytest.raises(LocalProtocolError):
        make_command(1)._replace(cid=1 << 16).pack()


def test_registers_seen_on_the_wire() -> None:
    capabilities = fabrics.Capabilities.of(0x0800_0020_1E01_007F)
    assert (capabilities.mqes, capabilities.timeout, capabilities.crms) == (127, 30, 1)
    assert fabrics.Configuration(en=0).value == 0x460000
    assert fabrics.Configuration(en=1).value == 0x460001
    assert fabrics.Configuration.of(0x464001).shn == 1
    assert fabrics.ControllerStatus(rdy=1, shst=2).value == 0x9
    assert fabrics.invalid_parameter(fabrics.AT_SUBNQN, in_data=True) == 0x10100


def test_events_seen_on_the_wire() -> None:
    assert admin.NAMESPACE_CHANGED.result == 0x00040002
    assert admin.ANA_CHANGED.result == 0x000C0302
    assert admin.DISCOVERY_CHANGED.result == 0x0070F002
    assert admin.AsyncEvent.of(0x00800006) == admin.RESERVATION_CHANGED


def test_numbers_of_queues() -> None:
    assert features.pack_queues(4, 5) == 0x00040003
    assert features.parse_queues(0x03FF03FF) == (1024, 1024)
    for bad in ((0, 1), (1, 65536)):
        with pytest.raises(LocalProtocolError):
            features.pack_queues(*bad)


def test_log_page_sizes() -> None:
    command = admin.GetLogPage(lid=2)
    command.size = 1 << 20
    assert (command.numdl, command.numdu, command.size) == (0xFFFF, 3, 1 << 20)
    assert logpages.section(b"abcdef", 4, 4) == b"ef\0\0"


def test_in_capsule_size_of_a_controller() -> None:
    controller = identify.IdentifyController()
    assert (controller.ioccsz, controller.in_capsule) == (4, 0)
    controller.in_capsule = 4096
    assert (controller.ioccsz, controller.in_capsule) == (260, 4096)


def test_namespace_lists() -> None:
    packed = identify.pack_namespaces(range(1, 3000), after=10)
    assert len(packed) == 4096
    assert identify.parse_namespaces(packed) == list(range(11, 1035))
    assert identify.parse_namespaces(identify.pack_namespaces([])) == []
    assert identify.parse_namespaces(logpages.pack_changed(range(1, 1026))) == [0xFFFFFFFF]
    assert len(identify.parse_namespaces(logpages.pack_changed(range(1, 1025)))) == 1024


def test_descriptors() -> None:
    kinds = identify.DescriptorType
    found = [
        identify.Descriptor(kinds.UUID, b"u" * 16),
        identify.Descriptor(kinds.COMMAND_SET, b"\0"),
    ]
    packed = identify.pack_descriptors(found)
    assert packed[:25] == bytes.fromhex("03100000") + b"u" * 16 + bytes.fromhex("04010000 00")
    assert identify.parse_descriptors(packed) == found
    with pytest.raises(LocalProtocolError):
        identify.pack_descriptors([identify.Descriptor(kinds.EUI64, b"short")])
    for bad in (b"\x03\x08\0\0" + bytes(16), b"\x01\x08\0\0abc"):
        with pytest.raises(RemoteProtocolError):
            identify.parse_descriptors(bad)


def test_effects_and_supported_pages() -> None:
    packed = logpages.pack_effects(
        {6: 1}, {1: logpages.Effect.SUPPORTED | logpages.Effect.CONTENT_CHANGE}
    )
    assert (packed[24], packed[1024 + 4], len(packed)) == (1, 3, 4096)
    assert logpages.parse_effects(packed) == ({6: 1}, {1: 3})
    assert logpages.pack_supported([2, 0x70])[::4].hex().count("01") == 2


def test_ana_groups() -> None:
    groups = [logpages.AnaGroup(1, 1, [5, 6], 2), logpages.AnaGroup(2, 3, [], 4)]
    packed = logpages.pack_ana(8, groups)
    assert len(packed) == 16 + 32 + 8 + 32
    assert logpages.parse_ana(packed) == (8, groups)
    assert logpages.parse_ana(logpages.pack_ana(8, groups, groups_only=True))[1][0].nsids == []
    with pytest.raises(RemoteProtocolError):
        logpages.parse_ana(packed[:-1])


def test_discovery_header_first_then_all() -> None:
    entries = [logpages.DiscoveryEntry(traddr=f"192.0.2.{one}", trsvcid="4420") for one in (1, 2)]
    packed = logpages.pack_discovery(3, entries)
    assert logpages.parse_discovery(packed[:1024]) == (3, 2, [])
    assert logpages.parse_discovery(packed) == (3, 2, entries)
    with pytest.raises(RemoteProtocolError, match="format 1"):
        logpages.parse_discovery(packed[:16] + b"\x01" + packed[17:])


def test_ranges() -> None:
    packed = nvm.pack_ranges([nvm.Range(1, 2, 3)])
    assert packed == bytes.fromhex("01000000 02000000 0300000000000000")
    assert nvm.parse_ranges(packed, 1) == [nvm.Range(1, 2, 3)]
    packed = nvm.pack_sources([nvm.SourceRange(5, 6)])
    assert packed == bytes(8) + bytes.fromhex("0500000000000000 0600") + bytes(14)
    assert nvm.parse_sources(packed, 1) == [nvm.SourceRange(5, 6)]
    with pytest.raises(RemoteProtocolError):
        nvm.parse_sources(packed, 2)
    for bad in ([], [nvm.Range(0, 1, 1)] * 257, [nvm.Range(0, 1 << 32, 0)]):
        with pytest.raises(LocalProtocolError):
            nvm.pack_ranges(bad)


def test_only_compare_and_write_are_fused() -> None:
    first, second = nvm.fused(nvm.Compare().command(), nvm.Write().command())
    assert (first.flags, second.flags) == (0x41, 0x42)
    with pytest.raises(LocalProtocolError):
        nvm.fused(second, first)


@pytest.mark.parametrize("extended", [False, True])
def test_reservation_reports(extended: bool) -> None:
    header = reservations.ReportHeader(generation=7, rtype=3, ptpls=1)
    one: Any
    if extended:
        one = reservations.ExtendedRegisteredController(cntlid=1, rcsts=1, rkey=2, hostid=b"h" * 16)
    else:
        one = reservations.RegisteredController(cntlid=1, rcsts=1, rkey=2, hostid=b"h" * 8)
    packed = reservations.pack_report(header, [one, one], extended=extended)
    assert packed[:10] == bytes.fromhex("07000000 03 0200 0000 01")
    assert len(packed) == (64 + 2 * 64 if extended else 24 + 2 * 24)
    assert reservations.parse_report(packed, extended=extended) == (header, [one, one])
    assert reservations.parse_report(packed[:-1], extended=extended)[1] == [one]


def test_commands_come_back() -> None:
    command = parse_command(bytes(range(36)) + bytes(3) + bytes(range(25)))
    assert parse_command(b"..." + command.pack(), 3) == command
