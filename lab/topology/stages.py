"""Stages of nodes: rules from the file, and the search for nodes that wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lab.topology.inherit import Found
from lab.topology.model import Node, Stage, StageExec, StageRule
from lab.topology.scalars import kebab
from lab.topology.spec import StageCommandSpec, StagePhasesSpec, StageSpec

Expand = Callable[[Found], str]


def rules(given: list[Found], expand: Expand) -> tuple[StageRule, ...]:
    """Merge the stages of a node's layers, most general first; stages without rules are left out.

    Conditions and commands of all layers add up; the same condition twice counts once.
    """
    merged: list[StageRule] = []
    for stage in Stage:
        name = stage.value.replace("-", "_")
        specs = [
            Found((*found.path, kebab(name)), spec)
            for found in given
            if (spec := getattr(found.value, name)) is not None
        ]
        conditions = {(w.node, Stage(w.stage)): None for spec in specs for w in spec.value.wait_for}
        commands = [command for spec in specs for command in _commands(spec, expand)]
        if conditions or commands:
            merged.append(StageRule(stage, tuple(conditions), tuple(commands)))
    return tuple(merged)


def _commands(found: Found, expand: Expand) -> list[StageExec]:
    spec: StageSpec = found.value
    path = (*found.path, "exec")
    if isinstance(spec.exec, StagePhasesSpec):
        return [
            StageExec(expand(Found((*path, phase, position), command)), phase)
            for phase, commands in (
                ("on-enter", spec.exec.on_enter),
                ("on-exit", spec.exec.on_exit),
            )
            for position, command in enumerate(commands)
        ]
    listed: list[StageCommandSpec] = spec.exec
    return [
        StageExec(expand(Found((*path, position, "command"), c.command)), c.phase, c.target)
        for position, c in enumerate(listed)
    ]


def dependencies(node: Node) -> dict[str, str]:
    """Nodes that a node waits for, each with the reason in words.

    A node in another one's network namespace waits for that node's creation.
    """
    waits: dict[str, str] = {}
    if node.network_mode.startswith("container:"):
        other = node.network_mode.removeprefix("container:")
        waits[other] = f"{node.name} shares the network of {other}"
    for rule in node.stages:
        for other, stage in rule.wait_for:
            waits.setdefault(other, f"{node.name}.{rule.stage} waits for {other}.{stage}")
    return waits


def cycle(nodes: Mapping[str, Node]) -> list[str]:
    """Nodes that wait for each other in a circle, or nothing.

    As in containerlab (core/dependency_manager), a node that waits in any stage depends on the
    other node as a whole.
    """
    waits = {name: sorted(set(dependencies(node)) & set(nodes)) for name, node in nodes.items()}
    finished: set[str] = set()
    for start, first in waits.items():
        trail: list[str] = []
        pending = [(start, iter(first))] if start not in finished else []
        while pending:
            name, others = pending[-1]
            if len(trail) < len(pending):
                trail.append(name)
            other = next(others, None)
            if other is None:
                finished.add(name)
                pending.pop()
                trail.pop()
            elif other in trail:
                return trail[trail.index(other) :]
            elif other not in finished:
                pending.append((other, iter(waits[other])))
    return []
