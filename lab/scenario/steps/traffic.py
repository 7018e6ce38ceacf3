"""traffic: send tagged packets from one node to another and count what arrived.

Two phases: the receiver says `armed`, then the sender starts. Both are the lab's traffic tool
(`python -m traffic`) inside the nodes; the tag is this step's own, so strays are never counted.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from lab.errors import LabError, UnsupportedError
from lab.node import ExecResult, Process
from lab.scenario.steps.base import CountRange, Duration, Invertible, StepContext
from lab.scenario.strict import Strict
from lab.scenario.variables import is_unresolved
from lab.scenario.verdict import ExpectationError
from lab.topology.model import Endpoint, Topology

PROGRAM = ("/opt/venv/bin/python", "-m", "traffic")

_ARM_TIMEOUT = 15.0
_REPORT_TIMEOUT = 10.0
_SETTLE_ALL = 5.0
_SETTLE_LESS = 1.0
# Silence that ends a complete run; longer than a busy machine lets a sender pause.
_QUIET_AFTER = 1.0


class TrafficExpect(Strict):
    """What must arrive."""

    received: int | CountRange | Literal["all", "none"] = Field(
        default="all", description="Distinct, undamaged packets of this step."
    )
    duplicates: int | CountRange = 0
    corrupt: int | CountRange = 0
    strays: int | CountRange = Field(default=0, description="Packets of other traffic steps.")
    sent: Literal["all", "any"] = Field(
        default="all",
        description="any: the sender's own kernel may refuse packets, as on a cut link.",
    )

    def wanted(self, count: int) -> CountRange:
        """Range of `received` when `count` packets are sent."""
        if isinstance(self.received, str):
            number = count if self.received == "all" else 0
            return CountRange(min=number, max=number)
        return _as_range(self.received)


class TrafficAction(Strict):
    """What to send where. `from` and `to` are NODE or NODE:INTERFACE."""

    sender: str = Field(alias="from")
    receiver: str = Field(alias="to", description="NODE, or NODE:INTERFACE to count on.")
    proto: Literal["udp", "tcp", "icmp"] = "udp"
    ip: Literal[4, 6] = Field(
        default=4, description="Family of the addresses taken from the topology."
    )
    address: str = Field(default="", description="Destination; default: the receiving interface's.")
    source: str = Field(default="", description="Source; default: the sending interface's.")
    count: int = Field(default=20, ge=1, le=1_000_000)
    size: int = Field(default=64, ge=32, le=65_000, description="Payload bytes.")
    rate: float = Field(default=500.0, ge=0, description="Packets a second; 0: as fast as it goes.")
    sport: int | None = Field(default=None, ge=0, le=65535)
    dport: int | None = Field(default=None, ge=0, le=65535)
    settle: Duration | None = Field(
        default=None, description="How long to wait for late packets once all are sent."
    )
    expect: TrafficExpect = TrafficExpect()

    @field_validator("address", "source")
    @classmethod
    def _is_address(cls, text: str) -> str:
        if text and not is_unresolved(text):
            ip_address(text)
        return text


class TrafficStep(Invertible):
    """Send tagged packets and count what arrived."""

    kind: ClassVar[str] = "traffic"
    default_timeout: ClassVar[float] = 60.0

    traffic: TrafficAction

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.traffic.sender
        yield self.traffic.receiver

    def run(self, context: StepContext) -> None:
        """See Step."""
        topology, action = context.lab.topology, self.traffic
        target = _interface(topology, action.receiver, action.ip)
        if target is None:
            raise LabError(
                f"which interface of {action.receiver} receives is not clear",
                "write to: NODE:INTERFACE",
            )
        destination = action.address or _address(target, action.ip)
        if not destination:
            raise LabError(
                f"{target} has no IPv{action.ip} address in the topology", "give address"
            )
        tag = context.derived("tag", 32)
        receiver = context.node(target.node)
        with receiver.start(self._receive_command(target, tag, context)) as process:
            process.wait_for_line('"armed"', context.deadline.timeout(_ARM_TIMEOUT))
            sent = self._send(context, destination, tag)
            result = self._result(process, context)
        context.measured |= {
            "sent": sent["sent"],
            "refused": sent.get("failed", {}),
            "sha256": sent.get("sha256", ""),
            "received": result["received"],
            "duplicates": result["duplicates"],
            "reordered": result["reordered"],
            "corrupt": result["corrupt"],
            "strays": result["strays"],
        }
        _judge(action, sent, result)

    def _receive_command(self, target: Endpoint, tag: str, context: StepContext) -> list[str]:
        action = self.traffic
        # 0 means to wait for the signal.
        expected = 0 if action.expect.wanted(action.count).max == 0 else action.count
        command = [*PROGRAM, "receive", "--interface", target.interface, "--tag", tag]
        command += ["--expect", str(expected), "--proto", action.proto]
        command += ["--timeout", f"{context.deadline.timeout() + _REPORT_TIMEOUT:.3f}"]
        if expected:
            # Listening on after the last one is what finds duplicates.
            command += ["--quiet-after", str(self._pause_between() + _QUIET_AFTER)]
        return command

    def _pause_between(self) -> float:
        return 1.0 / self.traffic.rate if self.traffic.rate else 0.0

    def _send(self, context: StepContext, destination: str, tag: str) -> dict[str, Any]:
        action = self.traffic
        node, _, interface = action.sender.partition(":")
        command = [*PROGRAM, "send", "--to", destination, "--proto", action.proto, "--tag", tag]
        command += ["--count", str(action.count), "--size", str(action.size)]
        command += ["--rate", f"{action.rate:g}", "--seed", str(context.seed)]
        source = action.source or self._source(context.lab.topology, destination)
        for flag, value in (
            ("--source", source),
            ("--interface", interface),
            ("--sport", action.sport),
            ("--dport", action.dport),
        ):
            if value not in {None, ""}:
                command += [flag, str(value)]
        ended = context.node(node).exec(command, timeout=context.deadline.timeout())
        # Exit code 1 with an event: the kernel refused packets, which is a finding.
        return _event(ended, "sent", node)

    def _source(self, topology: Topology, destination: str) -> str:
        """The sender's address where it has one interface: packets leave without a route too."""
        version = ip_address(destination).version
        end = _interface(topology, self.traffic.sender, version)
        return _address(end, version) if end else ""

    def _result(self, process: Process, context: StepContext) -> dict[str, Any]:
        """The receiver's result: when it has all, or what it has once late packets had time."""
        action = self.traffic
        usual = _SETTLE_ALL if action.expect.received == "all" else _SETTLE_LESS
        settle = usual if action.settle is None else action.settle
        try:
            ended = process.wait(context.deadline.timeout(settle))
        except TimeoutError:
            process.signal(signal.SIGTERM)
            ended = process.wait(_REPORT_TIMEOUT)
        return _event(ended, "result", action.receiver)


