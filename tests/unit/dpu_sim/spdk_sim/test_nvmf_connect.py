"""Who gets in, who does not and why, and what a controller tells of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.subsystem import Host as AllowedHost
from dpu_sim.spdk_sim.nvmf.target import Referral
from dpu_sim.spdk_sim.nvmf.transport import TransportOptions
from nvmetcp.admin import ALL_NAMESPACES, AsyncEventRequest, GetFeatures, GetLogPage, SetFeatures
from nvmetcp.fabrics import DISCOVERY_NQN, Connect, ConnectData, Property, PropertyGet
from nvmetcp.features import Feature, parse_queues
from nvmetcp.identify import (
    Cns,
    ControllerType,
    DescriptorType,
    IdentifyNamespace,
    parse_descriptors,
    parse_namespaces,
)
from nvmetcp.io import Read, Write
from nvmetcp.logpages import (
    DiscoverySubtype,
    LogPage,
    Smart,
    parse_discovery,
    parse_effects,
)
from nvmetcp.status import Completion, Status
from tests.nvme_host import HOST_ID, HOST_NQN, CommandFailedError, Host, HostQueue
from tests.nvmf_loop import BLOCK, BLOCKS, SUBNQN, Loop, target_loop

OTHER_NQN = "nqn.2024-01.io.dpulab:other-host"


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A target."""
    with target_loop() as made:
        yield made


@pytest.fixture
def address(loop: Loop) -> tuple[str, int]:
    """Where a subsystem with one namespace is served."""
    subsystem = loop.subsystem()
    loop.namespace(subsystem)
    return loop.listen(subsystem)


def log_page(host: Host, page: int, size: int, **fields: int) -> bytes:
    """A log page, or part of it."""
    wanted = GetLogPage(lid=page, nsid=ALL_NAMESPACES, **fields)
    wanted.size = size
    return host.admin.run(wanted.command(), length=size)


def refusal(address: tuple[str, int], data: ConnectData, **fields: int) -> Completion:
    """How a Connect fails."""
    queue = HostQueue(address)
    try:
        command = Connect(**({"qid": 0, "sqsize": 31} | fields)).command()
        with pytest.raises(CommandFailedError) as caught:
            queue.result(command, data.pack())
        return caught.value.completion
    finally:
        queue.close()


def names(**changed: object) -> ConnectData:
    """The data of Connect."""
    given = {"hostid": HOST_ID, "subnqn": SUBNQN, "hostnqn": HOST_NQN} | changed
    return ConnectData(**given)  # type: ignore[arg-type]


INVALID = Status.CONNECT_INVALID_PARAMETERS
IN_DATA = 1 << 16


@pytest.mark.parametrize(
    ("changed", "fields", "status", "result"),
    [
        ({"subnqn": "nqn.2024-01.io.dpulab:absent"}, {}, INVALID, IN_DATA | 256),
        ({"hostid": bytes(16)}, {}, INVALID, IN_DATA | 0),
        ({"cntlid": 5}, {}, INVALID, IN_DATA | 16),
        ({"cntlid": 77}, {"qid": 1}, INVALID, IN_DATA | 16),
        ({}, {"sqsize": 0}, INVALID, 44),
        ({}, {"sqsize": 128}, INVALID, 44),
        ({}, {"recfmt": 1}, Status.CONNECT_INCOMPATIBLE_FORMAT, 0),
        ({"hostnqn": ""}, {}, INVALID, IN_DATA | 512),
    ],
)  # fmt: skip
def test_connect_is_refused_with_the_field_at_fault(
    address: tuple[str, int],
    changed: dict[str, object],
    fields: dict[str, int],
    status: int,
    result: int,
) -> None:
    """Status, and offset of the field in the command or (bit 16) in its data."""
    completion = refusal(address, names(**changed), **fields)
    assert (completion.status, completion.result) == (status, result)
    assert completion.do_not_retry
    with Host(address, SUBNQN) as host:
        assert host.cntlid == 1  # nothing is left of those that were refused


def test_only_hosts_of_the_list_get_in(loop: Loop, address: tuple[str, int]) -> None:
    """By NQN; who is taken off the list is cut off."""
    subsystem = loop.target.subsystem(SUBNQN)
    assert subsystem is not None
    subsystem.allow_any_host = False
    assert refusal(address, names()).status == Status.CONNECT_INVALID_HOST
    loop.call(lambda: subsystem.add_host(AllowedHost(HOST_NQN)))
    assert refusal(address, names(hostnqn=OTHER_NQN)).status == Status.CONNECT_INVALID_HOST
    with Host(address, SUBNQN) as host:
        queue = host.io_queue()
        loop.call(lambda: subsystem.remove_host(HOST_NQN))
        for one in (host.admin, queue):
            with pytest.raises(EOFError):
                one.turn()
    assert loop.transport.controllers(SUBNQN) == []


