"""Scenario file -> Scenario, or one error that names every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lab.errors import LabError
from lab.scenario.model import SUFFIX, Scenario, ScenarioError, ScenarioFile
from lab.scenario.steps import STEP_KINDS
from lab.scenario.steps.base import Step, StepSource
from lab.scenario.steps.wait import WaitStep
from lab.scenario.strict import UNKNOWN_KEY
from lab.scenario.variables import Path, is_unresolved, references
from lab.topology.problems import Problem, dotted, suggest
from lab.topology.source import Plain, SourceError, Value, data, locate, parse

EXPECTED_FILE = "expected-inconclusive.yml"
"""Lies at the top of a folder of scenarios; ids count from there."""

BUILT_IN = ("seed", "tag", "scenario")
NESTED = {"capture": "steps", "wait": "until"}
"""Step kind: its key that holds steps."""

_VARIABLE_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][-+]?[0-9]{1,2})?", re.ASCII
)
_CONSTANTS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


def load_scenario(path: FilePath) -> Scenario:
    """Read and check a scenario file. Raises ScenarioError, or LabError when it cannot be read."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}", "see the path") from None
    except UnicodeDecodeError as error:
        raise LabError(f"{path}: not UTF-8 text (byte {error.start})") from None
    return read_scenario(text, path)


def read_scenario(text: str, path: FilePath) -> Scenario:
    """Check the text of a scenario file as if it stood at `path`. Raises ScenarioError."""
    text = text.removeprefix("\ufeff")
    try:
        root = parse(text)
    except SourceError as error:
        line, column = _position(text, error.index or 0)
        problem = Problem(str(path), line, column, error.what, "", _about_scenarios(error.hint))
        raise ScenarioError([problem]) from None
    return _Reader(text, path, root).scenario()


def read_step(source: StepSource, values: dict[str, Any]) -> Step:
    """The model of a step whose references have been replaced. Raises LabError with its place."""
    try:
        return STEP_KINDS[source.kind].model_validate(values)
    except ValidationError as error:
        found = [f"{message} ({dotted(path)})" for path, message, _ in _explain(error, values)]
        raise LabError(f"{source.place}: {'; '.join(found)}") from None


