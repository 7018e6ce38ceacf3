"""OPI start-up intents: the startup-config of a DPU, applied over gRPC once it is ready.

The file is a manifest, as `opictl apply` takes it; applying it again changes only what differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from lab.engine.readiness import GRPC_PORT
from lab.errors import LabError
from lab.topology.model import Node, Role, Topology
from opi.apply import ApplyError, Step, apply, plan
from opi.client import Client
from opi.contexts import Context
from opi.manifest import Item, ManifestError, read
from opi.ordering import ordered
from opi.status import CallError, Status, explain

_SHAPE = "start-up intents of a DPU are a manifest, as `opictl apply` takes it"


def check_intents(topology: Topology) -> None:
    """Read the start-up files of all DPUs, so that a mistake shows before anything is created."""
    for node in topology.nodes.values():
        if node.role is Role.DPU and node.startup_config:
            read_intents(Path(node.startup_config))


def read_intents(path: Path) -> list[Item]:
    """The resources of a start-up file, those that others need first.

    Raises LabError naming file, line and field.
    """
    try:
        items = ordered(read([str(path)]))
    except ManifestError as error:
        raise LabError(error.message, error.hint or _SHAPE) from error
    if not items:
        raise LabError(f"{path}: no resources in it", _SHAPE)
    return items


def apply_intents(node: Node, address: str) -> str:
    """Bring a DPU to what its start-up file says; stop at the first refusal. Returns what was done.

    Raises LabError naming the place in the file.
    """
    items = read_intents(Path(node.startup_config))
    with Client(Context(node.name, f"{address}:{GRPC_PORT}", insecure=True)) as client:
        try:
            steps = plan(client, items)
            apply(client, steps)
        except ManifestError as error:
            raise LabError(f"{node.name}: {error.message}", error.hint) from error
        except ApplyError as error:
            what = f"{error.step.item.place}: {error.step.action} {error.step.item}"
            raise _refused(f"{node.name}: {what}", error.cause.status) from error
        except CallError as error:
            raise _refused(f"{node.name}: {node.startup_config}", error.status) from error
    return _summary(steps)


def _refused(what: str, status: Status) -> LabError:
    message, advice = explain(status)
    return LabError(f"{what}: {status.code}: {message}", advice)


def _summary(steps: Sequence[Step]) -> str:
    """Such as "2 created, 1 unchanged"."""
    words = {"create": "created", "update": "updated", "unchanged": "unchanged"}
    counts = Counter(words[step.action] for step in steps)
    return ", ".join(f"{count} {word}" for word, count in counts.items())
