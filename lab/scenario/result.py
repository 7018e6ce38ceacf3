"""What came of a scenario, as values, JSON and one hash.

The result JSON (`schemas/dpulab-result.schema.json`) keeps what must be the same in every run with
the same seed apart from what was measured, which is only found under `measured`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from lab.node import RunningLab
from lab.scenario.model import Scenario
from lab.scenario.verdict import Verdict


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended. `place` is FILE:LINE."""

    id: str
    kind: str
    name: str
    verdict: Verdict
    reason: str = ""
    capability: str = ""
    """Inconclusive: what the machine lacks."""
    place: str = ""
    measured: dict[str, Any] = field(default_factory=dict)
    """Duration (`seconds`) and whatever the step counted or read."""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How a scenario ended."""

    id: str
    name: str
    verdict: Verdict
    seed: int
    reason: str = ""
    capability: str = ""
    steps: tuple[StepResult, ...] = ()
    """In the order in which they began; those after the first that did not pass are not there."""
    cleanup: tuple[StepResult, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the scenario, topology and start-up files, and the ids of the images."""
    bundle: str = ""
    """Folder with logs, captures and state, of a scenario that did not pass."""
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict_hash(self) -> str:
        """SHA-256 over the inputs, the seed and every verdict: equal in runs that ended alike."""
        decided = {
            "id": self.id,
            "seed": self.seed,
            "verdict": self.verdict,
            "steps": _verdicts(self.steps),
            "cleanup": _verdicts(self.cleanup),
            "inputs": self.inputs,
        }
        canonical = json.dumps(decided, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _verdicts(steps: Iterable[StepResult]) -> list[list[str]]:
    return [[step.id, step.kind, step.name, step.verdict] for step in steps]


_ADAPTER = TypeAdapter(ScenarioResult)


def result_json(result: ScenarioResult) -> dict[str, Any]:
    """A result for a JSON file."""
    values: dict[str, Any] = _ADAPTER.dump_python(result, mode="json")
    return values | {"verdict_hash": result.verdict_hash}


def result_schema() -> dict[str, Any]:
    """JSON Schema of what `result_json` gives."""
    schema = _ADAPTER.json_schema(mode="serialization")
    schema["properties"]["verdict_hash"] = {
        "type": "string",
        "pattern": "^[0-9a-f]{64}$",
        "description": "SHA-256 over inputs, seed and verdicts; measured values are not in it.",
    }
    schema["required"].append("verdict_hash")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def input_hashes(scenario: Scenario, lab: RunningLab | None) -> dict[str, str]:
    """SHA-256 of each file that decides what is tested. Paths are relative to the scenario."""
    files = [scenario.path, scenario.topology]
    if lab is not None:
        nodes = lab.topology.nodes.values()
        files += [Path(node.startup_config) for node in nodes if node.startup_config]
    folder = scenario.path.parent
    return {_relative(file, folder): _sha256(file) for file in files if file.is_file()}


def _relative(file: Path, folder: Path) -> str:
    for depth, base in enumerate((folder, *folder.parents)):
        if file.is_relative_to(base):
            return "../" * depth + file.relative_to(base).as_posix()
    return file.as_posix()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
