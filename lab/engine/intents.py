"""OPI start-up intents: the startup-config of a DPU, applied over gRPC once it is ready."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from lab.engine.readiness import GRPC_PORT
from lab.errors import LabError
from lab.opi import OpiCallError, OpiClient
from lab.topology.model import Node, Role, Topology

_SHAPE = "a list of {method: package.Service/Method, body: {...}}"

_NOT_YAML = (YAMLError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError)
"""Besides its own errors ruamel lets built-in ones out, for instance for `!!int`."""


def check_intents(topology: Topology) -> None:
    """Read the start-up files of all DPUs, so that a mistake shows before anything is created."""
    for node in topology.nodes.values():
        if node.role is Role.DPU and node.startup_config:
            read_intents(Path(node.startup_config))


def read_intents(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The calls of a start-up file: (method, body). Raises LabError naming file and entry."""
    try:
        data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", f"OPI start-up intents are {_SHAPE}") from error
    except _NOT_YAML as error:
        raise LabError(f"{path}: {error}", f"OPI start-up intents are {_SHAPE}") from error
    if not isinstance(data, list):
        raise LabError(f"{path}: not a list", f"OPI start-up intents are {_SHAPE}")
    return [_intent(path, number, entry) for number, entry in enumerate(data, 1)]


def _intent(path: Path, number: int, entry: Any) -> tuple[str, dict[str, Any]]:
    known = isinstance(entry, dict) and set(entry) <= {"method", "body"} and "method" in entry
    if not known or not isinstance(entry.get("body", {}), dict):
        raise LabError(f"{path}: entry {number} is not an intent", f"give {_SHAPE}")
    return str(entry["method"]), entry.get("body", {})


def apply_intents(node: Node, address: str) -> int:
    """Send every call, in order; stop at the first that is refused. Returns how many."""
    intents = read_intents(Path(node.startup_config))
    with OpiClient(f"{address}:{GRPC_PORT}") as client:
        for number, (method, body) in enumerate(intents, 1):
            try:
                client.call(method, body)
            except OpiCallError as error:
                raise LabError(
                    f"{node.name}: intent {number} of {node.startup_config} ({method}): {error}"
                ) from error
    return len(intents)
