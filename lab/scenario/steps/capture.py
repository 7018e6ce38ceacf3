"""capture: watch links while other steps run, then judge what was seen on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field, model_validator

from lab.errors import LabError
from lab.node import Capture
from lab.scenario.dissector import Dissector
from lab.scenario.steps.base import CountRange, NestedStep, Step, StepContext
from lab.scenario.strict import Strict
from lab.scenario.verdict import ExpectationError

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


class CapturePoint(Strict):
    """An interface to watch."""

    node: str
    interface: str
    filter: str = Field(default="", description="BPF, pcap-filter(7): which frames to keep.")
    label: str = Field(default="", description="Name for `on`; default NODE:INTERFACE.")

    @property
    def called(self) -> str:
        """What `on` and reasons call it."""
        return self.label or f"{self.node}:{self.interface}"


class Sighting(Strict):
    """Frames that must or must not be in a capture."""

    filter: str = Field(
        default="", description="Wireshark display filter; default: every frame kept."
    )
    on: str = Field(default="", description="One capture point; default: each of them.")


class MustSee(Sighting):
    """Frames that must be there; without `count` at least one."""

    count: CountRange = Field(default_factory=lambda: CountRange(min=1))


class CaptureAction(Strict):
    """Where to watch, what to do meanwhile, and what must have been seen."""

    on: list[CapturePoint] = Field(min_length=1)
    steps: list[NestedStep] = Field(min_length=1)
    must_see: list[MustSee] = Field(default_factory=list)
    must_not_see: list[Sighting] = Field(default_factory=list)
    allow_empty: bool = Field(
        default=False,
        description="Accept must_not_see also from a capture that kept no frame at all.",
    )

    @model_validator(mode="after")
    def _judges_points_that_exist(self) -> CaptureAction:
        if not self.must_see and not self.must_not_see:
            raise ValueError("judges nothing; give must_see or must_not_see")
        names = [point.called for point in self.on]
        if len(set(names)) != len(names):
            raise ValueError("two capture points have one name; give them labels")
        unknown = {item.on for item in (*self.must_see, *self.must_not_see)} - {"", *names}
        if unknown:
            raise ValueError(f"no capture point {unknown.pop()!r}; there are: {', '.join(names)}")
        return self


@dataclass(frozen=True, slots=True)
class _Recording:
    """A finished capture."""

    point: str
    file: Path
    frames: int


class CaptureStep(Step):
    """Watch links while other steps run."""

    kind: ClassVar[str] = "capture"
    default_timeout: ClassVar[float] = 120.0

    capture: CaptureAction

    def places(self) -> Iterator[str]:
        """See Step."""
        yield from (f"{point.node}:{point.interface}" for point in self.capture.on)

    def run(self, context: StepContext) -> None:
        """See Step."""
        # Asked first: without it nothing can be judged, and running the steps proves nothing.
        dissector = context.find_dissector()
        files = self._record(context)
        recordings = [
            _Recording(point, file, dissector.count(file, "")) for point, file in files.items()
        ]
        context.measured["frames"] = {item.point: item.frames for item in recordings}
        context.measured["files"] = {item.point: item.file.name for item in recordings}
        for wanted in self.capture.must_see:
            _must_see(dissector, wanted, _at(recordings, wanted), context)
        for unwanted in self.capture.must_not_see:
            self._must_not_see(dissector, unwanted, _at(recordings, unwanted))

    def _record(self, context: StepContext) -> dict[str, Path]:
        """Run the nested steps under capture; file of each point."""
        running: dict[str, tuple[Capture, Path]] = {}
        with ExitStack() as stack:
            for point in self.capture.on:
                file = context.folder / "captures" / _file_name(context.source.id, point.called)
                file.parent.mkdir(parents=True, exist_ok=True)
                capture = context.node(point.node).capture(point.interface, file, point.filter)
                # Also when a step fails: the file belongs into the bundle.
                stack.callback(capture.stop)
                running[point.called] = capture, file
            for child in context.source.children:
                context.run_child(child, context.deadline)
            stopped = {name: capture.stop() for name, (capture, _) in running.items()}
            stack.pop_all()
        return stopped

    def _must_not_see(
        self, dissector: Dissector, unwanted: Sighting, recordings: list[_Recording]
    ) -> None:
        for item in recordings:
            if not item.frames and not self.capture.allow_empty:
                raise LabError(
                    f"the capture on {item.point} has no frame at all, so what must not be seen"
                    " proves nothing",
                    "widen the capture's filter, or accept this with allow_empty: true",
                )
            if count := dissector.count(item.file, unwanted.filter):
                raise ExpectationError(
                    f"saw {count} of {item.frames} frames on {item.point} that must not be there:"
                    f" {unwanted.filter or 'any frame'}"
                )


def _must_see(
    dissector: Dissector, wanted: MustSee, recordings: list[_Recording], context: StepContext
) -> None:
    for item in recordings:
        count = dissector.count(item.file, wanted.filter)
        context.measured.setdefault("seen", []).append(
            {"on": item.point, "filter": wanted.filter, "count": count}
        )
        if not wanted.count.holds(count):
            raise ExpectationError(
                f"saw {count} of {item.frames} frames on {item.point}, not {wanted.count}:"
                f" {wanted.filter or 'any frame'}"
            )


def _at(recordings: list[_Recording], sighting: Sighting) -> list[_Recording]:
    return [item for item in recordings if sighting.on in {"", item.point}]


def _file_name(step: str, point: str) -> str:
    return f"{_UNSAFE.sub('-', step)}-{_UNSAFE.sub('-', point)}.pcap"
