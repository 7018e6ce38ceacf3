"""SPDK's methods on transports and on the target as a whole."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

from dpu_sim.spdk_sim.bdev.statistics import TICKS_PER_SECOND
from dpu_sim.spdk_sim.envelope import Handler
from dpu_sim.spdk_sim.errors import invalid_parameters, no_such_device
from dpu_sim.spdk_sim.nvmf.rpc_parameters import (
    TARGET,
    Parameters,
    internal_error,
    names_of,
    record,
)
from dpu_sim.spdk_sim.nvmf.rpc_subsystems import POLL_GROUP
from dpu_sim.spdk_sim.nvmf.target import (
    DHGROUPS,
    DIGESTS,
    DUPLICATE_HOSTS,
    FILTERS,
    MATCH_ANY,
    Target,
)
from dpu_sim.spdk_sim.nvmf.transport import TransportOptions
from dpu_sim.spdk_sim.parameters import (
    Check,
    boolean,
    decode,
    off,
    one_of,
    signed,
    string,
    unsigned,
)

_SHOWN = tuple(one.name for one in fields_of(TransportOptions))
_OPTIONS: dict[str, Check] = {
    "max_queue_depth": unsigned(16),
    "max_io_qpairs_per_ctrlr": unsigned(16),
    "in_capsule_data_size": unsigned(32),
    "max_io_size": unsigned(32),
    "max_aq_depth": unsigned(32),
    "iobuf_small_cache_size": unsigned(32),
    "iobuf_large_cache_size": unsigned(32),
    "dif_insert_or_strip": off,
    "zcopy": boolean,
    "c2h_success": boolean,
    "sock_priority": unsigned(32),
    "abort_timeout_sec": unsigned(32),
    "ack_timeout": unsigned(32),
    "data_wr_pool_size": unsigned(32),
    "disable_command_passthru": boolean,
    "kas": unsigned(16),
    "min_kato": unsigned(32),
}
_WITHOUT_EFFECT: dict[str, Check] = {
    "io_unit_size": unsigned(32),
    "num_shared_buffers": unsigned(32),
    "buf_cache_size": unsigned(32),
    "num_cqe": signed(32),
    "max_srq_depth": unsigned(32),
    "no_srq": boolean,
    "acceptor_backlog": signed(32),
    "no_wr_batching": boolean,
    "control_msg_num": unsigned(16),
    "disable_mappable_bar0": boolean,
    "disable_adaptive_irq": boolean,
    "disable_shadow_doorbells": boolean,
    "acceptor_poll_rate": unsigned(32),
    "masked_oncs": names_of(("nvmcmps", "nvmdsmsv", "nvmwzsv", "reservs", "nvmcpys")),
    "masked_fuses": names_of(("fcws",)),
}
"""Of buffers, polling, other hardware, and of versions before and after."""

_FORMER = {"max_qpairs_per_ctrlr": unsigned(16)}
"""Before 20.10; counted the admin queue too."""

_LEAST_QUEUE_DEPTH, _LEAST_ADMIN_DEPTH, _LEAST_IO = 2, 32, 4096
_KNOWN_ELSEWHERE = ("RDMA", "FC", "PCIE", "CUSTOM")
_PASSED_ON = (
    "identify_ctrlr", "identify_uuid_list", "get_log_page", "get_set_features", "sanitize",
    "security_send_recv", "fw_update", "nvme_mi", "vendor_specific",
)  # fmt: skip
_CRDT = dict.fromkeys(("crdt1", "crdt2", "crdt3"), unsigned(16))


class TransportMethods:
    """Handlers on the transports and settings of one target."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def methods(self) -> dict[str, Handler]:
        """The JSON-RPC methods."""
        return {
            "nvmf_create_transport": self._create,
            "nvmf_get_transports": self._list,
            "nvmf_get_stats": self._statistics,
            "nvmf_set_config": self._set_config,
            "nvmf_set_max_subsystems": self._set_max_subsystems,
            "nvmf_set_crdt": self._set_crdt,
        }

    # -- transports

    async def _create(self, given: Any) -> bool:
        fields = {"trtype": string, **_OPTIONS, **_WITHOUT_EFFECT, **_FORMER, **TARGET}
        wanted = decode(given, fields, {"trtype"})
        trtype = wanted["trtype"].upper()
        if not self._target.offers(trtype):
            raise invalid_parameters(f"Invalid transport type '{wanted['trtype']}'")
        if trtype in self._target.transports:
            raise internal_error(f"Transport type '{trtype}' already exists")
        options = _options(wanted)
        if not _sound(options):
            raise internal_error(f"Transport type '{trtype}' create failed")
        self._target.create_transport(trtype, options)
        return True

    async def _list(self, given: Any) -> list[dict[str, Any]]:
        wanted = decode(given, {"trtype": string, **TARGET}, set()).get("trtype")
        listed = self._target.transports
        if wanted is not None:
            if wanted.upper() not in listed:
                raise no_such_device()
            listed = {wanted.upper(): listed[wanted.upper()]}
        return [
            {"trtype": trtype} | describe_options(transport.options)
            for trtype, transport in listed.items()
        ]

    async def _statistics(self, given: Any) -> dict[str, Any]:
        decode(given, TARGET, set())
        transports = self._target.transports
        numbers = [transport.statistics() for transport in transports.values()]
        group = {
            "name": POLL_GROUP,
            "admin_qpairs": sum(one.admin_queues for one in numbers),
            "io_qpairs": sum(one.io_queues for one in numbers),
            "current_admin_qpairs": sum(one.current_admin_queues for one in numbers),
            "current_io_qpairs": sum(one.current_io_queues for one in numbers),
            "current_unassociated_qpairs": sum(one.current_unassociated_queues for one in numbers),
            "pending_bdev_io": sum(one.pending_commands for one in numbers),
            "completed_nvme_io": sum(one.completed_commands for one in numbers),
            "transports": [{"trtype": trtype} for trtype in transports],
        }
        return {"tick_rate": TICKS_PER_SECOND, "poll_groups": [group]}

    # -- settings

    async def _set_config(self, given: Any) -> bool:
        fields = {
            "admin_cmd_passthru": record(dict.fromkeys(_PASSED_ON, off)),
            "poll_groups_mask": string,
            "discovery_filter": lambda value: string(value) and _filters(value) is not None,
            "discovery_filters": names_of(FILTERS),
            "dhchap_digests": names_of(DIGESTS),
            "dhchap_dhgroups": names_of(DHGROUPS),
            "dup_host_policy": one_of(*DUPLICATE_HOSTS),
            "acceptor_poll_rate": unsigned(32),
            "conn_sched": string,
            "passthru_identify_ctrlr": off,
        }
        wanted = decode(given, fields, set())
        settings = self._target.settings
        for name in ("dhchap_digests", "dhchap_dhgroups"):
            if name in wanted:
                setattr(settings, name, tuple(wanted[name]))
        for name in ("dup_host_policy", "poll_groups_mask"):
            if name in wanted:
                setattr(settings, name, wanted[name])
        filters = wanted.get("discovery_filters")
        if "discovery_filter" in wanted:
            filters = _filters(wanted["discovery_filter"])
        if filters is not None:
            settings.discovery_filter = tuple(filters) or (MATCH_ANY,)
            self._target.rediscover()
        return True

    async def _set_max_subsystems(self, given: Any) -> bool:
        wanted = decode(given, {"max_subsystems": unsigned(32)}, {"max_subsystems"})
        if wanted["max_subsystems"] < sum(1 for _ in self._target):
            raise invalid_parameters()
        self._target.settings.max_subsystems = wanted["max_subsystems"]
        return True

    async def _set_crdt(self, given: Any) -> bool:
        wanted = decode(given, _CRDT, set())
        settings = self._target.settings
        first, second, third = settings.crdt
        settings.crdt = (
            wanted.get("crdt1", first),
            wanted.get("crdt2", second),
            wanted.get("crdt3", third),
        )
        return True


