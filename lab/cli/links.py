"""Commands on links: capture, impair show|set|reset, graph."""

from __future__ import annotations

import os
import signal
import struct
import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from lab import graph as graphs
from lab.cli import complete
from lab.cli.common import (
    Format,
    FormatOption,
    LabOption,
    chosen_lab,
    err,
    link_end,
    load_topology,
    print_json,
    print_table,
)
from lab.engine.session import LabSession
from lab.errors import LabError
from lab.links.impairment import ImpairmentState
from lab.links.place import place_of
from lab.runtime import capture as captures
from lab.topology import impairments
from lab.topology.model import Impairment, Topology

EndArgument = Annotated[
    str,
    typer.Argument(help="Link end, NODE:INTERFACE.", metavar="END", autocompletion=complete.ends),
]
_COUNTERS = {
    "frames": "seen",
    "lost": "lost",
    "duplicated": "duplicated",
    "corrupted": "corrupted",
}
impair_app = typer.Typer(no_args_is_help=True, help="Show, set or reset what links do to frames.")


class GraphFormat(StrEnum):
    """What `graph` prints."""

    MERMAID = "mermaid"
    DOT = "dot"
    HTML = "html"


def capture(
    end: EndArgument,
    bpf: Annotated[
        str, typer.Argument(help="pcap filter, such as 'udp port 4500'.", metavar="FILTER")
    ] = "",
    lab: LabOption = None,
    *,
    write: Annotated[
        Path | None, typer.Option("--write", "-w", help="File to write; stdout if left out.")
    ] = None,
) -> None:
    """Capture frames on any link end as pcap, until Ctrl-C."""
    node, interface = link_end(end)
    session = chosen_lab(lab)
    found = session.topology.endpoint(node, interface)
    if found is None:
        raise _no_link_end(session.topology, node, interface)
    place = place_of(session.topology, found[1])
    if write is None:
        _capture_to_stdout(place.netns, place.interface, bpf)
        return
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    running = captures.start_capture(place.netns, place.interface, write, bpf)
    err.print(f"capturing {escape(end)} into {escape(str(write))}, Ctrl-C ends it")
    ended.wait()
    running.stop()
    frames = count_frames(write)
    err.print(f"{frames} frame{'s' * (frames != 1)} in {escape(str(write))}")


def _no_link_end(topology: Topology, node: str, interface: str) -> LabError:
    """Say what there is: the interfaces of the node, or the nodes that have any."""
    there = [end.interface for _, end in topology.links_of(node)]
    if there:
        return LabError(f"no link ends at {node}:{interface}", f"{node} has {', '.join(there)}")
    nodes = dict.fromkeys(end.node for link in topology.links for end in link.endpoints)
    return LabError(
        f"no link ends at {node}:{interface}",
        f"nodes with links: {', '.join(nodes) or 'none'}",
    )


def count_frames(pcap: Path) -> int:
    """How many records a pcap file has (pcap-savefile(5): 24 bytes of header, 16 per record)."""
    count = 0
    with pcap.open("rb") as file:
        order = "<" if file.read(24)[:1] in (b"\xd4", b"\x4d") else ">"
        while len(head := file.read(16)) == 16:
            file.seek(struct.unpack_from(f"{order}I", head, 8)[0], os.SEEK_CUR)
            count += 1
    return count


def _capture_to_stdout(netns: Path, interface: str, bpf: str) -> None:
    if sys.stdout.isatty():
        raise LabError("a capture is binary", "pipe it (| tshark -r -) or write it with -w FILE")
    command = captures.command(netns, interface, bpf)
    os.execvp(command[0], command)  # noqa: S606 - built by captures.command


@impair_app.command("show")
def show(lab: LabOption = None, fmt: FormatOption = Format.TABLE) -> None:
    """Show what is in force on every link end, read back from the kernel, with counters."""
    session = chosen_lab(lab)
    states = session.net.impairments(session.topology)
    if fmt is Format.JSON:
        print_json({end: _data(state) for end, state in states.items()})
        return
    rows = [_row(end, state) for end, state in states.items()]
    print_table(("END", "IMPAIRMENT", *(name.upper() for name in _COUNTERS)), rows)


