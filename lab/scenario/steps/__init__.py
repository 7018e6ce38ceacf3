"""The step kinds, one module each."""

from __future__ import annotations

from lab.scenario.steps.base import Step
from lab.scenario.steps.capture import CaptureStep
from lab.scenario.steps.check import CheckStep
from lab.scenario.steps.exec import ExecStep
from lab.scenario.steps.fault import FaultStep
from lab.scenario.steps.opi import OpiStep
from lab.scenario.steps.traffic import TrafficStep
from lab.scenario.steps.wait import WaitStep

STEP_KINDS: dict[str, type[Step]] = {
    kind.kind: kind
    for kind in (OpiStep, ExecStep, TrafficStep, CaptureStep, FaultStep, WaitStep, CheckStep)
}
"""Step model by the key that makes a step of this kind."""