def describe_options(options: TransportOptions) -> dict[str, Any]:
    """The options as nvmf_get_transports shows them."""
    return {name: getattr(options, name) for name in _SHOWN}


def _options(wanted: Parameters) -> TransportOptions:
    options = TransportOptions(**{name: wanted[name] for name in wanted.keys() & set(_SHOWN)})
    if "max_qpairs_per_ctrlr" in wanted:
        options.max_io_qpairs_per_ctrlr = max(wanted["max_qpairs_per_ctrlr"] - 1, 0)
    options.max_aq_depth = max(options.max_aq_depth, _LEAST_ADMIN_DEPTH)
    return options


def _sound(options: TransportOptions) -> bool:
    """Whether hosts can be served with these options: sizes are powers of two of pages."""
    size = options.max_io_size
    return (
        options.max_queue_depth >= _LEAST_QUEUE_DEPTH
        and options.max_io_qpairs_per_ctrlr >= 1
        and size >= _LEAST_IO
        and not size & (size - 1)
        and options.in_capsule_data_size <= size
        and options.in_capsule_data_size % 16 == 0
    )


def _filters(text: str) -> list[str] | None:
    """The criteria that a discovery_filter lists; None when there is one that is none."""
    names = text.split(",")
    return names if all(name in FILTERS for name in names) else None