def parse_assignment(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE, as `--set` takes it; the value has the type it would have in a file."""
    name, equals, value = text.partition("=")
    if not equals or not _VARIABLE_NAME.fullmatch(name):
        raise LabError(f"{text!r} sets no variable", "write NAME=VALUE")
    return name, typed(Plain(value))


def _about_scenarios(hint: str) -> str:
    # The reader's hints on the whole file speak of topologies.
    return "" if "topology" in hint or "lab" in hint else hint


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def typed(tree: Any) -> Any:
    """Plain scalars by the YAML 1.2 core schema; quoted ones stay text."""
    if isinstance(tree, dict):
        return {key: typed(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [typed(value) for value in tree]
    if not isinstance(tree, Plain):
        return tree
    if tree in _CONSTANTS:
        return _CONSTANTS[tree]
    if _INTEGER.fullmatch(tree):
        return int(tree)
    return float(tree) if _FLOAT.fullmatch(tree) else str(tree)


def _explain(error: ValidationError, values: Any) -> Iterator[tuple[Path, str, str]]:
    """Path, message and hint of each mistake that is not just a reference without its value."""
    best: dict[Path, tuple[int, str, str]] = {}
    for problem in error.errors():
        if is_unresolved(problem["input"]):
            continue
        context = problem.get("ctx", {})
        path = _real_path(problem["loc"], values)
        if problem["type"] == UNKNOWN_KEY:
            path = (*path, str(context["key"]))
        message = _wording(problem)
        # Of several readings of one place, the one that went deepest or knows most is meant.
        depth = len(problem["loc"]) + (
            100 if problem["type"] in {UNKNOWN_KEY, "value_error"} else 0
        )
        if path not in best or depth > best[path][0]:
            best[path] = depth, message, str(context.get("hint", ""))
    deepest = _without_parents(best)
    yield from ((path, message, hint) for path, (_, message, hint) in deepest.items())


_WORDING = {
    "dict_type": "expected a map",
    "model_type": "expected a map",
    "list_type": "expected a list",
    "string_type": "expected text; quote what is not",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "int_type": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def _wording(problem: ErrorDetails) -> str:
    """One of pydantic's mistakes in the words of a scenario's author."""
    if problem["type"] == "missing":
        return f"'{problem['loc'][-1]}' is missing"
    return _WORDING.get(problem["type"], problem["msg"].removeprefix("Value error, "))


def _without_parents(best: dict[Path, tuple[int, str, str]]) -> dict[Path, tuple[int, str, str]]:
    """Leave out what another branch of a union said about the whole, when a part is explained."""
    return {
        path: value
        for path, value in best.items()
        if value[0] >= 100
        or "missing" in value[1]
        or not any(other != path and other[: len(path)] == path for other in best)
    }


def _real_path(loc: tuple[str | int, ...], values: Any) -> Path:
    """The parts of pydantic's location that are in the file; it also names branches of unions."""
    path: list[str | int] = []
    for part in loc:
        inside = isinstance(values, Mapping) and part in values
        if inside or (isinstance(values, list) and isinstance(part, int) and part < len(values)):
            values = values[part]
            path.append(part)
    return tuple(path)


def scenario_id(path: FilePath) -> str:
    """Path below the nearest folder with an expected-inconclusive file, else FOLDER/NAME."""
    path = path.resolve()
    for folder in path.parents:
        if (folder / EXPECTED_FILE).is_file():
            return path.relative_to(folder).as_posix().removesuffix(SUFFIX)
    return f"{path.parent.name}/{path.name.removesuffix(SUFFIX)}"


@dataclass
class _Reader:
    """Reads one file, gathering mistakes instead of stopping at the first."""

    text: str
    path: FilePath
    root: Value
    problems: list[Problem] = field(default_factory=list)

    def scenario(self) -> Scenario:
        """The whole file."""
        values = typed(data(self.root))
        if not isinstance(values, dict):
            self._mistake((), "a scenario is a map", "it has at least name, topology and steps")
            raise ScenarioError(self.problems)
        checked = self._model(ScenarioFile, values, ())
        steps = self._steps(values.get("steps"), ("steps",), "")
        cleanup = self._steps(values.get("cleanup"), ("cleanup",), "cleanup.")
        self._check_variables(values)
        topology = self._topology(values.get("topology"))
        if self.problems or checked is None:
            raise ScenarioError(self.problems)
        assert isinstance(checked, ScenarioFile)
        return Scenario(
            id=scenario_id(self.path),
            path=self.path.resolve(),
            name=checked.name,
            topology=topology,
            steps=steps,
            cleanup=cleanup,
            description=checked.description,
            seed=checked.seed,
            timeout=checked.timeout,
            vars=checked.vars,
            requires=tuple(checked.requires),
            fresh_lab=checked.fresh_lab,
        )

    def _mistake(self, path: Path, what: str, hint: str = "", *, key: bool = False) -> None:
        line, column = _position(self.text, locate(self.root, path, key=key))
        self.problems.append(Problem(str(self.path), line, column, what, dotted(path), hint))

    def _model(self, model: type[BaseModel], values: Any, at: Path) -> BaseModel | None:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for path, message, hint in _explain(error, values):
                self._mistake((*at, *path), message, hint, key="unknown key" in message)
            return None

    def _topology(self, value: Any) -> FilePath:
        file = (self.path.resolve().parent / str(value)).resolve() if value else FilePath()
        if isinstance(value, str) and value and not file.is_file():
            self._mistake(("topology",), f"no topology file {value}", "relative to this file")
        return file

    def _steps(self, values: Any, at: Path, prefix: str) -> tuple[StepSource, ...]:
        """Steps of a list; anything else has been reported by the model of what holds it."""
        items = enumerate(values) if isinstance(values, list) else ()
        found = (self._step(item, (*at, i), f"{prefix}{i + 1}") for i, item in items)
        return tuple(step for step in found if step is not None)

    def _step(self, values: Any, at: Path, step_id: str) -> StepSource | None:
        if not isinstance(values, dict):
            return None
        kinds = [key for key in values if key in STEP_KINDS]
        if len(kinds) != 1:
            what = f"more than one step kind: {', '.join(kinds)}" if kinds else "no step kind"
            self._mistake(at, what, self._kind_hint(values))
            return None
        kind = kinds[0]
        children = self._children(kind, values[kind], (*at, kind), step_id)
        raw = _without_children(kind, values)
        self._model(STEP_KINDS[kind], raw, at)
        line, _ = _position(self.text, locate(self.root, at))
        return StepSource(kind, step_id, raw, f"{self.path}:{line}", children)

    def _kind_hint(self, values: Mapping[str, Any]) -> str:
        unknown = [key for key in values if key not in {"name", "timeout", "not", *STEP_KINDS}]
        return suggest(unknown[0] if unknown else "", STEP_KINDS, "give one of")

    def _children(self, kind: str, action: Any, at: Path, step_id: str) -> tuple[StepSource, ...]:
        key = NESTED.get(kind)
        nested = action.get(key) if key and isinstance(action, dict) else None
        if key is None or nested is None:
            return ()
        if isinstance(nested, list):
            return self._steps(nested, (*at, key), f"{step_id}.")
        child = self._step(nested, (*at, key), f"{step_id}.1")
        if child and child.kind not in WaitStep.conditions:
            self._mistake(
                (*at, key),
                f"{child.kind} is no condition to wait for",
                f"conditions: {', '.join(sorted(WaitStep.conditions))}",
            )
        return (child,) if child else ()

    def _check_variables(self, values: dict[str, Any]) -> None:
        known = set(BUILT_IN)
        declared = values.get("vars")
        for name, value in (declared if isinstance(declared, dict) else {}).items():
            if not _VARIABLE_NAME.fullmatch(name) or name in BUILT_IN:
                self._mistake(("vars", name), f"'{name}' cannot be a variable's name", key=True)
            self._check_references(value, ("vars", name), known)
            known.add(name)
        for part in ("steps", "cleanup"):
            self._check_references(values.get(part), (part,), known)

    def _check_references(self, tree: Any, at: Path, known: set[str]) -> None:
        """Check references in the order of execution, learning what is saved on the way."""
        if isinstance(tree, dict):
            saved = tree.get("save")
            for key, value in tree.items():
                self._check_references(value, (*at, key), known)
            # A step's own `save` sits in its action: known from the next step on.
            known.update(saved if isinstance(saved, dict) else ())
        elif isinstance(tree, list):
            for index, value in enumerate(tree):
                self._check_references(value, (*at, index), known)
        else:
            for _, name in references(tree):
                if name not in known and not name.startswith("node."):
                    self._mistake(
                        at, f"variable '{name}' has no value here", suggest(name, known, "known")
                    )


def _without_children(kind: str, values: dict[str, Any]) -> dict[str, Any]:
    """The step with the steps inside it emptied: they are read and substituted on their own."""
    key, action = NESTED.get(kind), values[kind]
    if key is None or not isinstance(action, dict) or key not in action:
        return values
    nested = action[key]
    if isinstance(nested, list):
        empty: Any = [{} if isinstance(item, dict) else item for item in nested]
    else:
        empty = {} if isinstance(nested, dict) else nested
    return {**values, kind: {**action, key: empty}}
