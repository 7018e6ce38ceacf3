"""`opictl storage attach-remote` and `detach-remote`: the volumes of a remote NVMe target.

The target is a remote controller, and each of its addresses a path of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from google.protobuf.message import Message

from opi import standard
from opi.client import Client
from opi.names import id_problem
from opi.status import CallError
from opictl.errors import CommandError
from opictl.fields import named_bytes
from opictl.groups import FlagCommand
from opictl.session import Session, action
from opictl.storage.chains import (
    ChainError,
    DifferentError,
    Wanted,
    ensure,
    explain,
    remove,
    wanted,
)
from opictl.storage.completion import complete_remotes
from opictl.storage.kinds import kind, last_id, message
from opictl.storage.landscape import REMOTE_NAMESPACE, Found, Landscape
from opictl.storage.portal import Portal, parse_portal
from opictl.storage.printing import common_options, print_outcomes

REMOTE, PATH = "NvmeRemoteController", "NvmePath"
MODES = ("failover", "multipath", "disable")


def command(name: str) -> click.Command:
    """The command of this name."""
    return {"attach-remote": _attach, "detach-remote": _detach}[name]()


def _attach() -> click.Command:
    return FlagCommand(
        "attach-remote",
        callback=action(_run_attach),
        params=[
            click.Argument(["target"], metavar="NQN@ADDRESS[:PORT]…"),
            click.Argument(["more"], nargs=-1, metavar="[ADDRESS[:PORT]…]"),
            click.Option(
                ["--name"], metavar="NAME", help="What to call it; else the end of the NQN."
            ),
            click.Option(
                ["--multipath"],
                type=click.Choice(MODES),
                default=None,
                metavar="|".join(MODES),
                help="How several paths are used: one after the other (failover), or all at once.",
            ),
            click.Option(["--hostnqn"], metavar="NQN", help="What the DPU calls itself there."),
            click.Option(
                ["--psk-file"],
                metavar="FILE",
                type=click.Path(dir_okay=False),
                help="TLS pre-shared key in the interchange format (NVMeTLSkey-1:…).",
            ),
            click.Option(["--hdgst"], is_flag=True, help="Header digests."),
            click.Option(["--ddgst"], is_flag=True, help="Data digests."),
            *common_options(),
        ],
        help="Use the volumes of a remote NVMe/TCP target: a remote controller, and a path for "
        "each address.\n\n"
        "All of it is there in the end, or nothing new is. Doing it again changes nothing, and "
        "with another address adds a path. The volumes that are found come last.\n\n"
        "\b\nExample:\n"
        "  opictl storage attach-remote nqn.2022-09.io.spdk:disk1@10.1.0.2 10.2.0.2 "
        "--multipath multipath",
    )


def _run_attach(ctx: click.Context) -> int | None:
    session, params = Session(ctx), ctx.params
    nqn, portals = parse_target(params["target"], params["more"])
    tcp: dict[str, Any] = {name: True for name in ("hdgst", "ddgst") if params[name]}
    if params["psk_file"]:
        tcp["psk"] = named_bytes(Path(params["psk_file"]).read_bytes())
    with session.client() as client:
        seen = Landscape(client)
        name = _name(seen, nqn, params["name"])
        there = next((one for one in seen.of(REMOTE) if one.id == name), None)
        controller = _controller(name, params["multipath"], tcp, there)
        known = {_place(one): one.id for one in seen.below(PATH, there)} if there else {}
        chain = [controller]
        for one in portals:
            path = _path(one, nqn, params["hostnqn"] or "")
            chain.append(wanted(PATH, known.get(one, f"path-{one.slug}"), path, controller.name))
        try:
            outcomes = ensure(client, chain)
        except (DifferentError, ChainError) as error:
            return explain(error)
        volumes = list(_volumes(client, controller.name))
    lines = [f"volume {one}" for one in volumes]
    print_outcomes(session, controller.name, outcomes, lines, volumes=volumes)
    return None


def parse_target(text: str, more: Sequence[str]) -> tuple[str, list[Portal]]:
    """NQN and portals of "NQN@ADDRESS[:PORT]" and more such addresses. Raises CommandError."""
    nqn, mark, first = text.rpartition("@")
    if not mark or not nqn.startswith("nqn."):
        raise CommandError(f"{text!r} is not NQN@ADDRESS[:PORT]", "nqn.2022-09.io.spdk:x@10.0.0.1")
    texts = [part for one in (first, *more) for part in one.split(",") if part]
    portals = [parse_portal(one.removeprefix(f"{nqn}@")) for one in texts]
    if not portals:
        raise CommandError(f"{text!r} has no address", "nqn.2022-09.io.spdk:x@10.0.0.1")
    return nqn, list(dict.fromkeys(portals))


def _name(seen: Landscape, nqn: str, chosen: str | None) -> str:
    """What the remote controller is called: as chosen, as it is already, or after its NQN."""
    if chosen:
        problem = id_problem(last_id(chosen))
        if problem:
            raise CommandError(f"--name {problem}")
        return last_id(chosen)
    for path in seen.of(PATH):
        if path.message.fabrics.subnqn == nqn:
            return path.short.split("/")[0]
    words = re.sub(r"[^a-z0-9]+", "-", nqn.rsplit(":", 1)[-1].lower()).strip("-")[:40].strip("-")
    return words if id_problem(words) is None else f"nvme-{words}"[:50].strip("-")


def _controller(
    name: str, multipath: str | None, tcp: dict[str, Any], there: Found | None
) -> Wanted:
    """The remote controller; one that is there need not be described again."""
    if there is not None and multipath is None and not tcp:
        return Wanted(there.kind, there.name, kind(REMOTE).message())
    fields: dict[str, Any] = {"tcp": tcp} if tcp else {}
    if multipath:
        fields["multipath"] = f"NVME_MULTIPATH_{multipath.upper()}"
    return wanted(REMOTE, name, message(REMOTE, **fields))


def _path(portal: Portal, nqn: str, host: str) -> Message:
    """A path that leads there."""
    fabrics = {"subnqn": nqn, "trsvcid": portal.port} | ({"hostnqn": host} if host else {})
    return message(PATH, traddr=portal.address, fabrics=fabrics)


def _place(path: Found) -> Portal:
    return Portal(path.message.traddr, path.message.fabrics.trsvcid)


def _volumes(client: Client, parent: str) -> Iterator[str]:
    """The volumes that the target gives; none where the DPU does not tell."""
    try:
        for one in standard.list_all(client, kind(REMOTE_NAMESPACE), parent):
            yield Found(kind(REMOTE_NAMESPACE), one).volume
    except CallError as error:
        if error.status.code != "UNIMPLEMENTED":
            raise


def _detach() -> click.Command:
    return FlagCommand(
        "detach-remote",
        callback=action(_run_detach),
        params=[
            click.Argument(["name"], metavar="NAME", shell_complete=complete_remotes),
            *common_options(),
        ],
        help="Let go of a remote NVMe target: its paths, and the remote controller.\n\n"
        "Refused while something lies on one of its volumes. NAME may be its NQN.",
    )


def _run_detach(ctx: click.Context) -> int | None:
    session, text = Session(ctx), ctx.params["name"]
    with session.client() as client:
        seen = Landscape(client)
        remote = _found_remote(seen, text)
        for volume in seen.below(REMOTE_NAMESPACE, remote):
            for user in [*seen.users(volume), *seen.limits(volume)]:
                raise CommandError(
                    f"{remote.id} is in use: {user} lies on {volume.volume}",
                    f"`opictl storage unexpose {volume.volume}` takes it back from a host",
                )
        chain = [(one.kind, one.name) for one in (*seen.below(PATH, remote), remote)]
        try:
            outcomes = list(remove(client, chain))
        except ChainError as error:
            return explain(error)
    print_outcomes(session, remote.name, outcomes)
    return None


def _found_remote(seen: Landscape, text: str) -> Found:
    for one in seen.of(REMOTE):
        nqns = {path.message.fabrics.subnqn for path in seen.below(PATH, one)}
        if last_id(text) == one.id or text in nqns:
            return one
    raise CommandError(
        f"there is no remote controller {text!r}",
        "`opictl storage remote-controller list` shows what there is",
    )
