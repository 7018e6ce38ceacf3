"""What need not be said when something is created, because the rest of it says so.

NVMe over TCP has its port (4420, the IANA's), an address its family, a pre-shared key its method of
authentication. Flags and bodies always win; the server sees nothing but whole requests.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from google.protobuf.message import Message

NVME_PORT = 4420
"""Port of NVMe over Fabrics (IANA, "nvme")."""

INFERRED = frozenset(
    {
        "opi_api.storage.v1.FabricsEndpoint.adrfam",
        "opi_api.storage.v1.FabricsEndpoint.trsvcid",
        "opi_api.storage.v1.FabricsPath.adrfam",
        "opi_api.storage.v1.FabricsPath.trsvcid",
        "opi_api.storage.v1.MallocVolume.block_size",
        "opi_api.storage.v1.MallocVolume.blocks_count",
        "opi_api.storage.v1.NullVolume.block_size",
        "opi_api.storage.v1.NullVolume.blocks_count",
        "opi_api.storage.v1.NvmeControllerSpec.trtype",
        "opi_api.storage.v1.NvmePath.trtype",
        "opi_api.storage.v1.NvmeRemoteController.multipath",
    }
)
"""Fields that servers want and people need not give."""

BLOCK_SIZE = 512
"""Bytes of a block where a volume's size is all that is said."""


def fill_defaults(message: Message) -> None:
    """Complete a message that is about to be created."""
    complete = _COMPLETED.get(str(message.DESCRIPTOR.full_name))
    if complete is not None:
        complete(message)


def _controller(message: Any) -> None:
    spec = message.spec
    if spec.HasField("fabrics_id"):
        _choose(spec, "trtype", "NVME_TRANSPORT_TYPE_TCP")
        endpoint = spec.fabrics_id
        endpoint.trsvcid = endpoint.trsvcid or str(NVME_PORT)
        _choose_family(endpoint, endpoint.traddr)
    elif spec.HasField("pcie_id"):
        _choose(spec, "trtype", "NVME_TRANSPORT_TYPE_PCIE")


def _path(message: Any) -> None:
    if _version(message.traddr) is None:
        return
    _choose(message, "trtype", "NVME_TRANSPORT_TYPE_TCP")
    message.fabrics.trsvcid = message.fabrics.trsvcid or NVME_PORT
    _choose_family(message.fabrics, message.traddr)


def _remote_controller(message: Any) -> None:
    _choose(message, "multipath", "NVME_MULTIPATH_FAILOVER")


def _peer(message: Any) -> None:
    if not message.HasField("peer_auth"):
        return
    if message.peer_auth.psk:
        _choose(message.peer_auth, "auth_method", "PSK")
    elif message.peer_auth.HasField("digital_signature"):
        _choose(message.peer_auth, "auth_method", "PUBKEY")


def _sa(message: Any) -> None:
    if message.config.HasField("tunnel"):
        _choose(message.config, "mode", "TUNNEL_MODE")


def _policy(message: Any) -> None:
    processing = message.config.processing
    if processing.HasField("sa_config"):
        _choose(processing, "action", "PROTECT")
        if processing.sa_config.HasField("tunnel"):
            _choose(processing.sa_config, "mode", "TUNNEL_MODE")


def _session(message: Any) -> None:
    name = "_IPV6" if message.source_ipv6 or message.destination_ipv6 else "_IPV4"
    if not message.ip_version:
        _choose(message, "ip_version", name)


_COMPLETED: dict[str, Callable[[Any], None]] = {
    "opi_api.storage.v1.NvmeController": _controller,
    "opi_api.storage.v1.NvmePath": _path,
    "opi_api.storage.v1.NvmeRemoteController": _remote_controller,
    "opi_api.security.v1alpha1.IkePeer": _peer,
    "opi_api.security.v1alpha1.IpsecSa": _sa,
    "opi_api.security.v1alpha1.IpsecPolicy": _policy,
    "openoffload.v2.SessionRequest": _session,
}


def _choose(message: Any, field: str, ending: str) -> None:
    """Set an enum that nobody has set to the value whose name ends so."""
    if not getattr(message, field):
        values = message.DESCRIPTOR.fields_by_name[field].enum_type.values
        number = next(value.number for value in values if value.name.endswith(ending))
        setattr(message, field, number)


def _choose_family(endpoint: Any, address: str) -> None:
    version = _version(address)
    if version is not None:
        _choose(endpoint, "adrfam", f"_IPV{version}")


def _version(address: str) -> int | None:
    try:
        return ip_address(address).version
    except ValueError:
        return None