def test_a_subsystem_is_served_where_it_is_told_to_be(loop: Loop, address: tuple[str, int]) -> None:
    """Another subsystem's listener does not lead to it."""
    elsewhere = loop.listen(loop.subsystem("nqn.2024-01.io.dpulab:two"))
    assert refusal(elsewhere, names()).status == Status.CONNECT_INVALID_HOST


def test_registers(address: tuple[str, int]) -> None:
    """CAP, VS, CC, CSTS through enable, shutdown and reset."""
    with Host(address, SUBNQN, enable=False) as host:
        assert host.get_property(Property.CAP) & 0xFFFF == 127
        assert host.get_property(Property.VS) == 0x20000
        assert host.get_property(Property.CSTS) == 0
        with pytest.raises(CommandFailedError) as caught:
            host.identify(1)
        assert caught.value.status == Status.COMMAND_SEQUENCE_ERROR
        host.set_property(Property.CC, 0x460000)
        host.enable()
        assert host.get_property(Property.CC) == 0x460001
        queue = host.io_queue()
        waiting = host.admin.submit(AsyncEventRequest().command())
        host.set_property(Property.CC, 0x464001)
        assert host.get_property(Property.CSTS) == 0x9
        with pytest.raises(EOFError):
            queue.turn()
        host.set_property(Property.CC, 0x460000)
        assert host.admin.wait(waiting)[0].status == Status.ABORT_REQUESTED
        assert host.get_property(Property.CSTS) == 0
        host.enable()
        for offset, attrib in ((0x68, 0), (0x30, 0), (Property.CAP, 0), (Property.VS, 1)):
            command = PropertyGet(offset=offset, attrib=attrib).command()
            with pytest.raises(CommandFailedError) as caught:
                host.admin.run(command)
            assert caught.value.status == INVALID


def test_queues_belong_to_their_controller(loop: Loop, address: tuple[str, int]) -> None:
    """Number, controller and host have to fit; a number is free again when its queue is gone."""
    with Host(address, SUBNQN) as host:
        queue = host.io_queue(1)
        mine = names(cntlid=host.cntlid)
        assert refusal(address, mine, qid=1).status == Status.COMMAND_SEQUENCE_ERROR
        assert refusal(address, mine, qid=128).result == 42
        stranger = names(cntlid=host.cntlid, hostnqn=OTHER_NQN)
        assert refusal(address, stranger, qid=2).result == IN_DATA | 16
        queue.close()
        end = time.monotonic() + 10
        while loop.transport.statistics().current_io_queues and time.monotonic() < end:
            pass
        again = host.io_queue(1)
        again.run(Read(nsid=1, slba=0, nlb=0).command(), length=BLOCK)


def test_identify_and_logs(loop: Loop, address: tuple[str, int]) -> None:
    """What Linux, nvme-cli and SPDK ask for."""
    namespace = loop.target.subsystem(SUBNQN).namespaces[1]  # type: ignore[union-attr]
    with Host(address, SUBNQN) as host:
        about = host.identify_controller()
        assert (about.subnqn, about.cntlid, about.cntrltype) == (SUBNQN, 1, ControllerType.IO)
        assert (about.sqes, about.cqes, about.in_capsule, about.mdts) == (0x66, 0x44, 4096, 5)
        assert parse_namespaces(host.identify(Cns.ACTIVE_NAMESPACES)) == [1]
        assert parse_namespaces(host.identify(Cns.ACTIVE_NAMESPACES, 1)) == []
        shape = IdentifyNamespace.parse(host.identify(Cns.NAMESPACE, 1))
        assert (shape.nsze, 1 << shape.lbads, shape.nguid) == (BLOCKS, BLOCK, namespace.nguid)
        kinds = dict(parse_descriptors(host.identify(Cns.DESCRIPTORS, 1)))
        assert kinds[DescriptorType.UUID] == namespace.uuid.bytes
        assert host.identify(Cns.NAMESPACE, 2) == bytes(4096)
        for cns in (0x05, 0x06, 0x07, 0x08, 0x1C):
            assert len(host.identify(cns, 1)) == 4096
        for cns, nsid in ((0x13, 0), (0x00, 0), (0x00, 33), (0x03, 2), (0x08, 2)):
            with pytest.raises(CommandFailedError):
                host.identify(cns, nsid)
        admin, io = parse_effects(log_page(host, LogPage.EFFECTS, 4096))
        assert admin.keys() >= {0x02, 0x06, 0x09, 0x0A, 0x0C, 0x18}
        assert io.keys() >= {0x00, 0x01, 0x02}
        host.io_queue().run(Write(nsid=1, slba=0, nlb=0).command(), bytes(BLOCK))
        assert Smart.parse(log_page(host, LogPage.SMART, 512)).write_commands == 1
        supported = log_page(host, LogPage.SUPPORTED, 1024)
        assert supported[LogPage.SMART * 4] & 1
        assert (
            log_page(host, LogPage.EFFECTS, 8, offset=4)
            == (log_page(host, LogPage.EFFECTS, 4096)[4:12])
        )
        for page in (0x0C, 0x70, 0xC0):
            with pytest.raises(CommandFailedError) as caught:
                log_page(host, page, 512)
            assert caught.value.status == Status.INVALID_LOG_PAGE


