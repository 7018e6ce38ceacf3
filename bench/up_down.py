"""How long do `dpulab up` and `down` take for N containers, against bare `docker run` of as many?

    sudo .venv/bin/python -m bench.up_down [--count N ...] [--rounds N] [--max-ratio R]

Three ways in turns, the order turning with every round; the median of the rounds counts:

    docker run    `docker run --detach` and `docker rm --force` of N containers, as many at once as
                  the engine starts, with the image, capabilities, sysctls and network mode that the
                  engine uses
    engine        lab.engine.session.up and down in this process
    dpulab        the commands `dpulab up FILE` and `dpulab down LAB`, interpreter start included

These containers have no links. Links are timed apart: a chain through all N containers is created
straight into their namespaces, by the call that the engine makes, one after the other.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from lab.engine import session
from lab.engine.specs import container_spec, files_of
from lab.engine.up import default_workers
from lab.plan import Operation
from lab.runtime.docker_engine import Docker
from lab.topology.loader import load
from lab.topology.model import Endpoint, Link, LinkType, Topology

IMAGE = "dpulab/host"
COUNTS = (10,)
MAX_COUNT, MAX_ROUNDS = 100, 21
TARGET = 1.3
COMMAND_TIMEOUT = 300
DPULAB = Path(sys.executable).parent / "dpulab"


class Silence:
    """Progress of `up` that nobody reads."""

    def started(self, operation: Operation) -> None:
        """Say nothing."""

    def finished(self, operation: Operation, note: str) -> None:
        """Say nothing."""

    def say(self, message: str) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to bring N containers up and down again."""

    name: str
    up: Callable[[], object]
    down: Callable[[], object]


def write_topology(folder: Path, lab: str, count: int) -> Topology:
    """Write and load a topology of `count` containers without links."""
    nodes = "".join(f"    n{number}:\n" for number in range(count))
    text = (
        f"name: {lab}\n"
        "topology:\n"
        "  defaults:\n"
        "    kind: linux\n"
        f"    image: {IMAGE}\n"
        "    network-mode: none\n"
        "    labels: {dpulab.role: host}\n"
        f"  nodes:\n{nodes}"
    )
    path = folder / f"{lab}.clab.yml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def docker_commands(topology: Topology, image_id: str) -> list[list[str]]:
    """`docker run` command lines for containers like those that the engine makes."""
    commands = []
    for node in topology.nodes.values():
        spec = container_spec(topology, node, "", image_id, files_of(topology, node))
        flags = ["--name", bare_name(topology, node.name), "--hostname", spec.hostname]
        flags += ["--network", spec.network]
        for flag, values in (
            ("--cap-drop", spec.cap_drop),
            ("--cap-add", spec.cap_add),
            ("--security-opt", spec.security),
            ("--sysctl", [f"{name}={value}" for name, value in spec.sysctls.items()]),
            ("--env", [f"{name}={value}" for name, value in spec.env.items()]),
        ):
            flags += [f"{flag}={value}" for value in values]
        commands.append(["docker", "run", "--detach", *flags, spec.image])
    return commands


def bare_name(topology: Topology, node: str) -> str:
    """Name of the bare container that stands beside a node; no lab's mark is on it."""
    return f"bare-{topology.name}-{node}"


