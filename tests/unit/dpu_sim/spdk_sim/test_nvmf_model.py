"""The target's model: what it lets be, whom it tells of changes, what hosts discover."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.nqn import DISCOVERY
from dpu_sim.spdk_sim.bdev.bdev import Bdev
from dpu_sim.spdk_sim.bdev.device import Geometry
from dpu_sim.spdk_sim.bdev.memory import NullDevice
from dpu_sim.spdk_sim.bdev.registry import Registry
from dpu_sim.spdk_sim.nvmf.address import Address
from dpu_sim.spdk_sim.nvmf.discovery_log import discovery_entries
from dpu_sim.spdk_sim.nvmf.listener import Listener
from dpu_sim.spdk_sim.nvmf.namespace import Namespace, NamespaceOptions
from dpu_sim.spdk_sim.nvmf.observer import Observer
from dpu_sim.spdk_sim.nvmf.subsystem import Host, Identity, Subsystem
from dpu_sim.spdk_sim.nvmf.target import Referral, Target
from dpu_sim.spdk_sim.nvmf.tcp import TcpTransport
from dpu_sim.spdk_sim.nvmf.tls import AVAILABLE
from dpu_sim.spdk_sim.nvmf.transport import TransportOptions
from nvmetcp.logpages import SECTYPE_TLS13, TREQ_REQUIRED, AnaState, DiscoverySubtype
from tests.loopback import free_port, private_address

A, B = "nqn.2022-09.io.spdk:a", "nqn.2022-09.io.spdk:b"
HOST, STRANGER = (
    f"nqn.2014-08.org.nvmexpress:uuid:{one}1111111-d51f-40c8-b348-2753f3571d3c" for one in "12"
)


class Told(Observer):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.of: list[tuple[Any, ...]] = []

    def namespace_added(self, namespace: Namespace) -> None:
        self.of.append(("added", namespace.nsid))

    def namespace_removed(self, namespace: Namespace) -> None:
        self.of.append(("removed", namespace.nsid))

    def namespace_resized(self, namespace: Namespace) -> None:
        self.of.append(("resized", namespace.nsid, namespace.bdev.geometry.blocks))

    def visibility_changed(self, namespace: Namespace, host: str, visible: bool) -> None:
        self.of.append(("visible" if visible else "hidden", namespace.nsid, host))

    def namespace_group_changed(self, namespace: Namespace) -> None:
        self.of.append(("group", namespace.nsid, namespace.anagrpid))

    def ana_changed(self, listener: Listener, groups: Collection[int]) -> None:
        self.of.append(("ana", listener.address.trsvcid, list(groups)))

    def host_removed(self, subsystem: Subsystem, host: str) -> None:
        self.of.append(("host removed", subsystem.nqn, host))

    def host_keys_changed(self, subsystem: Subsystem, host: str) -> None:
        self.of.append(("keys", subsystem.nqn, host))

    def listener_added(self, listener: Listener) -> None:
        self.of.append(("listener", listener.subsystem.nqn, listener.address.trsvcid))

    def listener_removed(self, listener: Listener) -> None:
        self.of.append(("no listener", listener.subsystem.nqn, listener.address.trsvcid))

    def subsystem_removed(self, subsystem: Subsystem) -> None:
        self.of.append(("no subsystem", subsystem.nqn))

    def discovery_changed(self) -> None:
        self.of.append(("discovery",))


def disk(registry: Registry, name: str = "disk") -> Bdev:
    return registry.register(name, NullDevice(Geometry(512, 8)))


def place(port: int = 4420, address: str | None = None) -> Address:
    return Address.tcp(address or private_address(), port)


def with_target(test: Callable[[Target, Told], Awaitable[None]]) -> None:
    """Run a test on a target with a TCP transport and somebody who is told of everything."""

    async def run() -> None:
        target, told = Target(Registry()), Told()
        target.observers.append(told)
        target.offer(TcpTransport(target))
        target.create_transport("TCP", TransportOptions(max_aq_depth=64))
        try:
            await test(target, told)
        finally:
            await target.close()

    asyncio.run(run())


@contextmanager
def refused(number: int) -> Iterator[None]:
    with pytest.raises(OSError, match=rf"^\[Errno {number}\]"):
        yield


# -- controller ids


@settings(max_examples=100)
@given(st.lists(st.integers(-3, 3), max_size=40))
def test_controller_ids_are_unique_in_their_range_and_none_is_lost(steps: list[int]) -> None:
    subsystem = Subsystem(Identity(A, min_cntlid=5, max_cntlid=7), [])
    held: list[int] = []
    for step in steps:
        if step <= 0 and held:
            subsystem.release_cntlid(held.pop(step % len(held)))
        elif len(held) < 3:
            number = subsystem.allocate_cntlid()
            assert 5 <= number <= 7
            assert number not in held
            held.append(number)
        else:
            with refused(errno.EAGAIN):
                subsystem.allocate_cntlid()


def test_a_controller_id_comes_again_only_after_all_others() -> None:
    subsystem = Subsystem(Identity(A, min_cntlid=1, max_cntlid=3), [])
    given_out = []
    for _ in range(5):
        given_out.append(subsystem.allocate_cntlid())
        subsystem.release_cntlid(given_out[-1])
    assert given_out == [1, 2, 3, 1, 2]


# -- namespaces


def test_namespaces_claim_their_devices_and_go_with_them() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem, other = target.create(Identity(A)), target.create(Identity(B))
        bdev = disk(target.registry)
        namespace = subsystem.add_namespace(bdev, NamespaceOptions())
        assert bdev.claimed_by is not None
        assert (namespace.nsid, namespace.uuid) == (1, bdev.geometry.uuid)
        assert namespace.nguid == bdev.geometry.uuid.bytes
        with refused(errno.EPERM):
            other.add_namespace(bdev, NamespaceOptions())
        bdev.geometry.blocks = 16
        await target.registry.resized(bdev)
        await target.registry.unregister(bdev)
        assert subsystem.namespaces == {}
        assert told.of == [("added", 1), ("resized", 1, 16), ("removed", 1)]

    with_target(test)


def test_a_removed_namespace_gives_its_device_back() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem, bdev = target.create(Identity(A)), disk(target.registry)
        subsystem.add_namespace(bdev, NamespaceOptions(nsid=3))
        subsystem.remove_namespace(3)
        assert not bdev.is_open
        with refused(errno.ENOENT):
            subsystem.remove_namespace(3)
        # What happens to the device later concerns nobody here.
        await target.registry.resized(bdev)
        assert told.of == [("added", 3), ("removed", 3)]

    with_target(test)


def test_namespace_numbers_are_limited_and_the_lowest_free_one_is_taken() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A, max_namespaces=3))
        disks = [disk(target.registry, f"disk{number}") for number in range(4)]
        assert subsystem.add_namespace(disks[0], NamespaceOptions(nsid=2)).nsid == 2
        assert subsystem.add_namespace(disks[1], NamespaceOptions()).nsid == 1
        with refused(errno.EEXIST):
            subsystem.add_namespace(disks[2], NamespaceOptions(nsid=1))
        with refused(errno.ENOSPC):
            subsystem.add_namespace(disks[2], NamespaceOptions(nsid=4))
        assert subsystem.add_namespace(disks[2], NamespaceOptions()).nsid == 3
        with refused(errno.ENOSPC):
            subsystem.add_namespace(disks[3], NamespaceOptions())
        assert not disks[3].is_open
        for nsid in (3, 1):
            subsystem.remove_namespace(nsid)
        assert [
            subsystem.add_namespace(one, NamespaceOptions()).nsid for one in (disks[3], disks[1])
        ] == [1, 3]

    with_target(test)


def test_a_hidden_namespace_is_seen_by_the_hosts_it_is_shown_to() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A))
        options = NamespaceOptions(auto_visible=False)
        namespace = subsystem.add_namespace(disk(target.registry), options)
        assert not namespace.visible_to(HOST)
        subsystem.set_visible(namespace, HOST, True)
        subsystem.set_visible(namespace, HOST, True)
        assert (namespace.visible_to(HOST), namespace.visible_to(STRANGER)) == (True, False)
        subsystem.set_visible(namespace, HOST, False)
        assert told.of[1:] == [("visible", 1, HOST), ("hidden", 1, HOST)]

    with_target(test)


# -- listeners and ANA


def test_an_address_is_bound_for_all_its_subsystems_until_the_last_one_leaves() -> None:
    async def test(target: Target, told: Told) -> None:
        first, second = target.create(Identity(A)), target.create(Identity(B))
        one = await target.add_listener(first, place())
        two = await target.add_listener(second, place())
        other = await target.add_listener(second, place(4421))
        assert one.port_id == two.port_id != other.port_id
        with refused(errno.EEXIST):
            await target.add_listener(first, place())
        await target.remove_listener(first, place())
        assert listens(place())
        await target.delete(B)
        assert not listens(place())
        again = await target.add_listener(first, place())
        assert again.port_id == one.port_id

    with_target(test)


def listens(address: Address) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address.traddr, address.port)) == 0


def test_an_address_that_somebody_else_has_is_not_listened_on() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A))
        with socket.socket() as taken:
            taken.bind((private_address(), 0))
            taken.listen()
            with refused(errno.EADDRINUSE):
                await target.add_listener(subsystem, place(taken.getsockname()[1]))
        with refused(errno.EADDRNOTAVAIL):
            await target.add_listener(subsystem, place(address="192.0.2.1"))
        assert subsystem.listeners == {}
        assert told.of == []

    with_target(test)


def test_a_listener_of_a_subsystem_that_is_deleted_meanwhile_does_not_stay() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A))
        adding = asyncio.ensure_future(target.add_listener(subsystem, place()))
        await asyncio.sleep(0)
        await target.delete(A)
        with refused(errno.ENOENT):
            await adding
        assert not listens(place())

    with_target(test)


@pytest.mark.skipif(not AVAILABLE, reason="TLS with pre-shared keys needs Python 3.13")
def test_an_address_is_with_or_without_tls() -> None:
    async def test(target: Target, told: Told) -> None:
        first, second = target.create(Identity(A)), target.create(Identity(B))
        await target.add_listener(first, place(), secure_channel=True)
        with refused(errno.EINVAL):
            await target.add_listener(second, place())

    with_target(test)


def test_states_of_groups_are_those_that_were_set_last() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A, max_namespaces=3, ana_reporting=True))
        listener = await target.add_listener(subsystem, place())
        told.of.clear()
        subsystem.set_ana_state(listener, AnaState.INACCESSIBLE, 2)
        subsystem.set_ana_state(listener, AnaState.INACCESSIBLE, 2)
        subsystem.set_ana_state(listener, AnaState.INACCESSIBLE, None)
        subsystem.set_ana_state(listener, AnaState.NON_OPTIMIZED, 3)
        assert [listener.ana_state(group) for group in (1, 2, 3)] == [
            AnaState.INACCESSIBLE, AnaState.INACCESSIBLE, AnaState.NON_OPTIMIZED,
        ]  # fmt: skip
        assert told.of == [("ana", "4420", [2]), ("ana", "4420", [1, 3]), ("ana", "4420", [3])]
        assert listener.ana_changes == 3

    with_target(test)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(list(AnaState)), st.sampled_from([None, 1, 2, 3]))))
def test_states_of_groups_are_as_if_each_was_kept(steps: list[tuple[AnaState, int | None]]) -> None:
    subsystem = Subsystem(Identity(A, max_namespaces=3), [])
    listener, kept = Listener(subsystem, place(), 1), dict.fromkeys((1, 2, 3), AnaState.OPTIMIZED)
    for state, group in steps:
        before = dict(kept)
        kept |= dict.fromkeys(kept if group is None else (group,), state)
        changed = listener.set_ana_state(state, group)
        assert changed == [one for one in kept if kept[one] != before[one]]
    assert {group: listener.ana_state(group) for group in kept} == kept


def test_whoever_follows_a_subsystem_hears_of_hosts_groups_and_its_end() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A, ana_reporting=True))
        subsystem.add_host(Host(HOST))
        subsystem.set_keys(HOST, "key", None)
        namespace = subsystem.add_namespace(disk(target.registry), NamespaceOptions())
        subsystem.set_ana_group(namespace, 7)
        subsystem.set_ana_group(namespace, 7)
        subsystem.remove_host(HOST)
        await target.delete(A)
        assert told.of == [
            ("keys", A, HOST), ("added", 1), ("group", 1, 7), ("host removed", A, HOST),
            ("no subsystem", A), ("removed", 1), ("discovery",),
        ]  # fmt: skip

    with_target(test)


# -- discovery


def test_a_host_discovers_what_it_may_use() -> None:
    async def test(target: Target, told: Told) -> None:
        restricted, public = target.create(Identity(A)), target.create(Identity(B))
        public.allow_any_host = True
        restricted.add_host(Host(HOST))
        for subsystem in (restricted, public):
            await target.add_listener(subsystem, place())
        seen = discovery_entries(target, HOST, place())
        assert [(one.subnqn, one.traddr, one.trsvcid) for one in seen] == [
            (A, private_address(), "4420"), (B, private_address(), "4420"),
        ]  # fmt: skip
        assert {(one.subtype, one.asqsz, one.cntlid) for one in seen} == {
            (DiscoverySubtype.NVM, 64, 0xFFFF)
        }
        assert [one.subnqn for one in discovery_entries(target, STRANGER, place())] == [B]

    with_target(test)


def test_the_discovery_service_and_referrals_are_told_of() -> None:
    async def test(target: Target, told: Told) -> None:
        here = target.subsystem(DISCOVERY)
        assert here is not None
        await target.add_listener(here, place(8009))
        elsewhere = Address.tcp("192.0.2.1", 8009)
        target.add_referral(Referral(elsewhere, secure_channel=True))
        target.add_referral(Referral(elsewhere, B))
        current, service, subsystem = discovery_entries(target, HOST, place(8009))
        assert current.subtype == DiscoverySubtype.CURRENT_DISCOVERY
        assert current.eflags & 1  # entries repeat what this log says
        assert (service.subtype, service.subnqn) == (DiscoverySubtype.REFERRAL, DISCOVERY)
        assert (service.sectype, service.treq) == (SECTYPE_TLS13, TREQ_REQUIRED)
        assert (subsystem.subtype, subsystem.subnqn) == (DiscoverySubtype.NVM, B)

    with_target(test)


def test_a_listener_everywhere_is_told_of_by_the_address_that_was_asked() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A), allow_any_host=True)
        port = free_port()
        await target.add_listener(subsystem, Address.tcp("0.0.0.0", port))
        [entry] = discovery_entries(target, HOST, place())
        assert (entry.traddr, entry.trsvcid) == (private_address(), str(port))

    with_target(test)


@pytest.mark.parametrize(
    ("criteria", "ports"),
    [
        (("match_any",), {"4420", "4421"}),
        (("address",), {"4420", "4421"}),
        (("address", "svcid"), {"4420"}),
    ],
)
def test_the_filter_decides_which_listeners_are_told_of(
    criteria: tuple[str, ...], ports: set[str]
) -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A), allow_any_host=True)
        target.settings.discovery_filter = criteria
        for port in (4420, 4421):
            await target.add_listener(subsystem, place(port))
        seen = discovery_entries(target, HOST, place())
        assert {one.trsvcid for one in seen} == ports
        far = discovery_entries(target, HOST, place(address="127.0.0.1"))
        assert bool(far) == (criteria == ("match_any",))

    with_target(test)


def test_the_log_is_numbered_anew_whenever_it_may_be_another() -> None:
    async def test(target: Target, told: Told) -> None:
        subsystem = target.create(Identity(A))
        numbers = [target.discovery_generation]
        listener = await target.add_listener(subsystem, place())
        numbers.append(target.discovery_generation)
        target.add_referral(Referral(place(8009)))
        numbers.append(target.discovery_generation)
        assert target.remove_referral(place(8009), DISCOVERY)
        assert not target.remove_referral(place(8009), DISCOVERY)
        numbers.append(target.discovery_generation)
        await target.remove_listener(subsystem, listener.address)
        numbers.append(target.discovery_generation)
        assert numbers == sorted(set(numbers))
        assert ("discovery",) in told.of

    with_target(test)