def test_features(address: tuple[str, int]) -> None:
    """Those that hosts use can be set and read."""
    with Host(address, SUBNQN) as host:

        def get(fid: Feature, **fields: int) -> int:
            return host.admin.result(GetFeatures(fid=fid, **fields).command())

        def put(fid: Feature, value: int) -> int:
            return host.admin.result(SetFeatures(fid=fid, value=value).command())

        assert parse_queues(put(Feature.NUMBER_OF_QUEUES, 0x00070007)) == (127, 127)
        put(Feature.ASYNC_EVENT_CONFIGURATION, 0x900)
        assert get(Feature.ASYNC_EVENT_CONFIGURATION) == 0x900
        put(Feature.KEEP_ALIVE_TIMER, 5000)
        assert get(Feature.KEEP_ALIVE_TIMER) == 5000
        identity = GetFeatures(fid=Feature.HOST_IDENTIFIER, value=1).command()
        assert host.admin.run(identity, length=16) == HOST_ID
        assert get(Feature.VOLATILE_WRITE_CACHE) == 1
        with pytest.raises(CommandFailedError):
            host.admin.result(GetFeatures(fid=0x7F).command())
        saved = SetFeatures(fid=Feature.VOLATILE_WRITE_CACHE, value=0, save=1).command()
        with pytest.raises(CommandFailedError) as caught:
            host.admin.result(saved)
        assert caught.value.status == Status.FEATURE_NOT_SAVEABLE


def test_a_silent_host_is_forgotten() -> None:
    """Its queues are closed after the keep-alive time; one that says something is not."""
    with target_loop(TransportOptions(kas=1, min_kato=100)) as loop:
        subsystem = loop.subsystem()
        address = loop.listen(subsystem)
        silent = Host(address, SUBNQN, kato=300)
        with Host(address, SUBNQN, kato=300) as lively:
            queue = silent.io_queue()
            began = time.monotonic()
            while len(loop.call(lambda: loop.transport.controllers(SUBNQN))) == 2:
                lively.keep_alive()
                assert time.monotonic() - began < 10
            assert time.monotonic() - began > 0.2
            for one in (silent.admin, queue):
                with pytest.raises(EOFError):
                    one.turn()
            lively.keep_alive()
        silent.close()


def test_discovery(loop: Loop, address: tuple[str, int]) -> None:
    """The log has what the host may use, its generation moves, and the host is told so."""
    service = loop.target.subsystem(DISCOVERY_NQN)
    assert service is not None
    where = loop.listen(service)
    with Host(where, DISCOVERY_NQN, kato=30000) as host:
        assert host.identify_controller().cntrltype == ControllerType.DISCOVERY
        command = SetFeatures(fid=Feature.ASYNC_EVENT_CONFIGURATION, value=1 << 31).command()
        host.admin.result(command)
        waiting = host.admin.submit(AsyncEventRequest().command())
        generation, count, _ = parse_discovery(log_page(host, LogPage.DISCOVERY, 1024, rae=1))
        page = log_page(host, LogPage.DISCOVERY, 1024 * (count + 1))
        entries = parse_discovery(page)[2]
        found = {(one.subnqn, one.traddr, one.trsvcid.strip()) for one in entries}
        assert found == {
            (SUBNQN, "127.0.0.1", str(address[1])), (DISCOVERY_NQN, "127.0.0.1", str(where[1])),
        }  # fmt: skip
        referral = Referral(Address.tcp("127.0.0.9", 8009))
        loop.call(lambda: loop.target.add_referral(referral))
        assert host.admin.wait(waiting)[0].result == 0x0070F002
        page = log_page(host, LogPage.DISCOVERY, 1024 * (count + 2))
        later, count, entries = parse_discovery(page)
        assert later > generation
        assert count == 3
        assert {one.subtype for one in entries} == set(DiscoverySubtype)
        with pytest.raises(CommandFailedError):
            host.io_queue()


def test_controller_ids_run_out() -> None:
    """A host has to wait until another controller is gone."""
    with target_loop() as loop:
        subsystem = loop.subsystem(min_cntlid=7, max_cntlid=8)
        address = loop.listen(subsystem)
        first, second = Host(address, SUBNQN), Host(address, SUBNQN)
        assert {first.cntlid, second.cntlid} == {7, 8}
        completion = refusal(address, names())
        assert completion.status == Status.CONNECT_CONTROLLER_BUSY
        assert not completion.do_not_retry
        first.close()
        end = time.monotonic() + 10
        while len(loop.call(lambda: loop.transport.controllers(SUBNQN))) == 2:
            assert time.monotonic() < end
        with Host(address, SUBNQN) as third:
            assert third.cntlid == 7
        second.close()