def _judge(action: TrafficAction, sent: dict[str, Any], result: dict[str, Any]) -> None:
    wanted = action.expect.wanted(action.count)
    if not wanted.holds(result["received"]):
        if result.get("inconclusive"):
            raise UnsupportedError(
                "receive-rate",
                f"{action.receiver}: its kernel dropped {result.get('kernel_drops')} frames before"
                " they were counted, so what is missing proves nothing",
                "lower rate",
            )
        raise ExpectationError(
            f"{action.receiver} received {result['received']} of {action.count}"
            f" {action.proto} packets, not {wanted}{_refused(sent)}"
        )
    for name in ("duplicates", "corrupt", "strays"):
        allowed = _as_range(getattr(action.expect, name))
        if not allowed.holds(result[name]):
            raise ExpectationError(f"{action.receiver} saw {result[name]} {name}, not {allowed}")
    if action.expect.sent == "all" and sent["sent"] < action.count:
        raise LabError(
            f"{action.sender} sent only {sent['sent']} of {action.count} packets{_refused(sent)},"
            " so what did not arrive proves nothing",
            "expect sent: any where the sender's own link is cut",
        )


def _refused(sent: dict[str, Any]) -> str:
    failed = sent.get("failed") or {}
    names = ", ".join(f"{name} {count} times" for name, count in failed.items())
    return f" (the sender's kernel refused: {names})" if names else ""


def _as_range(value: int | CountRange) -> CountRange:
    return CountRange(min=value, max=value) if isinstance(value, int) else value


def _event(ended: ExecResult, name: str, node: str) -> dict[str, Any]:
    """The JSON line of an event. Raises LabError when the tool did not print it."""
    for line in reversed(ended.stdout.splitlines()):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("event") == name:
            return event
    said = ended.stderr.strip()[-400:] or f"exit code {ended.exit_code}"
    raise LabError(f"the traffic tool in {node} gave no {name!r}: {said}")


def _interface(topology: Topology, place: str, version: int) -> Endpoint | None:
    """The link end that NODE or NODE:INTERFACE means; None where that is not one."""
    node, _, interface = place.partition(":")
    ends = [end for _, end in topology.links_of(node)]
    if interface:
        return next((end for end in ends if end.interface == interface), None)
    candidates = [end for end in ends if _address(end, version)] or ends
    return candidates[0] if len(candidates) == 1 else None


def _address(end: Endpoint, version: int) -> str:
    return (end.ipv6 if version == 6 else end.ipv4).partition("/")[0]
