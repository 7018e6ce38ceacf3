"""Controllers, namespaces and discovery entries as JSON, with the names that nvme-cli uses."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from host_sim.controller import Controller
from host_sim.host import Host
from host_sim.multipath import MultipathNamespace
from nvmetcp.identify import IdentifyController, IdentifyNamespace
from nvmetcp.logpages import AnaState, DiscoveryEntry
from nvmetcp.record import Record

_SUBTYPES = {
    1: "discovery subsystem referral",
    2: "nvme subsystem",
    3: "current discovery subsystem",
}
_REQUIREMENTS = {0: "not specified", 1: "required", 2: "not required"}
_FAMILIES = {1: "ipv4", 2: "ipv6"}
_TRANSPORTS = {1: "rdma", 2: "fc", 3: "tcp"}
_SECURITY = {0: "none", 1: "tls12", 2: "tls13"}
_FORMAT_FIELDS = frozenset({"lbads", "metadata", "rp"})


def describe_record(record: Record) -> dict[str, Any]:
    """Every field by its name; bytes as hexadecimal digits."""
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    return {
        name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()
    }


def describe_controller(identify: IdentifyController) -> dict[str, Any]:
    """What id-ctrl shows."""
    return describe_record(identify)


def describe_namespace(identify: IdentifyNamespace) -> dict[str, Any]:
    """What id-ns shows, with the one LBA format."""
    shown = describe_record(identify)
    formats = [{"ms": identify.metadata, "ds": identify.lbads, "rp": identify.rp}]
    return {name: one for name, one in shown.items() if name not in _FORMAT_FIELDS} | {
        "lbafs": formats
    }


def describe_entry(entry: DiscoveryEntry) -> dict[str, Any]:
    """An entry of the discovery log."""
    return {
        "trtype": _TRANSPORTS.get(entry.trtype, str(entry.trtype)),
        "adrfam": _FAMILIES.get(entry.adrfam, str(entry.adrfam)),
        "subtype": _SUBTYPES.get(entry.subtype, str(entry.subtype)),
        "treq": _REQUIREMENTS.get(entry.treq & 3, "reserved"),
        "portid": entry.portid,
        "trsvcid": entry.trsvcid,
        "subnqn": entry.subnqn,
        "traddr": entry.traddr,
        "eflags": "none" if not entry.eflags else f"{entry.eflags:#x}",
        "sectype": _SECURITY.get(entry.sectype, str(entry.sectype)),
    }


def describe_device(name: str, namespace: MultipathNamespace) -> dict[str, Any]:
    """What list shows of a namespace, with its paths."""
    found = namespace.info.identify
    head = namespace.paths[0].controller.identify
    return {
        "NameSpace": namespace.nsid,
        "DevicePath": name,
        "Firmware": head.fr,
        "ModelNumber": head.mn,
        "SerialNumber": head.sn,
        "UsedBytes": found.nuse * namespace.block_size,
        "MaximumLBA": found.nsze,
        "PhysicalSize": found.nsze * namespace.block_size,
        "SectorSize": namespace.block_size,
        "SubsystemNQN": namespace.subsystem.subnqn,
        "UUID": str(namespace.info.uuid) if namespace.info.uuid else None,
        "Paths": [
            {
                "Address": address(one.controller),
                "State": one.controller.state.value,
                "ANAState": ana_name(one.ana_state),
            }
            for one in namespace.paths
        ],
    }


def ana_name(state: int) -> str:
    """An ANA state in Linux' words."""
    try:
        return AnaState(state).name.lower().replace("_", "-")
    except ValueError:
        return f"state {state}"


def address(controller: Controller) -> str:
    """A path as Linux shows it."""
    options = controller.options
    shown = f"traddr={options.address.traddr},trsvcid={options.address.trsvcid}"
    return shown + (f",host_traddr={options.host_traddr}" if options.host_traddr else "")


def describe_subsystems(host: Host) -> list[dict[str, Any]]:
    """What list-subsys shows."""
    return [
        {
            "Name": f"nvme-subsys{host.number_of(subsystem)}",
            "NQN": subsystem.subnqn,
            "IOPolicy": subsystem.policy.value,
            "Paths": [
                {
                    "Name": host.name_of(one),
                    "Transport": "tcp",
                    "Address": address(one),
                    "State": one.state.value,
                    "HostNQN": one.options.identity.hostnqn,
                    "CNTLID": one.cntlid,
                    "LastError": str(one.last_error) if one.last_error else None,
                }
                for one in subsystem.controllers
            ],
        }
        for subsystem in host
    ]
