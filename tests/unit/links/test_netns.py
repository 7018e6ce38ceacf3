from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.links.netns import run_in


def test_a_missing_path_says_what_to_do() -> None:
    with pytest.raises(LabError) as caught:
        run_in(Path("/run/dpulab/none/dpu1/netns"), lambda: None)
    assert str(caught.value) == (
        "network namespace /run/dpulab/none/dpu1/netns: No such file or directory\n"
        "  hint: the node that it belongs to is not running; `dpulab up` brings it back"
    )


def test_a_path_that_is_no_namespace(tmp_path: Path) -> None:
    plain = tmp_path / "netns"
    plain.touch()
    with pytest.raises(LabError) as caught:
        run_in(plain, lambda: None)
    assert str(caught.value) == (
        f"cannot enter {plain}: Invalid argument\n"
        "  hint: the path has to be a bind mount of /proc/PID/ns/net"
    )
