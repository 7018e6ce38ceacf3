"""`opictl storage expose` and `unexpose`: a volume for a host over NVMe/TCP, and back.

A host finds a volume as a namespace of a subsystem, and the subsystem at the address of a
controller. All three are made as far as they are not there.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import click
from google.protobuf.message import Message

from opi.client import Client
from opi.names import id_problem
from opi.resources import ResourceType
from opictl.errors import CommandError, show_note
from opictl.groups import FlagCommand
from opictl.session import Session, action
from opictl.storage.chains import (
    ChainError,
    DifferentError,
    Outcome,
    Wanted,
    ensure,
    explain,
    remove,
    wanted,
)
from opictl.storage.completion import complete_devices, complete_exposed, complete_subsystems
from opictl.storage.kinds import kind, last_id, message
from opictl.storage.landscape import FRONTS, NAMESPACE, REMOTE_NAMESPACE, Found, Landscape
from opictl.storage.portal import Portal, parse_portal
from opictl.storage.printing import common_options, print_outcomes
from opictl.storage.volumes import unknown_volume

SUBSYSTEM, CONTROLLER = "NvmeSubsystem", "NvmeController"
ANY_HOST = "any"
TCP = "NVME_TRANSPORT_TYPE_TCP"


def command(name: str) -> click.Command:
    """The command of this name."""
    return {"expose": _expose, "unexpose": _unexpose}[name]()


def _expose() -> click.Command:
    return FlagCommand(
        "expose",
        callback=action(_run_expose),
        params=[
            click.Argument(["volume"], metavar="VOLUME", shell_complete=complete_devices),
            click.Option(
                ["host", "--to"],
                required=True,
                metavar="HOSTNQN",
                help="The host that may connect, and no other; `any`: every host.",
            ),
            click.Option(
                ["--subsystem"],
                metavar="NAME",
                help="The subsystem to put it into, the volume's name if left out.",
                shell_complete=complete_subsystems,
            ),
            click.Option(["--nqn"], metavar="NQN", help="NQN of a new subsystem; else a UUID."),
            click.Option(
                ["places", "--listen"],
                multiple=True,
                metavar="ADDRESS[:PORT]",
                help="Where the DPU shall listen; may be given several times. Needed for a "
                "subsystem that has no controller yet. The port is 4420 if left out.",
            ),
            *common_options(),
        ],
        help="Give a host a volume over NVMe/TCP: subsystem, controller and namespace.\n\n"
        "All of it is there in the end, or nothing new is. Doing it again changes nothing. "
        "The last line is what the host connects with.\n\n"
        "\b\nExample:\n"
        "  opictl storage expose vol0 --to nqn.2014-08.org.nvmexpress:uuid:… --listen 10.1.1.1",
    )


def _run_expose(ctx: click.Context) -> int | None:
    session, params = Session(ctx), ctx.params
    _check_host(params["host"])
    places = list(dict.fromkeys(_place_to_listen(text) for text in params["places"]))
    with session.client() as client:
        seen = Landscape(client)
        volume = seen.device(params["volume"])
        if volume is None:
            raise unknown_volume(params["volume"])
        name = _subsystem_name(params["subsystem"] or volume.volume)
        there = next((one for one in seen.of(SUBSYSTEM) if one.id == name), None)
        _refuse_elsewhere(seen, volume, name)
        subsystem = _subsystem(ctx, name, there)
        portals = _portals(seen, there, subsystem.name, places)
        # Whoever gets in at a new controller finds the namespace.
        chain = [subsystem, _namespace(seen, subsystem, volume), *portals]
        try:
            outcomes = ensure(client, chain)
        except (DifferentError, ChainError) as error:
            return explain(error)
        portals_now = _places(client, there, outcomes)
    nqn = outcomes[0].message.spec.nqn
    host = "" if params["host"] == ANY_HOST else params["host"]
    lines = [_connect_line(nqn, host, one) for one in portals_now]
    print_outcomes(session, subsystem.name, outcomes, lines, nqn=nqn, connect=lines)
    return None


def _check_host(text: str) -> None:
    """Raise CommandError for what is no NQN of a host."""
    if text != ANY_HOST and not text.startswith("nqn."):
        raise CommandError(
            f"--to: {text!r} is no NQN",
            f"`cat /etc/nvme/hostnqn` on the host shows it; `--to {ANY_HOST}` lets every host in",
        )


def _place_to_listen(text: str) -> Portal:
    """Where to listen. Raises CommandError."""
    found = parse_portal(text)
    if ip_address(found.address).is_unspecified:
        raise CommandError(
            f"--listen: {text} is every address of the DPU, also that of its management",
            "name the address that the host reaches",
        )
    return found


def _subsystem_name(text: str) -> str:
    name = last_id(text)
    problem = id_problem(name)
    if problem:
        raise CommandError(f"--subsystem {problem}")
    return name


def _refuse_elsewhere(seen: Landscape, volume: Found, subsystem: str) -> None:
    """A volume is given to hosts in one place."""
    for user in seen.users(volume):
        is_here = user.kind.kind == NAMESPACE and user.short.split("/")[0] == subsystem
        if is_here:
            continue
        if user.kind.kind in FRONTS:
            raise CommandError(
                f"{volume.volume} is given to a host already: {user}",
                f"`opictl storage unexpose {volume.volume}` takes it back",
            )
        raise CommandError(
            f"{volume.volume} is in use: {user} lies on it", f"expose {user.id} instead"
        )


def _subsystem(ctx: click.Context, name: str, there: Found | None) -> Wanted:
    """The subsystem for the host. One that is there must be for the same host."""
    host = "" if ctx.params["host"] == ANY_HOST else ctx.params["host"]
    nqn = ctx.params["nqn"]
    if there is None:
        spec = {"nqn": nqn or f"nqn.2014-08.org.nvmexpress:uuid:{uuid.uuid4()}", "hostnqn": host}
        return wanted(SUBSYSTEM, name, message(SUBSYSTEM, spec=spec))
    if there.message.spec.hostnqn != host:
        whom = there.message.spec.hostnqn or "any host"
        raise CommandError(
            f"subsystem {name} is for {whom}, not for {host or 'any host'}",
            "--subsystem NAME puts the volume into another",
        )
    spec = {"nqn": nqn or there.message.spec.nqn}
    return wanted(SUBSYSTEM, name, message(SUBSYSTEM, spec=spec))


def _portals(
    seen: Landscape, there: Found | None, subsystem: str, places: Sequence[Portal]
) -> list[Wanted]:
    """The controllers to be made; none where the subsystem has those that are asked for."""
    known = [_place(one.message) for one in seen.below(CONTROLLER, there)] if there else []
    if not places and not any(known):
        raise CommandError(
            "where shall the DPU listen?", "--listen ADDRESS, one that the host reaches"
        )
    return [
        wanted(CONTROLLER, f"tcp-{one.slug}", _controller(one), subsystem)
        for one in places
        if one not in known
    ]


def _controller(place: Portal) -> Message:
    endpoint = {"traddr": place.address, "trsvcid": str(place.port)}
    return message(CONTROLLER, spec={"fabrics_id": endpoint})


def _place(controller: Any) -> Portal | None:
    """Where a controller listens; None for one that is not over TCP."""
    if not controller.spec.HasField("fabrics_id"):
        return None
    endpoint = controller.spec.fabrics_id
    return Portal(endpoint.traddr, int(endpoint.trsvcid))


def _namespace(seen: Landscape, subsystem: Wanted, volume: Found) -> Wanted:
    """The namespace of the volume: the one that there is, or a new one named after it."""
    for user in seen.users(volume):
        if user.kind.kind == NAMESPACE:
            spec = {"volume_name_ref": user.base}
            return wanted(NAMESPACE, user.id, message(NAMESPACE, spec=spec), subsystem.name)
    is_remote = volume.kind.kind == REMOTE_NAMESPACE
    reference = volume.volume if is_remote else volume.name
    named = message(NAMESPACE, spec={"volume_name_ref": reference})
    resource_id = volume.volume if id_problem(volume.volume) is None else f"vol-{volume.volume}"
    return wanted(NAMESPACE, resource_id, named, subsystem.name)


def _places(client: Client, there: Found | None, outcomes: Sequence[Outcome]) -> list[Portal]:
    """Where the subsystem listens: all its controllers over TCP."""
    new = [one.message for one in outcomes if one.kind.kind == CONTROLLER]
    old = [one.message for one in Landscape(client).below(CONTROLLER, there)] if there else []
    found = (_place(one) for one in (*old, *new))
    return list(dict.fromkeys(one for one in found if one is not None))


def _connect_line(nqn: str, host: str, place: Portal) -> str:
    """What nvme-cli takes."""
    line = f"nvme connect -t tcp -a {place.address} -s {place.port} -n {nqn}"
    return f"{line} -q {host}" if host else line


# -- and back


def _unexpose() -> click.Command:
    return FlagCommand(
        "unexpose",
        callback=action(_run_unexpose),
        params=[
            click.Argument(["volume"], metavar="VOLUME", shell_complete=complete_exposed),
            click.Option(
                ["--keep-subsystem"],
                is_flag=True,
                help="Leave the subsystem and its controllers also when nothing is in it.",
            ),
            *common_options(),
        ],
        help="Take a volume back from the host: its namespace, and the subsystem with its "
        "controllers when nothing else is in it.\n\n"
        "The volume and what is on it stay.",
    )


def _run_unexpose(ctx: click.Context) -> int | None:
    session = Session(ctx)
    with session.client() as client:
        seen = Landscape(client)
        volume = seen.device(ctx.params["volume"])
        if volume is None:
            raise unknown_volume(ctx.params["volume"])
        found = [one for one in seen.users(volume) if one.kind.kind == NAMESPACE]
        if not found:
            show_note(f"no host is given {volume.volume}")
        chain = _to_remove(seen, found, keep=ctx.params["keep_subsystem"])
        try:
            outcomes = list(remove(client, chain))
        except ChainError as error:
            return explain(error)
    print_outcomes(session, volume.name, outcomes)
    return None


def _to_remove(
    seen: Landscape, namespaces: Sequence[Found], *, keep: bool
) -> list[tuple[ResourceType, str]]:
    """The namespaces, and what is of no use without them."""
    chain = list(namespaces)
    gone = {one.name for one in namespaces}
    for subsystem in seen.of(SUBSYSTEM):
        inside = {one.name for one in seen.below(NAMESPACE, subsystem)}
        if inside & gone and not inside - gone and not keep:
            chain += [*seen.below(CONTROLLER, subsystem), subsystem]
    return [(kind(one.kind.kind), one.name) for one in chain]
