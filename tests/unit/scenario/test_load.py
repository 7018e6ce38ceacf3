"""Scenario files: what is read, and the exact words for each mistake."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from lab.errors import LabError
from lab.scenario.load import load_scenario, parse_assignment, read_scenario, scenario_id
from lab.scenario.model import Scenario, ScenarioError
from lab.scenario.result import result_schema
from lab.scenario.schema import json_schema
from lab.scenario.steps import STEP_KINDS

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Play

REPOSITORY = Path(__file__).parents[3]


def test_a_scenario_is_read_with_steps_inside_steps(play: Play) -> None:
    scenario = play.load(
        """
        description: why
        seed: 7
        timeout: 2m
        vars: {count: 3, who: h1}
        requires: [netem]
        steps:
          - name: watch
            capture:
              on: [{node: d1, interface: p0}]
              must_see: [{filter: esp}]
              steps:
                - exec: {node: "${who}", command: "true"}
                - wait: {until: {traffic: {from: h1, to: h2, count: "${count}"}}}
        cleanup:
          - fault: {node: d1, action: start}
        """
    )
    assert (scenario.id, scenario.seed, scenario.timeout) == ("area/play", 7, 120.0)
    assert scenario.requires == ("netem",)
    assert [(step.id, step.kind) for step in scenario.walk()] == [
        ("1", "capture"),
        ("1.1", "exec"),
        ("1.2", "wait"),
        ("1.2.1", "traffic"),
        ("cleanup.1", "fault"),
    ]
    assert scenario.steps[0].title == "watch"
    assert scenario.steps[0].children[0].place.endswith("play.scenario.yml:15")


def test_plain_scalars_have_types_and_quoted_ones_are_text(play: Play) -> None:
    scenario = play.load(
        """
        vars: {a: 1, b: "1", c: 1.5, d: true, e: null, f: 0x1, g: 1e3, h: 12:30, i: yes}
        steps: [check: {value: 1, equals: 1}]
        """
    )
    assert scenario.vars == {
        "a": 1,
        "b": "1",
        "c": 1.5,
        "d": True,
        "e": None,
        "f": "0x1",
        "g": 1000.0,
        "h": "12:30",
        "i": "yes",
    }


OK = "- exec: {node: h1, command: x}"

GOLDEN: list[tuple[str, str]] = [
    ("", "1:1: the file is empty"),
    ("- a", "1:1: a scenario is a map\n  hint: it has at least name, topology and steps"),
    ("a: [", "1:5: not valid YAML: expected the node content, but found '<stream end>'"),
    (
        "name: x\ntopology: paper.clab.yml\nsteps:\n\t- x",
        "4:1: a tab indents this line\n  hint: YAML is indented with spaces",
    ),
    ("name: x\nname: y", "2:1: key 'name' is given twice\n  hint: keep one of the two"),
    (
        "steps: []\nname: x\ntopology: paper.clab.yml",
        "1:8: must not be empty (steps)",
    ),
    (f"topology: paper.clab.yml\nsteps: [{OK[2:]}]", "1:1: 'name' is missing"),
    (
        f"name: x\ntopology: none.yml\nsteps: [{OK[2:]}]",
        "2:11: no topology file none.yml (topology)\n  hint: relative to this file",
    ),
    (
        f"name: x\ntopology: paper.clab.yml\nstep: 1\nsteps:\n{OK}",
        "3:1: unknown key 'step' (step)\n  hint: did you mean 'steps'?",
    ),
    (
        f"name: x\ntopology: paper.clab.yml\ntimeout: soon\nsteps:\n{OK}",
        "3:10: 'soon' is not a duration: write 500ms, 30s or 2m (timeout)",
    ),
    (
        f"name: x\ntopology: paper.clab.yml\nvars: {{seed: 1}}\nsteps:\n{OK}",
        "3:8: 'seed' cannot be a variable's name (vars.seed)",
    ),
]

STEPS: list[tuple[str, str]] = [
    ("x", "3:3: expected a map (steps[0])"),
    (
        "{exce: {}}",
        "3:3: no step kind (steps[0])\n  hint: did you mean 'exec'?",
    ),
    (
        "{name: y}",
        (
            "3:3: no step kind (steps[0])\n  hint: give one of: capture, check, exec, fault, opi,"
            " traffic, wait"
        ),
    ),
    (
        "{exec: {node: h1, command: x}, check: {value: 1, equals: 1}}",
        (
            "3:3: more than one step kind: exec, check (steps[0])\n  hint: give one of: capture,"
            " check, exec, fault, opi, traffic, wait"
        ),
    ),
    ("{exec: {node: h1}}", "3:10: 'command' is missing (steps[0].exec)"),
    (
        "{exec: {node: h1, command: x, timout: 3}}",
        (
            "3:33: unknown key 'timout' (steps[0].exec.timout)\n  hint: allowed: command, env,"
            " expect, node, save"
        ),
    ),
    (
        "{exec: {node: h1, command: x, expect: {stdout: '['}}}",
        (
            "3:50: '[' is not a regular expression: unterminated character set at position 0"
            " (steps[0].exec.expect.stdout)"
        ),
    ),
    (
        "{exec: {node: h1, command: x, save: {a: b}}}",
        "3:39: 'b' has no group: put ( ) around the value (steps[0].exec.save)",
    ),
    (
        "{not: true, check: {value: 1, equals: 1}}",
        "3:4: unknown key 'not' (steps[0].not)\n  hint: allowed: check, name, timeout",
    ),
    (
        "{check: {value: 1}}",
        (
            "3:11: compares with nothing; give equals, regex, gt or another comparison"
            " (steps[0].check)"
        ),
    ),
    (
        "{opi: {node: d1, method: GetInventory}}",
        "3:28: String should match pattern '^[\\w.]+/\\w+$' (steps[0].opi.method)",
    ),
    (
        "{opi: {node: d1, method: a/B, expect: {body: {x: {regex: 5}}}}}",
        "3:48: regex: Input should be a valid string (steps[0].opi.expect.body)",
    ),
    (
        "{traffic: {from: h1, to: h2, proto: sctp}}",
        "3:39: Input should be 'udp', 'tcp' or 'icmp' (steps[0].traffic.proto)",
    ),
    (
        "{traffic: {from: h1, to: h2, count: 0}}",
        "3:39: Input should be greater than or equal to 1 (steps[0].traffic.count)",
    ),
    (
        "{traffic: {from: h1, to: h2, address: here}}",
        "3:41: 'here' does not appear to be an IPv4 or IPv6 address (steps[0].traffic.address)",
    ),
    (
        "{fault: {lnk: 'h1:eth1'}}",
        "3:11: a fault is one of link, node, process, impair (steps[0].fault)",
    ),
    (
        "{fault: {link: h1, state: down}}",
        "3:18: 'h1' is not a link end: write NODE:INTERFACE (steps[0].fault.link)",
    ),
    (
        "{fault: {link: 'h1:eth1', state: cut}}",
        "3:36: Input should be 'up' or 'down' (steps[0].fault.state)",
    ),
    (
        "{fault: {impair: 'h1:eth1', loss: 101%}}",
        "3:37: loss: '101%' is not a percentage between 0% and 100% (steps[0].fault.loss)",
    ),
    (
        "{fault: {impair: 'h1:eth1'}}",
        "3:11: impairs nothing; give delay, loss, rate ..., or reset: true (steps[0].fault)",
    ),
    (
        "{fault: {process: {node: h1, pattern: x, signal: KIL}}}",
        (
            "3:52: 'KIL' is not a signal: write KILL, TERM, HUP or a number"
            " (steps[0].fault.process.signal)"
        ),
    ),
    (
        "{fault: {process: {node: h1}}}",
        "3:21: give either pattern or pidfile (steps[0].fault.process)",
    ),
    (
        "{capture: {on: [{node: d1, interface: p0}], steps: [exec: {node: h1, command: x}]}}",
        "3:13: judges nothing; give must_see or must_not_see (steps[0].capture)",
    ),
    (
        (
            "{capture: {on: [{node: d1, interface: p0}], must_see: [{on: d2}],"
            " steps: [exec: {node: h1, command: x}]}}"
        ),
        "3:13: no capture point 'd2'; there are: d1:p0 (steps[0].capture)",
    ),
    (
        "{capture: {on: [{node: d1, interface: p0}], must_see: [{}], steps: [exec: {node: 5}]}}",
        "3:77: 'command' is missing (steps[0].capture.steps[0].exec)",
    ),
    (
        "{wait: {until: {fault: {node: h1, action: stop}}}}",
        (
            "3:18: fault is no condition to wait for (steps[0].wait.until)"
            "\n  hint: conditions: check, exec, opi, traffic"
        ),
    ),
    (
        "{check: {value: '${sereal}', equals: 1}}",
        (
            "3:19: variable 'sereal' has no value here (steps[0].check.value)"
            "\n  hint: did you mean 'serial'?"
        ),
    ),
]


@pytest.mark.parametrize(("text", "message"), GOLDEN)
def test_golden_errors_of_files(play: Play, text: str, message: str) -> None:
    path = play.folder / "golden.scenario.yml"
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text, path)
    assert str(caught.value).startswith(f"{path}:{message}")


@pytest.mark.parametrize(("step", "message"), STEPS)
def test_golden_errors_of_steps(play: Play, step: str, message: str) -> None:
    path = play.folder / "golden.scenario.yml"
    text = f"{{name: x, topology: paper.clab.yml, vars: {{serial: 1}},\nsteps: [\n  {step}]}}"
    with pytest.raises(ScenarioError) as caught:
        read_scenario(text, path)
    assert f"{path}:{message}" in str(caught.value)


def test_all_mistakes_of_a_file_are_told_at_once(play: Play) -> None:
    text = """
    steps:
      - exec: {node: h1}
      - chek: {}
      - check: {value: "${a}", equals: 1}
    """
    with pytest.raises(ScenarioError) as caught:
        play.load(text)
    assert [problem.line for problem in caught.value.problems] == [5, 6, 7]


def test_a_saved_variable_is_known_from_the_next_step_on(play: Play) -> None:
    early = """
    steps:
      - check: {value: "${v}", equals: 1}
      - exec: {node: h1, command: x, save: {v: (.*)}}
      - check: {value: "${v}", equals: 1}
    """
    with pytest.raises(ScenarioError) as caught:
        play.load(early)
    assert [problem.line for problem in caught.value.problems] == [5]


@pytest.mark.parametrize(
    ("data", "message"),
    [(None, "No such file or directory"), (b"name: \xff", "not UTF-8 text (byte 6)")],
)
def test_files_that_cannot_be_read(tmp_path: Path, data: bytes | None, message: str) -> None:
    file = tmp_path / "x.scenario.yml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(LabError, match=r"x\.scenario\.yml") as caught:
        load_scenario(file)
    assert message in str(caught.value)


def test_ids_count_from_the_folder_with_the_expectations(tmp_path: Path) -> None:
    file = tmp_path / "all" / "deep" / "area" / "x.scenario.yml"
    file.parent.mkdir(parents=True)
    assert scenario_id(file) == "area/x"
    (tmp_path / "all" / "expected-inconclusive.yml").write_text("environments: {}\n")
    assert scenario_id(file) == "deep/area/x"


def test_assignments_have_types() -> None:
    assert parse_assignment("count=5") == ("count", 5)
    assert parse_assignment("who=a=b") == ("who", "a=b")
    with pytest.raises(LabError, match="write NAME=VALUE"):
        parse_assignment("count")


# Property: any text is a scenario or a ScenarioError

_WORDS = """name topology steps cleanup vars requires seed timeout exec opi traffic capture fault
wait check node command expect body save until on must_see must_not_see link state impair loss
process pattern from to count received value equals regex length contains gt min max not filter
interface << ${x} 5"""
_KEYS = st.sampled_from(_WORDS.split())
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from(["paper.clab.yml", "${x}", "${node.h1.eth1.ipv4}", "${", "a.b/C", "1:2", "("])
    | st.text(max_size=6)
)
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=25,
)
_STEP_WORDS = [*STEP_KINDS, "name", "timeout", "not"]
_STEP = st.dictionaries(st.sampled_from(_STEP_WORDS), _TREES, min_size=1, max_size=2)
_STEPS = st.lists(_STEP, max_size=3)


def _read(text: str, folder: Path) -> Scenario | ScenarioError:
    (folder / "paper.clab.yml").touch()
    try:
        return read_scenario(text, folder / "x.scenario.yml")
    except ScenarioError as error:
        return error


def _is_sound(outcome: Scenario | ScenarioError) -> bool:
    if isinstance(outcome, Scenario):
        return bool(outcome.steps)
    return bool(outcome.problems) and all(problem.line >= 1 for problem in outcome.problems)


_BOUNDED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_BOUNDED
@given(text=st.text(max_size=60) | st.text("{}[]:,-&*!|>'\"#%@ \n\t<ab1", max_size=40))
def test_any_text_is_a_scenario_or_an_error(tmp_path: Path, text: str) -> None:
    assert _is_sound(_read(text, tmp_path))


@_BOUNDED
@given(
    tree=st.fixed_dictionaries({"steps": st.lists(_STEP, max_size=3)}, optional={"vars": _TREES})
)
def test_any_tree_is_a_scenario_or_an_error(tmp_path: Path, tree: dict[str, Any]) -> None:
    whole = {"name": "x", "topology": "paper.clab.yml"} | tree
    assert _is_sound(_read(json.dumps(whole, ensure_ascii=False), tmp_path))


# JSON Schemas


@pytest.mark.parametrize(
    ("name", "generate"), [("scenario", json_schema), ("result", result_schema)]
)
def test_the_committed_schema_is_the_generated_one(name: str, generate: Any) -> None:
    file = REPOSITORY / "schemas" / f"dpulab-{name}.schema.json"
    jsonschema.Draft202012Validator.check_schema(generate())
    assert json.loads(file.read_text()) == generate(), f"generate {file.name} again"


def scenario_files() -> list[Path]:
    return sorted((REPOSITORY / "scenarios").rglob("*.scenario.yml"))


@pytest.mark.parametrize("file", scenario_files(), ids=lambda file: file.stem)
def test_our_scenarios_fit_their_schema_and_load(file: Path) -> None:
    content = YAML(typ="safe", pure=True).load(file.read_text())
    jsonschema.Draft202012Validator(json_schema()).validate(content)
    assert load_scenario(file).steps


def test_the_schema_takes_variables_and_refuses_unknown_keys() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    text = """
    name: x
    topology: t
    steps:
      - traffic: {from: h1, to: h2, count: "${n}", expect: {received: {min: "${n}"}}}
      - wait: {until: {exec: {node: h1, command: [a]}}, deadline: 5s}
    """
    good = YAML(typ="safe", pure=True).load(textwrap.dedent(text))
    assert validator.is_valid(good)
    good["steps"][0]["traffic"]["count"] = "many"
    assert not validator.is_valid(good)
    good["steps"][0]["traffic"] = {"from": "h1", "to": "h2", "cont": 1}
    assert not validator.is_valid(good)
