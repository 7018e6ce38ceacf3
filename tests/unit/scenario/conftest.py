"""A lab of paper and a play on it: scenarios read like conversations with the nodes."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from lab.errors import LabError, UnsupportedError
from lab.node import ExecResult
from lab.scenario.bundle import STATE_COMMANDS
from lab.scenario.load import load_scenario
from lab.scenario.model import Scenario
from lab.scenario.progress import Progress, SilentProgress
from lab.scenario.result import ScenarioResult
from lab.scenario.run import RunOptions, run_scenario
from lab.topology.model import Endpoint, Impairment, Link, LinkType, Node, Role, Topology

Answer = ExecResult | BaseException | Callable[[], ExecResult]


BUNDLE_ASKS = tuple(f"$ {command}" for command in STATE_COMMANDS)


def says(stdout: str = "", exit_code: int = 0, stderr: str = "") -> ExecResult:
    return ExecResult(exit_code, stdout, stderr)


def two_hosts(source: Path) -> Topology:
    """h1 - d1 - h2, a traffic node t1 with two links."""
    nodes = {
        "h1": Node("h1", role=Role.HOST),
        "d1": Node("d1", role=Role.DPU),
        "h2": Node("h2", role=Role.HOST),
        "t1": Node("t1", role=Role.TGEN),
    }
    links = (
        _link("h1:eth1 10.0.1.2/24 fd00:1::2/64", "d1:pf0vf0 10.0.1.1/24 fd00:1::1/64"),
        _link("h2:eth1 10.0.2.2/24 fd00:2::2/64", "d1:p0 10.0.2.1/24 fd00:2::1/64"),
        _link("t1:eth1 10.0.3.2/24 -", "d1:p1 10.0.3.1/24 -"),
        _link("t1:eth2 10.0.4.2/24 -", "d1:p2 10.0.4.1/24 -"),
    )
    return Topology("paper", source, nodes=nodes, links=links)


def _link(a: str, b: str) -> Link:
    return Link(LinkType.VETH, _end(a), _end(b))


def _end(text: str) -> Endpoint:
    place, ipv4, ipv6 = text.split()
    node, interface = place.split(":")
    return Endpoint(node, interface, ipv4=ipv4, ipv6=ipv6.strip("-"))


class PaperProcess:
    """A receiver: armed at once, ends when it has everything or is asked to."""

    def __init__(self, node: PaperNode, argv: Sequence[str]) -> None:
        self.node, self.argv, self.signalled = node, list(argv), False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.node.play.say(f"{self.node.name}: receiver gone")

    def wait_for_line(self, needle: str, timeout: float) -> str:
        if not self.node.play.receivers_arm:
            raise TimeoutError(f"no line with {needle!r}")
        return '{"event": "armed"}'

    def wait(self, timeout: float) -> ExecResult:
        play = self.node.play
        expected = int(self.argv[self.argv.index("--expect") + 1])
        received = play.arrives(play.sent) if play.arrives else play.sent
        if not self.signalled and (received < expected or not expected):
            raise TimeoutError("still receiving")
        event = {
            "event": "result",
            "received": received,
            "duplicates": play.duplicates,
            "reordered": 0,
            "corrupt": play.corrupt,
            "strays": play.strays,
            "kernel_drops": play.drops,
            "inconclusive": bool(play.drops),
        }
        return says(json.dumps(event) + "\n")

    def signal(self, number: int) -> None:
        self.signalled = True
        self.node.play.say(f"{self.node.name}: signal {int(number)}")


class PaperCapture:
    def __init__(self, play: Play, place: str, file: Path) -> None:
        self.play, self.place, self.file = play, place, file

    def stop(self) -> Path:
        self.play.say(f"{self.place}: capture ends")
        self.file.write_text("\n".join(self.play.on_the_wire))
        return self.file


class PaperNode:
    def __init__(self, play: Play, name: str) -> None:
        self.play, self._name = play, name

    @property
    def name(self) -> str:
        return self._name

    def exec(
        self, argv: Sequence[str], *, timeout: float = 30.0, env: Mapping[str, str] | None = None
    ) -> ExecResult:
        command = argv[2] if list(argv[:2]) == ["sh", "-c"] else " ".join(argv)
        if "send" in argv:
            return self._send(list(argv))
        self.play.say(f"{self.name}$ {command}")
        if self.name in self.play.down:
            raise LabError(f"node {self.name} is not running")
        return self.play.answer(self.name, command)

    def _send(self, argv: list[str]) -> ExecResult:
        value = {flag: argv[i + 1] for i, flag in enumerate(argv) if flag.startswith("--")}
        self.play.tags.append(value["--tag"])
        self.play.say(f"{self.name}> {value['--proto']} {value['--count']} to {value['--to']}")
        count = int(value["--count"])
        self.play.sent = 0 if self.play.refuses else count
        failed = {"ENETUNREACH": count} if self.play.refuses else {}
        event = {"event": "sent", "sent": self.play.sent, "failed": failed, "sha256": "00"}
        return says(json.dumps(event), exit_code=1 if failed else 0)

    def start(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> PaperProcess:
        interface = argv[argv.index("--interface") + 1]
        self.play.say(f"{self.name}: receiver on {interface}")
        self.play.receivers.append(" ".join(argv))
        return PaperProcess(self, argv)

    def put(self, data: bytes, path: str, mode: int = 0o644) -> None:
        self.play.say(f"{self.name}: put {path}")

    def get(self, path: str) -> bytes:
        return self.play.files[self.name, path]

    def capture(self, interface: str, to: Path, bpf: str = "") -> PaperCapture:
        self.play.say(f"{self.name}:{interface}: capture begins")
        return PaperCapture(self.play, f"{self.name}:{interface}", to)

    def logs(self, tail: int | None = None) -> str:
        return f"log of {self.name}\n"


class PaperDissector:
    """Counts the frames (lines) that contain the filter."""

    def count(self, capture: Path, display_filter: str) -> int:
        return sum(display_filter in line for line in capture.read_text().splitlines())


class PaperApi:
    def __init__(self, play: Play, target: str) -> None:
        self.play, self.target = play, target

    def call(self, method: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        self.play.say(f"{self.target} {method} {json.dumps(body)}")
        answer = self.play.api[method]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        self.play.say(f"{self.target} closed")


@dataclass
class Play:
    """The stage: what nodes answer, and everything that was said in order."""

    folder: Path
    said: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    api: dict[str, dict[str, Any] | BaseException] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    on_the_wire: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    """Command lines of the receivers that were started."""
    arrives: Callable[[int], int] | None = None
    receivers_arm: bool = True
    refuses: bool = False
    sent: int = 0
    duplicates: int = 0
    corrupt: int = 0
    strays: int = 0
    drops: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    """Capabilities that the machine lacks, with the reason."""
    trouble: dict[str, BaseException] = field(default_factory=dict)
    """What the lab's own methods raise, by the line they would say."""

    def say(self, line: str) -> None:
        self.said.append(line)
        if line in self.trouble:
            raise self.trouble[line]

    def on(self, node: str, command: str, *answers: Answer) -> None:
        """Answers to a command, one after another; the last one stays."""
        self.answers[node, command] = list(answers)

    def answer(self, node: str, command: str) -> ExecResult:
        answers = self.answers.get((node, command), [says()])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, ExecResult) else answer()

    def conversation(self) -> list[str]:
        """What was said, without what collecting a bundle asked."""
        return [line for line in self.said if not line.endswith(BUNDLE_ASKS)]

    # lab.node.RunningLab

    @property
    def topology(self) -> Topology:
        return two_hosts(self.folder / "paper.clab.yml")

    def node(self, name: str) -> PaperNode:
        return PaperNode(self, name)

    def grpc_target(self, node: str) -> str:
        return f"{node}:50051"

    def mgmt_address(self, node: str) -> str:
        return "172.30.0.2" if node == "d1" else ""

    def set_link(self, node: str, interface: str, *, up: bool) -> None:
        self.say(f"link {node}:{interface} {'up' if up else 'down'}")

    def impair(self, node: str, interface: str, impairment: Impairment) -> None:
        self.say(f"impair {node}:{interface} {'none' if impairment.is_none else 'some'}")

    def stop_node(self, node: str, *, kill: bool = False) -> None:
        self.down.add(node)
        self.say(f"{'kill' if kill else 'stop'} {node}")

    def start_node(self, node: str) -> None:
        self.say(f"start {node}")
        self.down.discard(node)

    # the play

    def write(self, text: str, name: str = "area/play") -> Path:
        """A scenario file; only what matters need be written."""
        body = textwrap.dedent(text)
        for line in ("topology: ../paper.clab.yml", "name: a play"):
            if not re.search(rf"^{line.split(':')[0]}:", body, re.MULTILINE):
                body = f"{line}\n{body}"
        file = self.folder / f"{name}.scenario.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
        return file

    def load(self, text: str) -> Scenario:
        return load_scenario(self.write(text))

    def require(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.missing:
                raise UnsupportedError(name, self.missing[name])

    def options(self, **changes: Any) -> RunOptions:
        values: dict[str, Any] = {
            "require": self.require,
            "connect": lambda target: PaperApi(self, target),
            "find_dissector": lambda lab: PaperDissector(),
        }
        return RunOptions(**(values | changes))

    def run(self, text: str, *, progress: Progress | None = None, **options: Any) -> ScenarioResult:
        return run_scenario(
            self.load(text),
            self,
            progress=progress or SilentProgress(),
            results_dir=self.folder / "results",
            options=self.options(**options),
        )


@pytest.fixture
def play(tmp_path: Path) -> Play:
    (tmp_path / "paper.clab.yml").write_text("name: paper\n")
    return Play(tmp_path)
