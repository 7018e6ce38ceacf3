"""The DPU image's supervisor tree: start order, readiness, restart, back-off, clean stop.

Runs the image with the capabilities that a lab gives a DPU. DPULAB_DPU_IMAGE names another image.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException, ImageNotFound

pytestmark = pytest.mark.integration

IMAGE = os.environ.get("DPULAB_DPU_IMAGE", "dpulab/dpu:latest")
DEADLINE = 30.0
START = "#!/bin/sh\nexec /usr/local/libexec/dpu-start"

# Services that a test adds to the image's own: folder -> file -> content.
Services = dict[str, dict[str, str]]


class Dpu:
    """A container of the image, and what the supervisor in it says."""

    def __init__(self, container: Any) -> None:
        self.container = container

    def run(self, command: str) -> str:
        """Output of a shell command in the container."""
        code, output = self.container.exec_run(["sh", "-c", command])
        text: str = output.decode()
        assert code == 0, text
        return text.strip()

    def ready(self) -> None:
        """Wait until opid serves and the supervisor knows it."""
        self.logs_have('"serving"')
        self.run(f"s6-svwait -U -t {int(DEADLINE * 1000)} /run/service/opid")

    def pid(self, service: str) -> int:
        """Process id of a service inside the container."""
        return int(self.run(f"s6-svstat -o pid /run/service/{service}"))

    def logs(self) -> list[tuple[float, str]]:
        """Log lines with the time, in seconds, at which they were printed."""
        lines = self.container.logs(timestamps=True).decode().splitlines()
        stamped = (line.split(" ", 1) for line in lines)
        return [(_seconds(stamp), text) for stamp, text in stamped]

    def logs_have(self, text: str, times: int = 1) -> list[float]:
        """Wait until `times` log lines contain `text`; return when they were printed."""
        deadline = time.monotonic() + DEADLINE
        found: list[float] = []
        while time.monotonic() < deadline:
            found = [stamp for stamp, line in self.logs() if text in line]
            if len(found) >= times:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{len(found)} of {times} lines with {text!r}: {self.logs()}")

    def stop(self) -> tuple[float, int]:
        """`docker stop`: seconds it took, and the exit code."""
        began = time.monotonic()
        self.container.stop(timeout=10)
        took = time.monotonic() - began
        return took, self.container.wait()["StatusCode"]


def _seconds(stamp: str) -> float:
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


Start = Callable[..., Dpu]


@pytest.fixture
def dpu(tmp_path: Path) -> Iterator[Start]:
    """Start a container with extra services; it is removed after the test."""
    try:
        client = docker.from_env()
        client.images.get(IMAGE)
    except ImageNotFound:
        pytest.skip(f"image {IMAGE} does not exist")
    except DockerException as error:
        pytest.skip(f"no container engine answers: {error}")
    containers: list[Any] = []

    def start(
        services: Services | None = None, programs: dict[str, Path] | None = None, **options: Any
    ) -> Dpu:
        binds = [f"{file}:{place}:ro" for place, file in (programs or {}).items()]
        for name, files in (services or {}).items():
            (tmp_path / name).mkdir()
            for file, content in files.items():
                (tmp_path / name / file).write_text(content)
                (tmp_path / name / file).chmod(0o755)
            binds.append(f"{tmp_path / name}:/etc/s6/{name}:ro")
        containers.append(
            client.containers.run(
                IMAGE,
                detach=True,
                hostname="dpu1",
                volumes=binds,
                cap_drop=["ALL"],
                cap_add=["NET_ADMIN", "NET_RAW"],
                security_opt=["no-new-privileges"],
                **options,
            )
        )
        return Dpu(containers[-1])

    try:
        yield start
    finally:
        for container in containers:
            container.remove(force=True)
        client.close()


@pytest.mark.parametrize(
    "options",
    [{}, {"read_only": True, "tmpfs": dict.fromkeys(("/run", "/var/lib/opid", "/var/tmp"), "")}],
    ids=["plain", "read-only"],
)
def test_starts_serves_and_stops_clean(dpu: Start, options: dict[str, Any]) -> None:
    card = dpu(**options)
    card.ready()
    assert card.run("cat /proc/1/comm") == "s6-svscan"
    took, code = card.stop()
    assert took < 2
    assert code == 0
    assert '"message": "stopped"' in card.logs()[-1][1]


def test_a_stopped_container_starts_again(dpu: Start) -> None:
    card = dpu()
    card.ready()
    card.stop()
    card.container.start()
    card.logs_have('"serving"', times=2)
    card.ready()


def test_a_killed_service_comes_back_ready(dpu: Start) -> None:
    card = dpu()
    card.ready()
    before = card.pid("opid")
    card.run(f"kill -KILL {before}")
    card.logs_have("dpu-finish: opid: killed by signal 9")
    card.logs_have('"serving"', times=2)
    card.ready()
    assert card.pid("opid") != before


def test_a_service_waits_for_what_it_needs(dpu: Start) -> None:
    first = 'echo "first: started"; sleep 0.5; echo "first: ready"; echo >&3; exec sleep 1000'
    services: Services = {
        # In this order the names do not start in the right order by chance.
        "a-second": {
            "run": f"{START} sh -c 'echo second: started; exec sleep 1000'\n",
            "after": "z-first\n",
        },
        "z-first": {"run": f"{START} sh -c '{first}'\n", "notification-fd": "3\n"},
    }
    card = dpu(services)
    (started,) = card.logs_have("second: started")
    (ready,) = card.logs_have("first: ready")
    assert ready <= started


def test_a_need_that_does_not_exist_is_named(dpu: Start) -> None:
    services: Services = {"lonely": {"run": f"{START} sleep 1000\n", "after": "nobody\n"}}
    card = dpu(services)
    card.logs_have("dpu-start: lonely: needs nobody, which is not supervised here")
    card.ready()


def test_a_crash_loop_slows_down_and_can_be_stopped(dpu: Start) -> None:
    finish = '#!/bin/sh\nexec /usr/local/libexec/dpu-finish "$@"\n'
    services: Services = {
        "crash": {"run": f"{START} sh -c 'echo crash: started; exit 7'\n", "finish": finish}
    }
    card = dpu(services)
    starts = card.logs_have("crash: started", times=4)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert gaps[0] >= 1
    assert gaps[1] >= 2
    assert gaps[2] >= 4
    card.logs_have("dpu-finish: crash: exited with code 7")
    card.logs_have("dpu-start: crash: keeps ending early, next start in 8 s")
    took, code = card.stop()
    assert took < 3
    assert code == 0


def test_a_service_that_ignores_sigterm_does_not_hold_up_the_stop(dpu: Start) -> None:
    run = "#!/bin/sh\ntrap '' TERM\nexec /usr/local/libexec/dpu-start sleep 1000\n"
    card = dpu({"stubborn": {"run": run, "timeout-kill": "2000\n"}})
    card.ready()
    card.run("s6-svwait -u -t 5000 /run/service/stubborn")
    took, code = card.stop()
    assert 1.5 < took < 3
    assert code == 0


def test_arguments_run_instead_of_the_services(dpu: Start) -> None:
    card = dpu(command=["echo", "instead"])
    assert card.container.wait()["StatusCode"] == 0
    assert [line for _, line in card.logs()] == ["instead"]


def test_an_spdk_tgt_that_is_given_is_the_target(dpu: Start, tmp_path: Path) -> None:
    """Not a real spdk_tgt: a program of its command line, which never says that it is ready."""
    given = tmp_path / "given_tgt"
    given.write_text(
        '#!/bin/sh\necho "given_tgt $*" >&2\nsleep 1\n'
        'exec /opt/venv/bin/python -P -m dpu_sim.spdk_sim "$@"\n'
    )
    given.chmod(0o755)
    where = "/opt/spdk/spdk_tgt"
    card = dpu(
        programs={where: given},
        environment={"SPDK_TGT": where, "SPDK_TGT_ARGS": "--no-huge -s 512"},
    )
    card.logs_have("given_tgt -r /var/tmp/spdk.sock --no-huge -s 512")
    assert card.run("s6-svstat -o ready /run/service/spdk") == "false"
    card.run("s6-svwait -U -t 20000 /run/service/spdk")
    assert card.run("/usr/local/libexec/spdk-answers /var/tmp/spdk.sock && echo yes") == "yes"
    assert "spdk_sim" in card.run(f"tr '\\0' ' ' </proc/{card.pid('spdk')}/cmdline")


def test_an_spdk_tgt_that_is_not_there_is_named(dpu: Start) -> None:
    card = dpu(environment={"SPDK_TGT": "/opt/spdk/spdk_tgt"})
    card.logs_have("SPDK_TGT=/opt/spdk/spdk_tgt is not a program in this node")
