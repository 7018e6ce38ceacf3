"""`opictl storage expose` and `unexpose`: a volume for a host, and back.

A host finds a volume as a namespace of a subsystem, and the subsystem at a controller: at an
address, or at the host's own function of the card. All three are made as far as they are not there.
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
from opictl.storage.function import Function, function_of, parse_function
from opictl.storage.kinds import kind, last_id, message
from opictl.storage.landscape import FRONTS, NAMESPACE, REMOTE_NAMESPACE, Found, Landscape
from opictl.storage.portal import Portal, parse_portal
from opictl.storage.printing import common_options, print_outcomes
from opictl.storage.volumes import unknown_volume

SUBSYSTEM, CONTROLLER = "NvmeSubsystem", "NvmeController"
ANY_HOST = "any"
PCIE = "NVME_TRANSPORT_TYPE_PCIE"

Way = Portal | Function
"""Where hosts find a subsystem."""


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
            click.Option(
                ["functions", "--function"],
                multiple=True,
                metavar="FUNCTION",
                help="A function of the card instead of --to and --listen, pf0 or pf0vf1: the "
                "host that has it finds a disk there.",
            ),
            *common_options(),
        ],
        help="Give a host a volume, over NVMe/TCP or at a function of the card: subsystem, "
        "controller and namespace.\n\n"
        "All of it is there in the end, or nothing new is. Doing it again changes nothing. "
        "The last line is what the host connects with.\n\n"
        "\b\nExamples:\n"
        "  opictl storage expose vol0 --to nqn.2014-08.org.nvmexpress:uuid:… --listen 10.1.1.1\n"
        "  opictl storage expose vol0 --function pf0vf0",
    )


def _run_expose(ctx: click.Context) -> int | None:
    session, params = Session(ctx), ctx.params
    ways = _ways_asked_for(params)
    host = "" if params["functions"] or params["host"] == ANY_HOST else params["host"]
    with session.client() as client:
        seen = Landscape(client)
        volume = seen.device(params["volume"])
        if volume is None:
            raise unknown_volume(params["volume"])
        name = _subsystem_name(params["subsystem"] or volume.volume)
        there = next((one for one in seen.of(SUBSYSTEM) if one.id == name), None)
        _refuse_elsewhere(seen, volume, name)
        subsystem = _subsystem(name, there, params["nqn"], host)
        controllers = _controllers(seen, there, subsystem.name, ways)
        # Whoever gets in at a new controller finds the namespace.
        chain = [subsystem, _namespace(seen, subsystem, volume), *controllers]
        try:
            outcomes = ensure(client, chain)
        except (DifferentError, ChainError) as error:
            return explain(error)
        ways_now = _ways(client, there, outcomes)
    nqn = outcomes[0].message.spec.nqn
    connect = [_connect_line(nqn, host, one) for one in ways_now if isinstance(one, Portal)]
    functions = [str(one) for one in ways_now if isinstance(one, Function)]
    lines = [*connect, *(f"the host at {one} has it, without connecting" for one in functions)]
    print_outcomes(
        session, subsystem.name, outcomes, lines, nqn=nqn, connect=connect, functions=functions
    )
    return None


def _ways_asked_for(params: dict[str, Any]) -> list[Way]:
    """Where the host shall find it. Raises CommandError."""
    if not params["functions"]:
        _check_host(params["host"])
        return list(dict.fromkeys(_place_to_listen(text) for text in params["places"]))
    for name, given in (("--to", params["host"]), ("--listen", params["places"])):
        if given:
            raise CommandError(
                f"--function does not go with {name}",
                "a function has one host, which connects to nothing",
            )
    return list(dict.fromkeys(parse_function(text) for text in params["functions"]))


def _check_host(text: str | None) -> None:
    """Raise CommandError for what is no NQN of a host."""
    if text is None:
        raise CommandError(
            "--to is missing",
            "--to HOSTNQN; --function pf0vf0 for the host at that function of the card",
        )
    if text != ANY_HOST and not text.startswith("nqn."):
        raise CommandError(
            f"--to: {text!r} is no NQN",
            f"`cat /etc/nvme/hostnqn` on the host shows it; `--to {ANY_HOST}` lets every host in; "
            "--function is for the host at a function of the card",
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


def _subsystem(name: str, there: Found | None, nqn: str | None, host: str) -> Wanted:
    """The subsystem for the host. One that is there must be for the same host."""
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


def _controllers(
    seen: Landscape, there: Found | None, subsystem: str, ways: Sequence[Way]
) -> list[Wanted]:
    """The controllers to be made; none where the subsystem has those that are asked for."""
    known = [_way(one.message) for one in seen.below(CONTROLLER, there)] if there else []
    if not ways and not any(known):
        raise CommandError(
            "where shall the DPU listen?", "--listen ADDRESS, one that the host reaches"
        )
    return [
        wanted(CONTROLLER, _controller_id(one), _controller(one), subsystem)
        for one in ways
        if one not in known
    ]


def _controller_id(way: Way) -> str:
    return f"{'tcp' if isinstance(way, Portal) else 'pcie'}-{way.slug}"


def _controller(way: Way) -> Message:
    if isinstance(way, Function):
        return message(CONTROLLER, spec={"trtype": PCIE, "pcie_id": way.endpoint()})
    endpoint = {"traddr": way.address, "trsvcid": str(way.port)}
    return message(CONTROLLER, spec={"fabrics_id": endpoint})


def _way(controller: Any) -> Way | None:
    """Where a controller is; None for one that says nothing of it."""
    spec = controller.spec
    if spec.HasField("pcie_id"):
        return function_of(spec.pcie_id)
    if spec.HasField("fabrics_id"):
        return Portal(spec.fabrics_id.traddr, int(spec.fabrics_id.trsvcid))
    return None


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


def _ways(client: Client, there: Found | None, outcomes: Sequence[Outcome]) -> list[Way]:
    """Where the subsystem is found: all its controllers."""
    new = [one.message for one in outcomes if one.kind.kind == CONTROLLER]
    old = [one.message for one in Landscape(client).below(CONTROLLER, there)] if there else []
    found = (_way(one) for one in (*old, *new))
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
