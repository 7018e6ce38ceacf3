"""Whatever a file holds, `load` gives a topology or a TopologyError, never anything else."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from lab.topology.loader import load
from lab.topology.model import Topology, from_json, to_json
from lab.topology.problems import TopologyError
from lab.topology.schema import json_schema

FOLDER = Path(__file__).parent
SEEDS = [
    YAML(typ="safe", pure=True).load(path.read_text())
    for path in sorted([*(FOLDER / "valid").glob("*.clab.yml")])
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["linux", "bridge", "n1:eth1", "a", "10.0.0.1/24", "dpu", "container:a", "1%"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = sorted({key for model in json_schema()["$defs"].values() for key in model["properties"]})
quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(folder: Path, content: bytes) -> Topology | TopologyError:
    path = folder / "fuzz.clab.yml"
    path.write_bytes(content)
    result = attempt(path)
    if isinstance(result, TopologyError):
        assert result.problems
        assert str(result).startswith(f"{path}:")
    else:
        assert from_json(to_json(result)) == result
    return result


def attempt(path: Path) -> Topology | TopologyError:
    try:
        return load(path, env={})
    except TopologyError as error:
        return error


@quick
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    check(tmp_path, content)


@quick
@given(st.text("abn:-{}[]&*!|>'\"%@`#,?\n\t $<~0\u2028\ud7ff", max_size=60))
def test_any_yaml_like_text(tmp_path: Path, text: str) -> None:
    check(tmp_path, text.encode())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all values below a document."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key in value:
            found += places(value[key], (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            found += places(item, (*path, position))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid file in which a few values were replaced, removed, renamed or copied elsewhere."""
    document = copy.deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(document)))
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        match draw(st.sampled_from(["replace", "remove", "rename", "copy"])):
            case "replace":
                parent[path[-1]] = draw(VALUES)
            case "remove":
                del parent[path[-1]]
            case "rename" if isinstance(parent, dict):
                parent[draw(st.sampled_from(KEYS))] = parent.pop(path[-1])
            case _:
                other = document
                for key in draw(st.sampled_from(places(document) or [()])):
                    other = other[key]
                parent[path[-1]] = copy.deepcopy(other)
        if not places(document):
            break
    return document


@quick
@given(mutated())
def test_mutated_files_in_yaml_and_json(tmp_path: Path, document: Any) -> None:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(document, stream)
    check(tmp_path, stream.getvalue().encode("utf-8", "replace"))
    check(tmp_path, json.dumps(document).encode())


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: str(seed["name"]))
def test_the_seeds_are_valid(tmp_path: Path, seed: Any) -> None:
    (tmp_path / "files").mkdir()
    for name in "ab":
        (tmp_path / "files" / name).write_text(name)
    assert isinstance(check(tmp_path, json.dumps(seed).encode()), Topology)
