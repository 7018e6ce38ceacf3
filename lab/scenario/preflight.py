"""What can be found wrong with a scenario once its topology is known, before it touches the lab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.errors import LabError
from lab.scenario.load import read_step
from lab.scenario.model import Scenario, ScenarioError
from lab.scenario.steps.base import StepSource
from lab.scenario.variables import UnknownVariableError, Variables, is_unresolved, substitute
from lab.topology.model import Topology
from lab.topology.problems import Problem, suggest


def check_places(scenario: Scenario, topology: Topology, variables: Variables) -> None:
    """Raise ScenarioError for steps on nodes or interfaces that the topology has not.

    Else a wait would look for a node that never comes until its deadline.
    """
    problems = [
        Problem(*_split(source.place), 1, what, hint=hint)
        for source in scenario.walk()
        for what, hint in _unknown(source, topology, variables)
    ]
    if problems:
        raise ScenarioError(problems)


def _split(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return file, int(line)


def _unknown(
    source: StepSource, topology: Topology, variables: Variables
) -> Iterator[tuple[str, str]]:
    """What is wrong and a hint, for each place of a step that does not exist."""

    def known_so_far(name: str) -> Any:
        try:
            return variables(name)
        except UnknownVariableError:
            return f"${{{name}}}"

    try:
        step = read_step(source, substitute(source.raw, known_so_far))
    except LabError:
        return  # needs values that earlier steps save; it is read again then
    for place in step.places():
        node, _, interface = place.partition(":")
        if is_unresolved(place):
            continue
        if node not in topology.nodes:
            yield f"no node '{node}' in the topology", suggest(node, topology.nodes, "nodes")
        elif interface and topology.endpoint(node, interface) is None:
            known = [end.interface for _, end in topology.links_of(node)]
            yield f"no link ends at '{place}'", suggest(interface, known, "interfaces")
