"""fault: break something on purpose, or mend it.

What a scenario leaves broken is mended when it ends (lab/scenario/faults.py); a killed process is
its supervisor's to restart.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lab.errors import LabError
from lab.node import Node
from lab.scenario.matchers import compiled
from lab.scenario.steps.base import Step, StepContext
from lab.scenario.strict import Strict
from lab.scenario.variables import is_unresolved
from lab.topology import impairments
from lab.topology.model import Impairment

# Prints "PID command line" of every process, ours aside.
_LIST_PROCESSES = (
    'for p in /proc/[0-9]*; do [ "${p#/proc/}" = "$$" ] && continue;'
    ' c=$(tr "\\0" " " <"$p/cmdline" 2>/dev/null) && [ -n "$c" ] && echo "${p#/proc/} $c"; done; :'
)


def _link_end(text: str) -> str:
    node, colon, interface = text.partition(":")
    if not is_unresolved(text) and not (node and colon and interface):
        raise ValueError(f"{text!r} is not a link end: write NODE:INTERFACE")
    return text


LinkEnd = Annotated[str, AfterValidator(_link_end)]


def split_end(end: str) -> tuple[str, str]:
    """Node and interface of NODE:INTERFACE."""
    node, _, interface = end.partition(":")
    return node, interface


class LinkFault(Strict):
    """Cut a link in both directions, or heal it."""

    link: LinkEnd = Field(description="NODE:INTERFACE of either end.")
    state: Literal["up", "down"]

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.link

    def act(self, context: StepContext) -> None:
        """Do it."""
        context.faults.set_link(*split_end(self.link), up=self.state == "up")


class NodeFault(Strict):
    """Stop, kill (SIGKILL), start or restart a node."""

    node: str
    action: Literal["stop", "kill", "start", "restart"]

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.node

    def act(self, context: StepContext) -> None:
        """Do it."""
        if self.action != "start":
            context.faults.stop_node(self.node, kill=self.action == "kill")
        if self.action in {"start", "restart"}:
            context.faults.start_node(self.node)


class ProcessTarget(Strict):
    """Which processes of a node get which signal."""

    node: str
    pattern: str = Field(default="", description="Regular expression on the whole command line.")
    pidfile: str = Field(default="", description="File in the node with one process id.")
    signal: str = Field(default="KILL", description="Name without SIG, or number.")

    @field_validator("signal", mode="before")
    @classmethod
    def _is_signal(cls, value: Any) -> Any:
        if not is_unresolved(value):
            signal_number(str(value))
        return str(value)

    @model_validator(mode="after")
    def _one_way_to_find(self) -> ProcessTarget:
        if bool(self.pattern) == bool(self.pidfile):
            raise ValueError("give either pattern or pidfile")
        if not is_unresolved(self.pattern):
            compiled(self.pattern)
        return self


class ProcessFault(Strict):
    """Send a signal to processes of a node."""

    process: ProcessTarget

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.process.node

    def act(self, context: StepContext) -> None:
        """Do it."""
        target, node = self.process, context.node(self.process.node)
        found = _by_pidfile(node, target) if target.pidfile else _by_pattern(node, target, context)
        number = signal_number(target.signal)
        ended = node.exec(
            ["kill", f"-{number}", *map(str, found)], timeout=context.deadline.timeout()
        )
        if ended.exit_code:
            raise LabError(f"{target.node} did not take the signal: {ended.stderr.strip()}")
        context.measured["processes"] = len(found)


_SETTINGS = frozenset({"delay", "jitter", "loss", "duplicate", "corrupt", "rate"})


class ImpairFault(Strict):
    """Replace the impairment of a link end; it acts on the frames that leave through it."""

    impair: LinkEnd = Field(description="NODE:INTERFACE")
    delay: str = ""
    jitter: str = ""
    loss: str = Field(default="", description='Percent, "1%".')
    duplicate: str = ""
    corrupt: str = ""
    rate: str = Field(default="", description='"10mbit"')
    seed: int | None = Field(
        default=None, ge=0, description="Default: derived from the scenario's seed."
    )
    reset: bool = Field(default=False, description="Go back to what the topology file says.")

    @field_validator(*sorted(_SETTINGS), mode="before")
    @classmethod
    def _readable(cls, value: Any, info: ValidationInfo) -> str:
        if not is_unresolved(value):
            try:
                impairments.parse({str(info.field_name): str(value)}, seed=0)
            except LabError as error:
                raise ValueError(error.message) from None
        return str(value)

    @model_validator(mode="after")
    def _says_something(self) -> ImpairFault:
        given = _SETTINGS & self.model_fields_set
        if self.reset and given:
            raise ValueError("reset takes no other values")
        if not self.reset and not given:
            raise ValueError("impairs nothing; give delay, loss, rate ..., or reset: true")
        return self

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.impair

    def act(self, context: StepContext) -> None:
        """Do it."""
        node, interface = split_end(self.impair)
        impairment = (
            context.faults.initial(node, interface) if self.reset else self._impairment(context)
        )
        context.faults.impair(node, interface, impairment)

    def _impairment(self, context: StepContext) -> Impairment:
        texts = {key: getattr(self, key) for key in _SETTINGS & self.model_fields_set}
        derived = int(context.derived("impairment", 7), 16)
        return impairments.parse(texts, derived if self.seed is None else self.seed)


def _which(value: Any) -> str | None:
    """Tag of the fault that a mapping's keys mean; tags differ from keys for the sake of paths."""
    keys = value if isinstance(value, dict) else ()
    return next(
        (f"{key} fault" for key in ("link", "node", "process", "impair") if key in keys), None
    )