def run(command: Sequence[str | Path]) -> None:
    """Run a command to its end. Raises CalledProcessError, with its words printed."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=COMMAND_TIMEOUT
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, words)


def run_all(commands: Iterable[Sequence[str]]) -> None:
    """Run commands, as many at once as the engine starts containers."""
    with ThreadPoolExecutor(default_workers()) as pool:
        list(pool.map(run, commands))


def ways(topology: Topology, image_id: str) -> list[Way]:
    """The three ways, on containers of the same kind."""
    bare_up = docker_commands(topology, image_id)
    names = [bare_name(topology, node) for node in topology.nodes]
    bare_down = [["docker", "rm", "--force", name] for name in names]
    return [
        Way("docker run", lambda: run_all(bare_up), lambda: run_all(bare_down)),
        Way(
            "engine",
            lambda: session.up(topology, Silence()),
            lambda: session.down(topology.name),
        ),
        Way(
            "dpulab",
            lambda: run([DPULAB, "up", topology.source]),
            lambda: run([DPULAB, "down", topology.name]),
        ),
    ]


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


Times = dict[str, list[tuple[float, float]]]
"""Way -> (up, down) in seconds, one for each round."""


def measure(candidates: list[Way], rounds: int) -> Times:
    """Run every way once a round, each round beginning with another one."""
    times: Times = {way.name: [] for way in candidates}
    for number in range(rounds):
        turn = number % len(candidates)
        for way in candidates[turn:] + candidates[:turn]:
            times[way.name].append((seconds(way.up), seconds(way.down)))
    return times


def chain(topology: Topology) -> Topology:
    """The same nodes, wired one to the next with addresses."""
    names = list(topology.nodes)
    links = tuple(
        Link(
            type=LinkType.VETH,
            a=Endpoint(left, "right0", ipv4=f"10.88.{number}.1/24"),
            b=Endpoint(right, "left0", ipv4=f"10.88.{number}.2/24"),
            mtu=1500,
        )
        for number, (left, right) in enumerate(itertools.pairwise(names))
    )
    return replace(topology, links=links)


def link_times(topology: Topology) -> list[float]:
    """Seconds that each link of a chain takes, in containers that run already."""
    wired = chain(topology)
    lab, _ = session.up(topology, Silence())
    with lab.locked("bench"):
        return [seconds(partial(lab.net.ensure_link, wired, link)) for link in wired.links]


def report(count: int, times: Times, links: list[float]) -> float:
    """Print medians, time per container and ratios; return the engine's ratio for `up`."""
    ups = {name: statistics.median(up for up, _ in both) for name, both in times.items()}
    downs = {name: statistics.median(down for _, down in both) for name, both in times.items()}
    bare_up, bare_down = ups["docker run"], downs["docker run"]
    print(f"\n{count} containers, {default_workers()} at once, {len(times['engine'])} rounds")
    print(f"{'':12}{'up':>9}{'each':>9}{'ratio':>7}{'down':>10}{'each':>9}{'ratio':>7}")
    for name, up in ups.items():
        down = downs[name]
        print(
            f"{name:12}{up:>7.2f} s{up / count * 1e3:>6.0f} ms{up / bare_up:>7.2f}"
            f"{down:>8.2f} s{down / count * 1e3:>6.0f} ms{down / bare_down:>7.2f}"
        )
    if links:
        middle = statistics.median(links) * 1e3
        print(f"{len(links)} links in {sum(links):.3f} s, median {middle:.1f} ms a link")
    return ups["engine"] / bare_up


def bench(count: int, rounds: int) -> float:
    """Measure one size; return the engine's ratio. Takes everything away again."""
    lab = f"bench-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="dpulab-bench-") as folder:
        topology = write_topology(Path(folder), lab, count)
        image_id = Docker().image_id(IMAGE)
        if image_id is None:
            raise SystemExit(f"image {IMAGE} has not been built on this machine: `make images`")
        try:
            times = measure(ways(topology, image_id), rounds)
            links = link_times(topology)
        finally:
            session.down(lab)
            names = [bare_name(topology, node) for node in topology.nodes]
            subprocess.run(["docker", "rm", "--force", *names], capture_output=True, check=False)
        return report(count, times, links)


def arguments() -> argparse.Namespace:
    """Options within their bounds; argparse ends the process otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, nargs="+", default=COUNTS, help="containers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--max-ratio", type=float, help=f"fail above this (our target: {TARGET})")
    options = parser.parse_args()
    for value, most in [*((one, MAX_COUNT) for one in options.count), (options.rounds, MAX_ROUNDS)]:
        if not 1 <= value <= most:
            parser.error(f"{value} is not in 1..{most}")
    return options


def main() -> int:
    """Measure every size, print, compare with the limit."""
    options = arguments()
    if os.geteuid() != 0:
        sys.stderr.write("up_down: network namespaces need root\n")
        return 1
    worst = max(bench(count, options.rounds) for count in options.count)
    print(f"\nengine / docker run: {worst:.2f} at worst, target {TARGET}")
    return int(options.max_ratio is not None and worst > options.max_ratio)


if __name__ == "__main__":
    sys.exit(main())
