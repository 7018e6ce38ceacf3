"""How nvmesim prints what it found."""

from __future__ import annotations

import json
from typing import Any

_LABELS = ("trtype", "adrfam", "subtype", "treq", "portid", "trsvcid", "subnqn", "traddr",
           "eflags", "sectype")  # fmt: skip
_LISTED = (
    ("Node", 14), ("SN", 22), ("Model", 30), ("Namespace", 10), ("Size", 14), ("Block", 8),
    ("Paths", 6), ("Subsystem", 9),
)  # fmt: skip


def as_json(value: Any) -> str:
    """Two blanks a level."""
    return json.dumps(value, indent=2)


def connected(result: dict[str, Any]) -> str:
    """As nvme-cli says it."""
    return f"connecting to device: {result['device']}"


def disconnected(what: str, gone: list[str]) -> str:
    """As nvme-cli says it."""
    return f"NQN:{what} disconnected {len(gone)} controller(s)"


def discovery(found: dict[str, Any]) -> str:
    """The entries one below the other."""
    records = found["records"]
    lines = [f"Discovery Log Number of Records {len(records)}"]
    for number, one in enumerate(records):
        lines.append(f"=====Discovery Log Entry {number}======")
        lines += [f"{name + ':':<9}{one[name]}" for name in _LABELS]
    return "\n".join(lines)


def devices(found: dict[str, Any]) -> str:
    """A table."""
    rows = [[name for name, _ in _LISTED], ["-" * (width - 1) for _, width in _LISTED]]
    rows += [
        [
            one["DevicePath"], one["SerialNumber"], one["ModelNumber"], str(one["NameSpace"]),
            _size(one["PhysicalSize"]), str(one["SectorSize"]), str(len(one["Paths"])),
            one["SubsystemNQN"],
        ]
        for one in found["Devices"]
    ]  # fmt: skip
    return "\n".join(
        "".join(f"{cell:<{width}}" for cell, (_, width) in zip(row, _LISTED, strict=True)).rstrip()
        for row in rows
    )


def _size(size: int) -> str:
    value, units = float(size), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.4g} {units[0]}"


def subsystems(found: dict[str, Any]) -> str:
    """A tree."""
    lines: list[str] = []
    for one in found["Subsystems"]:
        lines.append(f"{one['Name']} - NQN={one['NQN']}")
        lines.append(f"{' ' * 15}iopolicy={one['IOPolicy']}")
        lines += [
            f" +- {path['Name']} {path['Transport']} {path['Address']} {path['State']}"
            for path in one["Paths"]
        ]
    return "\n".join(lines)


def fields(found: dict[str, Any]) -> str:
    """A field a line."""
    return "\n".join(f"{name:<10}: {value}" for name, value in found.items())
