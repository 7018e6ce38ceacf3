"""The node labels that are ours: `dpulab.*`. One table says what each may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lab.topology.model import Forwarding, Readiness, Role
from lab.topology.problems import suggest

PREFIX = "dpulab."
ROLE = "dpulab.role"
FORWARDING = "dpulab.forwarding"
READY = "dpulab.ready"
PERSONALITY = "dpulab.personality"
VERIFY = "dpulab.verify"
BRIDGE = "dpulab.bridge"
STORAGE = "dpulab.storage"

_PERSONALITY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Label:
    """One label. `values` lists what it may hold; an empty one means a personality's name."""

    description: str
    values: tuple[str, ...] = ()


LABELS: dict[str, Label] = {
    ROLE: Label("What the node is in a DPU lab.", tuple(Role)),
    FORWARDING: Label("How a DPU joins representors and uplinks.", tuple(Forwarding)),
    READY: Label("What `up` waits for before the node counts as ready.", tuple(Readiness)),
    PERSONALITY: Label("Name of the card's personality file (DPU nodes)."),
    VERIFY: Label("Whether a host takes part in the host-to-host check of `up`.", ("on", "off")),
    STORAGE: Label("Whether a host can have block devices (loop devices, FUSE).", ("on", "off")),
    BRIDGE: Label(
        "Where a bridge node lives: a namespace of its own, or the machine's.", ("own", "machine")
    ),
}


def mistakes(labels: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Check labels as written at one place; yield (label, what is wrong, hint)."""
    for name, value in labels.items():
        if not name.startswith(PREFIX):
            continue
        label = LABELS.get(name)
        if label is None:
            yield name, f"unknown label '{name}'", suggest(name, LABELS, "labels of dpulab")
        elif label.values and value not in label.values:
            yield name, f"'{value}' is no value of {name}", suggest(value, label.values)
        elif not label.values and not _PERSONALITY.fullmatch(value):
            yield name, f"'{value}' is no personality name", "lower-case letters, digits, - and _"


def json_schema() -> dict[str, object]:
    """JSON Schema of a labels map: ours are closed, all others are free."""
    ours: dict[str, object] = {}
    for name, label in LABELS.items():
        values = {"enum": list(label.values)} if label.values else {"pattern": _PERSONALITY.pattern}
        ours[name] = {"type": "string", "description": label.description} | values
    return {
        "type": "object",
        "properties": ours,
        "patternProperties": {rf"^{re.escape(PREFIX)}(?!({_known()})$)": False},
        "additionalProperties": {"type": ["string", "number"]},
    }


def _known() -> str:
    return "|".join(name.removeprefix(PREFIX) for name in LABELS)
