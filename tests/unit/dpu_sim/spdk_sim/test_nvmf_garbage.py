"""Whatever parameters nvmf_* methods are given, they answer, refuse, and stay sound."""

from __future__ import annotations

import asyncio
import errno
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import INTERNAL_ERROR, INVALID_PARAMETERS, RpcError
from dpu_sim.spdk_sim.nvmf.address import Address
from tests.loopback import private_address

NQN = "nqn.2022-09.io.spdk:a"
METHODS = sorted(one for one in Application().methods() if one.startswith("nvmf_"))
NAMES = [
    "nqn", "tgt_name", "host", "namespace", "nsid", "bdev_name", "listen_address", "address",
    "trtype", "traddr", "trsvcid", "adrfam", "ana_state", "anagrpid", "psk", "dhchap_key",
    "serial_number", "max_namespaces", "uuid", "nguid", "eui64", "discovery_filter", "subnqn",
    "allow_any_host", "secure_channel", "max_subsystems", "max_io_size", "crdt1", "ptpl_file",
]  # fmt: skip

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 65), 1 << 65),
    st.floats(allow_nan=False),
    st.text(max_size=9),
    st.sampled_from(
        [
            NQN, "disk", "TCP", "VFIOUSER", private_address(), "4420", "::1%1", "fe80::1%eth0", "/",
            "\x00", "\ud800", "n" * 300, "ipv6", "optimized", "match_any,", "+1", "٤٤٢٠", "1_0",
            f"nqn.2022-09.io.spdk:{chr(0xD800)}", f"/tmp/{chr(0)}", "nqn.2022-09.io.spdk:b",
        ]
    ),
)  # fmt: skip
values = st.recursive(
    odd,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
good: dict[str, Any] = {
    "nqn": NQN,
    "host": NQN,
    "nsid": 1,
    "namespace": {"bdev_name": "disk"},
    "listen_address": {"trtype": "TCP", "traddr": private_address(), "trsvcid": "4420"},
    "address": {"trtype": "TCP", "traddr": private_address(), "trsvcid": "4420"},
    "trtype": "TCP",
    "ana_state": "inaccessible",
    "anagrpid": 1,
    "allow_any_host": True,
    "max_subsystems": 9,
}


@st.composite
def nearly_right(draw: st.DrawFn) -> Any:
    """Parameters of which most are right."""
    names = draw(st.lists(st.sampled_from(list(good)), max_size=5, unique=True))
    chosen = {name: good[name] for name in names}
    return chosen | draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=2))


CODES = (0, INVALID_PARAMETERS, INTERNAL_ERROR, -errno.ENODEV)
parameters = st.one_of(nearly_right(), values)


async def code_of(method: Handler, given_: Any) -> int:
    """The code of a refusal, 0 if there is an answer. Anything else is a failure."""
    try:
        json.dumps(await method(given_))
    except OSError as error:
        return -(error.errno or 0) or -1
    except RpcError as error:
        return error.code
    return 0


async def bear(requests: list[tuple[str, Any]]) -> None:
    application = Application()
    methods = application.methods()
    for trtype in ("TCP", "VFIOUSER"):
        await methods["nvmf_create_transport"]({"trtype": trtype})
    await methods["bdev_null_create"]({"name": "disk", "block_size": 512, "num_blocks": 8})
    await methods["nvmf_create_subsystem"]({"nqn": NQN, "ana_reporting": True})
    try:
        for method, given_ in requests:
            assert await code_of(methods[method], given_) in CODES, method
        shown = await methods["nvmf_get_subsystems"](None)
        claimed = {space["bdev_name"] for one in shown for space in one.get("namespaces", ())}
        [disk] = await methods["bdev_get_bdevs"](None)
        assert disk["claimed"] == ("disk" in claimed)
    finally:
        await application.close()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(METHODS), parameters), max_size=20))
def test_no_parameters_are_more_than_refused(requests: list[tuple[str, Any]]) -> None:
    asyncio.run(bear(requests))


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["trsvcid", "adrfam"]), st.text()), st.text(), st.text())
def test_an_address_is_one_or_none(rest: dict[str, str], trtype: str, traddr: str) -> None:
    try:
        address = Address.of({"trtype": trtype, "traddr": traddr, **rest})
    except ValueError:
        return
    shown = address.describe()
    assert Address.of({name: value for name, value in shown.items() if value}) == address


@settings(max_examples=100)
@given(st.ip_addresses(), st.integers(1, 65535), st.booleans())
def test_an_address_is_the_same_however_it_is_written(ip: Any, port: int, long: bool) -> None:
    given_ = {"trtype": "tcp", "traddr": ip.exploded if long else str(ip), "trsvcid": f"0{port}"}
    address = Address.of(given_)
    assert address == Address.of(address.describe()) == Address.tcp(str(ip), port)
    assert address.is_wildcard == ip.is_unspecified


@pytest.mark.parametrize("text", ["\ud800", "\n"])
def test_names_are_texts_that_can_be_shown(text: str) -> None:
    async def run() -> int:
        application = Application()
        create = application.methods()["nvmf_create_subsystem"]
        return await code_of(create, {"nqn": f"{NQN}{text}"})

    assert asyncio.run(run()) == INTERNAL_ERROR


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "é", "", "n" * 300])
def test_texts_that_are_none_are_refused_everywhere(text: str) -> None:
    place = good["listen_address"]
    hidden = {"bdev_name": "disk", "no_auto_visible": True}
    requests: list[tuple[str, Any]] = [
        ("nvmf_create_subsystem", {"nqn": text}),
        ("nvmf_create_subsystem", {"nqn": f"{NQN}1", "serial_number": text + " " * 21}),
        ("nvmf_subsystem_add_host", {"nqn": NQN, "host": text}),
        ("nvmf_subsystem_add_host", {"nqn": NQN, "host": f"{NQN}1", "psk": f"/{text}"}),
        ("nvmf_ns_add_host", {"nqn": NQN, "nsid": 1, "host": text}),
        ("nvmf_discovery_add_referral", {"address": place, "subnqn": text}),
        (
            "nvmf_subsystem_add_listener",
            {"nqn": NQN, "listen_address": {"trtype": "VFIOUSER", "traddr": f"/no/where/{text}"}},
        ),
        ("nvmf_subsystem_add_listener", {"nqn": NQN, "listen_address": place | {"traddr": text}}),
    ]

    async def run() -> None:
        application = Application()
        methods = application.methods()
        for method, given_ in (
            ("nvmf_create_transport", {"trtype": "TCP"}),
            ("nvmf_create_transport", {"trtype": "VFIOUSER"}),
            ("bdev_null_create", {"name": "disk", "block_size": 512, "num_blocks": 8}),
            ("nvmf_create_subsystem", {"nqn": NQN}),
            ("nvmf_subsystem_add_ns", {"nqn": NQN, "namespace": hidden}),
        ):
            assert await code_of(methods[method], given_) == 0
        for method, given_ in requests:
            assert await code_of(methods[method], given_) in CODES[1:], method
        await application.close()

    asyncio.run(run())
