"""What our log tells of clients that have gone before their answer: nothing that alarms anybody."""

from __future__ import annotations

import subprocess
import sys

# As gRPC says it, about once in a thousand calls whose deadline is a few milliseconds.
PROCESS = """
import logging
from dpu_sim import logs
logs.configure("info")
grpc = logging.getLogger("grpc._cython.cygrpc")
grpc.error("ExecuteBatchError raised in core by servicer method [%s]", "/a.B/C")
grpc.error("Unexpected [%s] raised by servicer method [%s]", "KeyError", "/a.B/C")
"""


def test_an_answer_that_nobody_waits_for_is_no_error() -> None:
    command = [sys.executable, "-c", PROCESS]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stderr
    assert "ExecuteBatchError" not in told
    assert "Unexpected [KeyError]" in told
