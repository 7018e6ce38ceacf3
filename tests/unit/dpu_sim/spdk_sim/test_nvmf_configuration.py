"""What framework_get_config says of the target brings the same target about in a fresh one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.nqn import DISCOVERY
from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.errors import RpcError
from tests.loopback import private_address

Request = tuple[str, dict[str, Any]]

NQNS = [f"nqn.2022-09.io.spdk:{name}" for name in "ab"]
HOSTS = [
    f"nqn.2014-08.org.nvmexpress:uuid:{one}1111111-d51f-40c8-b348-2753f3571d3c" for one in "12"
]
DEVICES = ["disk0", "disk1", "disk2"]

subsystems = st.sampled_from([NQNS[0], *NQNS, DISCOVERY])
hosts = st.sampled_from(HOSTS)
nsids = st.integers(0, 4)
states = st.sampled_from(["optimized", "non_optimized", "inaccessible"])
addresses = st.fixed_dictionaries(
    {
        "trtype": st.just("tcp"),
        "traddr": st.just(private_address()),
        "trsvcid": st.sampled_from(["4420", "4421", "8009"]),
    },
)
namespaces = st.fixed_dictionaries(
    {"bdev_name": st.sampled_from(DEVICES)},
    optional={
        "nsid": nsids,
        "nguid": st.just("ABCDEF0123456789ABCDEF0123456789"),
        "eui64": st.just("ABCDEF0123456789"),
        "uuid": st.just("11112222-3333-4444-5555-666677778888"),
        "anagrpid": nsids,
        "no_auto_visible": st.booleans(),
    },
)


def request_of(method: str, optional: dict[str, Any] | None = None, **fields: Any) -> Any:
    parameters = st.fixed_dictionaries(fields, optional=optional or {})
    return st.tuples(st.just(method), parameters)


on: dict[str, Any] = {"nqn": subsystems}
requests = st.one_of(
    request_of("nvmf_create_transport", trtype=st.just("TCP"), max_queue_depth=st.integers(16, 64)),
    request_of(
        "nvmf_create_subsystem",
        {
            "allow_any_host": st.booleans(),
            "ana_reporting": st.booleans(),
            "max_namespaces": st.integers(0, 4),
            "serial_number": st.sampled_from(["", "s1"]),
            "min_cntlid": st.integers(1, 9),
        },
        nqn=st.sampled_from(NQNS),
    ),
    request_of("nvmf_delete_subsystem", **on),
    request_of("nvmf_subsystem_add_ns", namespace=namespaces, **on),
    request_of("nvmf_subsystem_remove_ns", nsid=nsids, **on),
    request_of("nvmf_subsystem_set_ns_ana_group", nsid=nsids, anagrpid=nsids, **on),
    request_of("nvmf_ns_add_host", nsid=nsids, host=hosts, **on),
    request_of("nvmf_ns_remove_host", nsid=nsids, host=hosts, **on),
    request_of("nvmf_subsystem_add_host", host=hosts, **on),
    request_of("nvmf_subsystem_remove_host", host=hosts, **on),
    request_of("nvmf_subsystem_allow_any_host", allow_any_host=st.booleans(), **on),
    request_of(
        "nvmf_subsystem_add_listener", {"ana_state": states}, listen_address=addresses, **on
    ),
    request_of("nvmf_subsystem_remove_listener", listen_address=addresses, **on),
    request_of(
        "nvmf_subsystem_listener_set_ana_state",
        {"anagrpid": nsids},
        listen_address=addresses,
        ana_state=states,
        **on,
    ),
    request_of(
        "nvmf_discovery_add_referral",
        {"secure_channel": st.booleans(), "subnqn": st.sampled_from(NQNS)},
        address=addresses,
    ),
    request_of("nvmf_discovery_remove_referral", address=addresses),
    request_of("nvmf_set_config", discovery_filter=st.sampled_from(["match_any", "address,svcid"])),
    request_of("nvmf_set_crdt", crdt1=st.integers(0, 9)),
    request_of("bdev_null_delete", name=st.sampled_from(DEVICES)),
    request_of(
        "bdev_null_create",
        name=st.sampled_from(DEVICES),
        block_size=st.just(512),
        num_blocks=st.just(8),
    ),
)

BEGINNING: list[Request] = [
    ("nvmf_create_transport", {"trtype": "TCP"}),
    *(("bdev_null_create", {"name": one, "block_size": 512, "num_blocks": 8}) for one in DEVICES),
    ("nvmf_create_subsystem", {"nqn": NQNS[0], "ana_reporting": True, "max_namespaces": 3}),
    ("nvmf_create_subsystem", {"nqn": NQNS[1], "allow_any_host": True}),
]


async def carry_out(application: Application, wanted: list[Request]) -> int:
    """Make requests; return how many were refused. Anything but a refusal is a failure."""
    methods, refused = application.methods(), 0
    for method, parameters in wanted:
        try:
            await methods[method](parameters)
        except (RpcError, OSError):
            refused += 1
    return refused


async def shown(application: Application) -> dict[str, Any]:
    """All that can be seen of the target."""
    methods = application.methods()
    listed = await methods["nvmf_get_subsystems"](None)
    listeners = {
        one["nqn"]: await methods["nvmf_subsystem_get_listeners"]({"nqn": one["nqn"]})
        for one in listed
    }
    return {
        "subsystems": listed,
        "listeners": listeners,
        "transports": await methods["nvmf_get_transports"](None),
        "referrals": await methods["nvmf_discovery_get_referrals"](None),
        "settings": application.target.settings,
    }


async def saved(application: Application) -> list[Request]:
    methods = application.methods()
    commands = [
        one
        for name in ("bdev", "nvmf")
        for one in await methods["framework_get_config"]({"name": name})
    ]
    return [(one["method"], one.get("params")) for one in commands]


async def survives_a_restart(wanted: list[Request]) -> None:
    before = Application()
    await carry_out(before, wanted)
    expected, commands = await shown(before), await saved(before)
    await before.close()
    after = Application()
    refused = await carry_out(after, commands)
    found = await shown(after)
    again = await saved(after)
    await after.close()
    assert not refused, commands
    assert found == expected
    assert again == commands


@settings(max_examples=120, deadline=None)
@given(st.lists(requests, min_size=12, max_size=40))
def test_any_target_is_the_same_after_it_was_saved_and_loaded(wanted: list[Request]) -> None:
    asyncio.run(survives_a_restart([*BEGINNING, *wanted]))


@pytest.mark.parametrize("discovery", [True, False])
def test_a_target_with_everything_is_the_same_after_it_was_saved_and_loaded(
    discovery: bool,
) -> None:
    place = {"trtype": "tcp", "traddr": private_address(), "trsvcid": "4420"}
    here = {"nqn": NQNS[0], "listen_address": place}
    hidden = {"bdev_name": "disk0", "nsid": 2, "no_auto_visible": True, "anagrpid": 3}
    wanted: list[Request] = [
        *BEGINNING,
        ("nvmf_subsystem_add_host", {"nqn": NQNS[0], "host": HOSTS[0]}),
        ("nvmf_subsystem_add_ns", {"nqn": NQNS[0], "namespace": hidden}),
        ("nvmf_ns_add_host", {"nqn": NQNS[0], "nsid": 2, "host": HOSTS[0]}),
        ("nvmf_subsystem_add_listener", here),
        ("nvmf_subsystem_add_listener", here | {"listen_address": place | {"trsvcid": "4421"}}),
        ("nvmf_subsystem_add_listener", here | {"nqn": NQNS[1]}),
        ("nvmf_subsystem_listener_set_ana_state", here | {"ana_state": "inaccessible"}),
        (
            "nvmf_subsystem_listener_set_ana_state",
            here | {"ana_state": "non_optimized", "anagrpid": 3},
        ),
        ("nvmf_discovery_add_referral", {"address": place | {"trsvcid": "8009"}}),
    ]
    if not discovery:
        wanted.append(("nvmf_delete_subsystem", {"nqn": DISCOVERY}))

    async def run() -> None:
        application = Application()
        assert not await carry_out(application, wanted)
        _, states_ = (await shown(application))["listeners"][NQNS[0]]
        await application.close()
        assert [one["ana_state"] for one in states_["ana_states"]] == [
            "inaccessible", "inaccessible", "non_optimized",
        ]  # fmt: skip
        await survives_a_restart(wanted)

    asyncio.run(run())
