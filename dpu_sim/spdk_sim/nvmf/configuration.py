"""What framework_get_config says of the target: requests that bring it about again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from dpu_sim.nqn import DISCOVERY
from dpu_sim.spdk_sim.nvmf.listener import Listener, ana_name
from dpu_sim.spdk_sim.nvmf.namespace import NO_EUI64, Namespace
from dpu_sim.spdk_sim.nvmf.rpc_transports import describe_options
from dpu_sim.spdk_sim.nvmf.subsystem import Subsystem
from dpu_sim.spdk_sim.nvmf.target import Target
from nvmetcp.logpages import AnaState

Command = dict[str, Any]


def nvmf_commands(target: Target) -> list[Command]:
    """The requests, in the order in which they can be carried out."""
    return [
        *_settings(target),
        *(
            _command("nvmf_create_transport", trtype=trtype, **describe_options(transport.options))
            for trtype, transport in target.transports.items()
        ),
        *(
            _command("nvmf_discovery_add_referral", **referral.describe())
            for referral in target.referrals
        ),
        *(command for subsystem in target for command in _subsystem(subsystem)),
        *_without_discovery(target),
    ]


def _command(method: str, **parameters: Any) -> Command:
    return {"method": method, "params": parameters}


def _settings(target: Target) -> Iterator[Command]:
    settings = target.settings
    yield _command(
        "nvmf_set_config",
        discovery_filters=list(settings.discovery_filter),
        dhchap_digests=list(settings.dhchap_digests),
        dhchap_dhgroups=list(settings.dhchap_dhgroups),
        dup_host_policy=settings.dup_host_policy,
        **({"poll_groups_mask": settings.poll_groups_mask} if settings.poll_groups_mask else {}),
    )
    yield _command("nvmf_set_max_subsystems", max_subsystems=settings.max_subsystems)
    yield _command(
        "nvmf_set_crdt", **dict(zip(("crdt1", "crdt2", "crdt3"), settings.crdt, strict=True))
    )


def _without_discovery(target: Target) -> Iterator[Command]:
    """A target has a discovery subsystem from the start; it may have been deleted since."""
    if target.subsystem(DISCOVERY) is None:
        yield _command("nvmf_delete_subsystem", nqn=DISCOVERY)


def _subsystem(subsystem: Subsystem) -> Iterator[Command]:
    # Where TLS is needed, every host can be let in only once the listeners are there.
    secure = any(listener.secure_channel for listener in subsystem.listeners.values())
    early = subsystem.allow_any_host and not secure
    if subsystem.is_discovery:
        yield _allow_any_host(subsystem.nqn, early)
    else:
        yield _creation(subsystem, early)
    for host in subsystem.hosts.values():
        keys = {
            name: key
            for name in ("psk", "dhchap_key", "dhchap_ctrlr_key")
            if (key := getattr(host, name)) is not None
        }
        yield _command("nvmf_subsystem_add_host", nqn=subsystem.nqn, host=host.nqn, **keys)
    for _, namespace in sorted(subsystem.namespaces.items()):
        yield _namespace(namespace)
        for nqn in namespace.hosts:
            yield _command("nvmf_ns_add_host", nqn=subsystem.nqn, nsid=namespace.nsid, host=nqn)
    # The newest is listed first; the last that is added will be.
    for listener in reversed(subsystem.listeners.values()):
        yield from _listener(listener)
    if early != subsystem.allow_any_host:
        yield _allow_any_host(subsystem.nqn, subsystem.allow_any_host)


def _allow_any_host(nqn: str, allow: bool) -> Command:
    return _command("nvmf_subsystem_allow_any_host", nqn=nqn, allow_any_host=allow)


def _creation(subsystem: Subsystem, allow_any_host: bool) -> Command:
    return _command(
        "nvmf_create_subsystem", allow_any_host=allow_any_host, **asdict(subsystem.identity)
    )


def _namespace(namespace: Namespace) -> Command:
    wanted: dict[str, Any] = {
        "nsid": namespace.nsid,
        "bdev_name": namespace.bdev.name,
        "nguid": namespace.nguid.hex().upper(),
        "uuid": str(namespace.uuid),
        "no_auto_visible": not namespace.auto_visible,
        "hide_metadata": namespace.hide_metadata,
    }
    if namespace.eui64 != NO_EUI64:
        wanted["eui64"] = namespace.eui64.hex().upper()
    if namespace.subsystem.ana_reporting:
        wanted["anagrpid"] = namespace.anagrpid
    if namespace.ptpl_file is not None:
        wanted["ptpl_file"] = namespace.ptpl_file
    return _command("nvmf_subsystem_add_ns", nqn=namespace.subsystem.nqn, namespace=wanted)


def _listener(listener: Listener) -> Iterator[Command]:
    where = {"nqn": listener.subsystem.nqn, "listen_address": _address(listener)}
    secure = {"secure_channel": listener.secure_channel}
    yield _command("nvmf_subsystem_add_listener", **where, **secure, **listener.options)
    method = "nvmf_subsystem_listener_set_ana_state"
    if listener.default_state != AnaState.OPTIMIZED:
        yield _command(method, **where, ana_state=ana_name(listener.default_state))
    for group, state in sorted(listener.group_states.items()):
        yield _command(method, **where, ana_state=ana_name(state), anagrpid=group)


def _address(listener: Listener) -> dict[str, str]:
    """As a listen_address; a family and a service are said only where there are."""
    shown = listener.address.describe()
    return {name: value for name, value in shown.items() if value not in ("", "unknown")}
