"""opi: call a gRPC method of a DPU and judge its status and answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, ClassVar, Literal

from pydantic import Field

from lab.opi import OpiCallError
from lab.scenario.matchers import Expected, Matcher, mismatch
from lab.scenario.steps.base import Invertible, StepContext
from lab.scenario.strict import Strict
from lab.scenario.variables import at
from lab.scenario.verdict import ExpectationError

# Status codes of gRPC (grpc/statuscodes).
Code = Literal[
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]


class OpiExpect(Strict):
    """What the call must end with."""

    code: Code = "OK"
    message: Matcher | None = Field(default=None, description="On the status message.")
    body: Expected = Field(
        default=None,
        description="Partial answer: fields not named do not matter; leaves may be matchers.",
    )


class OpiAction(Strict):
    """A call."""

    node: str = Field(description="A DPU of the lab.")
    method: str = Field(
        description="Full name, opi_api.inventory.v1.InventoryService/GetInventory.",
        pattern=r"^[\w.]+/\w+$",
    )
    body: dict[str, Any] = Field(
        default_factory=dict, description="Request in proto3 JSON, proto field names."
    )
    expect: OpiExpect = OpiExpect()
    save: dict[str, str] = Field(
        default_factory=dict, description="Variable: path in the answer, system.serial_number."
    )


class OpiStep(Invertible):
    """Call a gRPC method of a DPU."""

    kind: ClassVar[str] = "opi"
    default_timeout: ClassVar[float] = 10.0

    opi: OpiAction

    def places(self) -> Iterator[str]:
        """See Step."""
        yield self.opi.node

    def run(self, context: StepContext) -> None:
        """See Step."""
        code, message, answer = self._call(context)
        context.measured |= {"code": code, "message": message}
        expect = self.opi.expect
        if code != expect.code:
            what = f"answered {code}, not {expect.code}"
            raise ExpectationError(f"{what}: {message}" if message else what)
        if expect.message and (reason := expect.message.mismatch(message, "message")):
            raise ExpectationError(reason)
        if "body" in expect.model_fields_set and (reason := mismatch(expect.body, answer, "body")):
            raise ExpectationError(reason)
        for variable, path in self.opi.save.items():
            context.save(variable, _picked(answer, path))

    def _call(self, context: StepContext) -> tuple[str, str, dict[str, Any]]:
        """Status code, message and answer. Raises TimeoutError when the step's time ran out."""
        with closing(context.connect(context.lab.grpc_target(self.opi.node))) as client:
            try:
                answer = client.call(
                    self.opi.method, self.opi.body, timeout=context.deadline.timeout()
                )
            except OpiCallError as error:
                return error.code, error.reason, {}
        return "OK", "", answer


def _picked(answer: dict[str, Any], path: str) -> Any:
    try:
        return at(answer, path)
    except KeyError as error:
        raise ExpectationError(f"the answer has no {path!r}: {error} is not there") from None
