"""What lists of a kind show: columns chosen by hand where it counts, else the first fields.

A column names fields by their paths; the first that is set is shown. What a column computes has a
function instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from opi.behavior import is_secret
from opi.forms import form_of
from opi.names import without_service
from opi.resources import ResourceType, is_reference

_MOST_COLUMNS = 5
_MOST_LEVELS = 4
_STATE_NAMES = frozenset({"oper_status", "oper_state", "state", "active"})


@dataclass(frozen=True)
class Column:
    """A column of a list."""

    title: str
    text: Callable[[Any], str]


def _size(message: Any) -> str:
    total = message.block_size * message.blocks_count
    return size_text(total) if total else ""


def size_text(count: int) -> str:
    """A number of bytes with the largest unit that leaves it whole: 1073741824 -> "1GiB"."""
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if count and count % 1024**power == 0:
            return f"{count // 1024**power}{unit}"
    return f"{count}B"


_VOLUME = "SIZE=size BLOCK=block_size UUID=uuid"
_LIMITS = "PORT=pcie_id.port_id PF=pcie_id.physical_function VF=pcie_id.virtual_function"

_CHOSEN = {
    "NvmeSubsystem": "NQN=spec.nqn SERIAL=spec.serial_number MODEL=spec.model_number "
    "HOST=spec.hostnqn",
    "NvmeController": "TYPE=spec.trtype ADDRESS=spec.fabrics_id.traddr "
    "SERVICE=spec.fabrics_id.trsvcid PF=spec.pcie_id.physical_function "
    "VF=spec.pcie_id.virtual_function ACTIVE=status.active",
    "NvmeNamespace": "NSID=spec.host_nsid VOLUME=spec.volume_name_ref STATE=status.state "
    "OPER=status.oper_state",
    "NvmeRemoteController": "MULTIPATH=multipath QUEUES=io_queues_count HDGST=tcp.hdgst "
    "DDGST=tcp.ddgst",
    "NvmePath": "TYPE=trtype ADDRESS=traddr SERVICE=fabrics.trsvcid SUBNQN=fabrics.subnqn",
    "NvmeRemoteNamespace": "NSID=nsid UUID=uuid NGUID=nguid",
    "MallocVolume": _VOLUME,
    "NullVolume": _VOLUME,
    "AioVolume": "FILE=filename SIZE=size BLOCK=block_size UUID=uuid",
    "EncryptedVolume": "VOLUME=volume_name_ref CIPHER=cipher",
    "QosVolume": "VOLUME=volume_name_ref MAX-KIOPS=limits.max.rw_iops_kiops "
    "MAX-MB/S=limits.max.rw_bandwidth_mbs MIN-KIOPS=limits.min.rw_iops_kiops",
    "VirtioBlk": f"{_LIMITS} VOLUME=volume_name_ref",
    "VirtioScsiController": _LIMITS,
    "VirtioScsiLun": "TARGET=target_name_ref VOLUME=volume_name_ref",
    "LogicalBridge": "VLAN=spec.vlan_id VNI=spec.vni VTEP=spec.vtep_ip_prefix "
    "OPER=status.oper_status",
    "BridgePort": "TYPE=spec.ptype MAC=spec.mac_address BRIDGES=spec.logical_bridges "
    "OPER=status.oper_status",
    "Vrf": "VNI=spec.vni LOOPBACK=spec.loopback_ip_prefix VTEP=spec.vtep_ip_prefix "
    "OPER=status.oper_status",
    "Svi": "VRF=spec.vrf BRIDGE=spec.logical_bridge GATEWAY=spec.gw_ip_prefix "
    "MAC=spec.mac_address OPER=status.oper_status",
    "IkePeer": "ADDRESS=ip_address|fqdn AUTH=peer_auth.auth_method",
    "IkeConnection": "VERSION=version LOCAL=local REMOTE=remote STARTUP=autostartup "
    "POLICIES=policies",
    "IpsecPolicy": "ACTION=config.processing.action LOCAL=config.traffic_selector.local_prefix "
    "REMOTE=config.traffic_selector.remote_prefix "
    "PROTOCOL=config.traffic_selector.inner_protocol REQID=reqid",
    "IpsecSa": "SPI=config.spi MODE=config.mode LOCAL=config.tunnel.local "
    "REMOTE=config.tunnel.remote BYTES=state.lifetime.bytes",
    "SecurityPolicy": "FAMILY=spec.address_family STATELESS=spec.stateless "
    "DEFAULT=spec.default_security_action RULES=status.rule_count",
    "SecurityRule": "POLICY=spec.security_policy_name_ref PRIORITY=spec.attrs.priority "
    "ACTION=spec.attrs.action PROTOCOL=spec.attrs.match.l3_match.proto_num "
    "FROM=spec.attrs.match.l3_match.src_prefix TO=spec.attrs.match.l3_match.dst_prefix "
    "PORTS=spec.attrs.match.l4_match.ports.dst_port_range",
    "SecurityProfile": "TRACKING=spec.connection_tracking_enable "
    "DEFAULT=spec.default_firewall_action TCP-IDLE=spec.tcp_idle_timeout "
    "UDP-IDLE=spec.udp_idle_timeout",
}
"""Columns by kind: TITLE=path, or TITLE=path|other."""

_COMPUTED: dict[str, Callable[[Any], str]] = {"size": _size}


def columns_of(kind: ResourceType, *, wide: bool) -> list[Column]:
    """The columns of a list, besides the name; `wide` has every field that is not a list."""
    if wide:
        return [_column(path.upper(), path) for path in _paths(kind.descriptor)]
    chosen = _CHOSEN.get(kind.kind)
    if chosen:
        pairs = (word.partition("=") for word in chosen.split())
        return [_column(title, paths) for title, _, paths in pairs]
    return [_column(_title(path), path) for path in _first(kind.descriptor)]


def _column(title: str, paths: str) -> Column:
    computed = _COMPUTED.get(paths)
    return Column(title, computed or (lambda one: _text(one, paths.split("|"))))


def _title(path: str) -> str:
    return path.rsplit(".", 1)[-1].removesuffix("_name_ref").replace("_", "-").upper()


def _first(descriptor: Descriptor) -> list[str]:
    """What says most about a kind of which nobody knows more: its first fields, and its state."""
    paths = list(_paths(descriptor))
    states = [one for one in paths if one.rsplit(".", 1)[-1] in _STATE_NAMES]
    others = [one for one in paths if not one.startswith("status.") and one not in states[:1]]
    return [*others[:_MOST_COLUMNS], *states[:1]]


def _paths(descriptor: Any, path: str = "") -> Iterator[str]:
    """The fields that have a text form, by dotted path; without the name and secrets."""
    for field in descriptor.fields:
        here = f"{path}{field.name}"
        if here == "name" or is_secret(field):
            continue
        if form_of(field) is not None:
            yield here
        elif not field.is_repeated and here.count(".") < _MOST_LEVELS:
            yield from _paths(field.message_type, f"{here}.")


def _text(message: Message, paths: list[str]) -> str:
    return next((text for text in (_at(message, path) for path in paths) if text), "")


def _at(message: Any, path: str) -> str:
    """The text of the field at a path; '' when it is not set."""
    here = message
    *above, last = path.split(".")
    for name in above:
        if not here.HasField(name):
            return ""
        here = getattr(here, name)
    field: FieldDescriptor = here.DESCRIPTOR.fields_by_name[last]
    if not _is_set(here, field):
        return ""
    form = form_of(field)
    assert form is not None
    value = getattr(here, last)
    shown = [form.show(one) for one in (value if field.is_repeated else [value])]
    return ",".join(map(_bare, shown) if is_reference(field) else shown)


def _bare(name: str) -> str:
    """The id of a top-level resource, which says as much as its name where a field refers to it."""
    parts = without_service(name).split("/")
    return parts[1] if len(parts) == 2 else name


def _is_set(message: Any, field: FieldDescriptor) -> bool:
    if field.has_presence:
        return bool(message.HasField(field.name))
    return bool(getattr(message, field.name)) or field.type == FieldDescriptor.TYPE_BOOL