def _data(state: ImpairmentState) -> dict[str, Any]:
    counters = {name: getattr(state.counters, counter) for name, counter in _COUNTERS.items()}
    return {"impairment": impairments.describe(state.impairment), **counters}


def _row(end: str, state: ImpairmentState) -> tuple[str, ...]:
    settings = impairments.describe(state.impairment)
    words = " ".join(f"{key} {value}" for key, value in settings.items())
    counts = (getattr(state.counters, counter) for counter in _COUNTERS.values())
    return (end, words or "none", *(str(count) for count in counts))


@impair_app.command("set")
def set_(
    end: EndArgument,
    lab: LabOption = None,
    *,
    delay: Annotated[str, typer.Option(help="Such as 10ms; needs netem in the kernel.")] = "",
    jitter: Annotated[str, typer.Option(help="Such as 1ms.")] = "",
    loss: Annotated[str, typer.Option(help="Such as 1%.")] = "",
    duplicate: Annotated[str, typer.Option(help="Such as 0.5%.")] = "",
    corrupt: Annotated[str, typer.Option(help="Such as 0.1%.")] = "",
    rate: Annotated[str, typer.Option(help="Such as 10mbit.")] = "",
    seed: Annotated[int, typer.Option(help="Same seed, same frames lost.")] = 1,
) -> None:
    """Replace the impairment of one link end (frames that leave through it)."""
    given = {
        "delay": delay, "jitter": jitter, "loss": loss,
        "duplicate": duplicate, "corrupt": corrupt, "rate": rate,
    }  # fmt: skip
    wanted = impairments.parse({key: text for key, text in given.items() if text}, seed)
    if wanted.is_none:
        raise LabError("nothing to set", "give at least one of --" + ", --".join(given))
    session = chosen_lab(lab)
    _impair(session, end, wanted)
    words = " ".join(f"{key} {value}" for key, value in impairments.describe(wanted).items())
    undo = f"dpulab impair reset {end} --lab {session.topology.name}"
    err.print(f"frames that leave {escape(end)}: {escape(words)}; `{escape(undo)}` undoes it")


@impair_app.command("reset")
def reset(end: EndArgument, lab: LabOption = None) -> None:
    """Let a link end pass frames untouched."""
    _impair(chosen_lab(lab), end, Impairment())
    err.print(f"{escape(end)} passes frames untouched")


def _impair(session: LabSession, end: str, wanted: Impairment) -> None:
    node, interface = link_end(end)
    if session.topology.endpoint(node, interface) is None:
        raise _no_link_end(session.topology, node, interface)
    with session.locked(f"impair {end}"):
        session.impair(node, interface, wanted)


def graph(
    file: Annotated[
        Path | None,
        typer.Argument(help="Topology file; the running lab if left out.", metavar="FILE"),
    ] = None,
    lab: LabOption = None,
    *,
    fmt: Annotated[
        GraphFormat, typer.Option("--format", "-f", help="mermaid, dot, or one HTML page.")
    ] = GraphFormat.MERMAID,
    write: Annotated[Path | None, typer.Option("--write", "-w", help="File to write.")] = None,
) -> None:
    """Draw a topology."""
    states: dict[str, str] = {}
    addresses: dict[str, str] = {}
    if file is not None:
        topology = load_topology(file)
    else:
        session = chosen_lab(lab)
        topology = session.topology
        containers = session.docker.containers(topology.name)
        states = {one.node: one.state for one in containers}
        addresses = {one.node: one.ipv4 for one in containers if one.ipv4}
    if fmt is GraphFormat.HTML:
        text = graphs.html(topology, states or None, addresses)
    else:
        text = graphs.mermaid(topology) if fmt is GraphFormat.MERMAID else graphs.dot(topology)
    if write is None:
        sys.stdout.write(text)
        return
    write.write_text(text, encoding="utf-8")
    err.print(f"wrote {escape(str(write))}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(capture)
    app.command()(graph)
    app.add_typer(impair_app, name="impair")
