"""What our log tells of clients that have gone before their answer: nothing that alarms anybody."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from dpu_sim import logs

GRPC = logging.getLogger("grpc._cython.cygrpc")


@pytest.fixture
def configured(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """The process's logs as opid has them, on the stderr that the test reads."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("info")
    yield capsys
    root.handlers[:] = before
    root.setLevel(level)


def test_an_answer_that_nobody_waits_for_is_no_error(
    configured: pytest.CaptureFixture[str],
) -> None:
    # As gRPC says it, about once in a thousand calls whose deadline is a few milliseconds.
    GRPC.error("ExecuteBatchError raised in core by servicer method [%s]", "/a.B/C")
    GRPC.error("Unexpected [%s] raised by servicer method [%s]", "KeyError", "/a.B/C")
    told = configured.readouterr().err
    assert "ExecuteBatchError" not in told
    assert "Unexpected [KeyError]" in told