Fault = Annotated[
    Annotated[LinkFault, Tag("link fault")]
    | Annotated[NodeFault, Tag("node fault")]
    | Annotated[ProcessFault, Tag("process fault")]
    | Annotated[ImpairFault, Tag("impair fault")],
    Discriminator(
        _which,
        custom_error_type="fault",
        custom_error_message="a fault is one of link, node, process, impair",
    ),
]


class FaultStep(Step):
    """Break something, or mend it."""

    kind: ClassVar[str] = "fault"
    default_timeout: ClassVar[float] = 60.0

    fault: Fault

    def places(self) -> Iterator[str]:
        """See Step."""
        yield from self.fault.places()

    def run(self, context: StepContext) -> None:
        """See Step."""
        self.fault.act(context)


def signal_number(text: str) -> int:
    """Number of a signal given as KILL, SIGKILL or 9. Raises ValueError."""
    if text.isdigit() and int(text) in signal.valid_signals():
        return int(text)
    name = f"SIG{text.upper().removeprefix('SIG')}"
    if name not in signal.Signals.__members__:
        raise ValueError(f"{text!r} is not a signal: write KILL, TERM, HUP or a number")
    return signal.Signals[name].value


def _by_pidfile(node: Node, target: ProcessTarget) -> list[int]:
    text = node.get(target.pidfile).decode(errors="replace").strip()
    # 0 and negative numbers mean process groups to kill(1), and 1 is the node itself.
    if not text.isdigit() or int(text) <= 1:
        raise LabError(f"{target.node}:{target.pidfile} holds no process id: {text[:40]!r}")
    return [int(text)]


def _by_pattern(node: Node, target: ProcessTarget, context: StepContext) -> list[int]:
    listed = node.exec(["sh", "-c", _LIST_PROCESSES], timeout=context.deadline.timeout())
    lines = (line.partition(" ") for line in listed.stdout.splitlines())
    commands = {int(pid): command.strip() for pid, _, command in lines if pid.isdigit()}
    found = [pid for pid, text in commands.items() if re.search(target.pattern, text)]
    if not found:
        shown = "; ".join(commands.values())[:400]
        raise LabError(
            f"no process of {target.node} matches {target.pattern!r}", f"it runs: {shown}"
        )
    return found
