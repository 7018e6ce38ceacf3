"""nvmesim: nvme-cli's commands on the initiator of this package.

    nvmesim discover -t tcp -a ADDRESS -s PORT
    nvmesim connect -t tcp -a ADDRESS -s PORT -n NQN [-q HOSTNQN] [-l SECONDS] ...
    nvmesim list | list-subsys | id-ctrl nvme0 | id-ns nvme0n1 | flush nvme0n1
    nvmesim read nvme0n1 -s BLOCK -c BLOCKS-1 [-d FILE]
    nvmesim write nvme0n1 -s BLOCK [-d FILE]
    nvmesim attach nvme0n1 | detach nvme0n1 [--force] | attached
    nvmesim disconnect -n NQN

The first `connect` starts a process that holds the connections; the last `disconnect` ends it.
Where the kernel has nvme-tcp, commands go to nvme-cli instead (`--backend`).

Exit codes: 0 done, 1 it could not be done (the message says why), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from host_sim import cli_output
from host_sim.arguments import connect_options, parser
from host_sim.attach_cli import ATTACH_COMMANDS, table
from host_sim.backend import choose, run_tool
from host_sim.description import describe_entry
from host_sim.discovery import address_of, discover
from host_sim.errors import HostError
from host_sim.hints import hint_for
from host_sim.launch import request
from host_sim.messages import DaemonGoneError, options_to_json
from host_sim.options import ConnectOptions
from nvmetcp.logpages import TRTYPE_TCP, DiscoverySubtype

_OWN_OPTIONS = ("--backend", "--state-dir")
_TOLD = ("connect", "connect-all", "discover")

Command = Callable[[argparse.Namespace], None]


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = parser(__doc__ or "").parse_args(given)
    try:
        choice = choose(arguments.backend, arguments.state_dir)
        if arguments.command in _TOLD:
            print(choice, file=sys.stderr)  # noqa: T201
        if choice.kernel and arguments.command in ATTACH_COMMANDS:
            raise HostError("namespaces that the kernel connects are block devices already")
        if choice.kernel:
            return run_tool(_without_own(given))
        _COMMANDS[arguments.command](arguments)
    except BrokenPipeError:
        return 1
    except (HostError, OSError) as error:
        print(f"nvmesim: error: {error}", file=sys.stderr)  # noqa: T201
        if hint := hint_for(str(error)):
            print(f"hint: {hint}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _without_own(given: Sequence[str]) -> list[str]:
    """The command line without the options that nvme-cli does not have."""
    kept: list[str] = []
    waiting = iter(given)
    for one in waiting:
        if one in _OWN_OPTIONS:
            next(waiting, None)
        elif not one.startswith(tuple(f"{name}=" for name in _OWN_OPTIONS)):
            kept.append(one)
    return kept


def _show(arguments: argparse.Namespace, value: Any, plain: Callable[[Any], str]) -> None:
    text = cli_output.as_json(value) if arguments.output_format == "json" else plain(value)
    if text:
        print(text)  # noqa: T201


def _ask(
    arguments: argparse.Namespace, method: str, params: dict[str, Any], data: bytes = b""
) -> tuple[Any, bytes]:
    """Ask the daemon. Raises HostError, also when there is none: then nothing is connected."""
    try:
        return request(arguments.state_dir, method, params, data)
    except DaemonGoneError as error:
        raise HostError("nothing is connected") from error


# -- fabrics


def _discover(arguments: argparse.Namespace) -> None:
    entries = asyncio.run(discover(connect_options(arguments)))
    _show(arguments, {"records": [describe_entry(one) for one in entries]}, cli_output.discovery)


def _connect(arguments: argparse.Namespace) -> None:
    _show(arguments, _connect_to(arguments, connect_options(arguments)), cli_output.connected)


def _connect_to(arguments: argparse.Namespace, options: ConnectOptions) -> Any:
    params = {
        "options": options_to_json(options),
        "duplicate": arguments.duplicate_connect,
        "policy": arguments.iopolicy,
        "no_path_timeout": arguments.no_path_timeout,
    }
    result, _ = request(arguments.state_dir, "connect", params, start=True)
    return result


def _connect_all(arguments: argparse.Namespace) -> None:
    options = connect_options(arguments)
    entries = asyncio.run(discover(options))
    made: list[Any] = []
    for one in entries:
        if one.subtype != DiscoverySubtype.NVM or one.trtype != TRTYPE_TCP:
            continue
        found = replace(options.at(address_of(one), one.subnqn), keep_alive=arguments.kato)
        made.append(_connect_to(arguments, found))
    _show(arguments, made, lambda all_of: "\n".join(map(cli_output.connected, all_of)))


def _disconnect(arguments: argparse.Namespace) -> None:
    if not arguments.nqn and not arguments.device:
        raise HostError("disconnect needs --nqn or --device")
    _end(arguments, {"nqn": arguments.nqn, "device": arguments.device})


def _disconnect_all(arguments: argparse.Namespace) -> None:
    try:
        request(arguments.state_dir, "disconnect", {})
    except DaemonGoneError:
        return


def _end(arguments: argparse.Namespace, params: dict[str, Any]) -> None:
    gone, _ = _ask(arguments, "disconnect", params)
    what = arguments.nqn or arguments.device
    if not gone:
        raise HostError(f"{what} is not connected")
    _show(arguments, {"disconnected": gone}, lambda _: cli_output.disconnected(what, gone))


# -- devices


def _list(arguments: argparse.Namespace) -> None:
    _show(arguments, {"Devices": _listed(arguments, "list")}, cli_output.devices)


def _list_subsystems(arguments: argparse.Namespace) -> None:
    found = _listed(arguments, "list-subsys")
    _show(arguments, {"Subsystems": found}, cli_output.subsystems)


def _listed(arguments: argparse.Namespace, method: str) -> list[Any]:
    try:
        found, _ = request(arguments.state_dir, method, {})
    except DaemonGoneError:
        return []
    assert isinstance(found, list)
    return found


def _identify(arguments: argparse.Namespace) -> None:
    found, _ = _ask(arguments, arguments.command, {"device": _device(arguments)})
    _show(arguments, found, cli_output.fields)


def _device(arguments: argparse.Namespace) -> str:
    """A namespace by its name, or by its controller's and --namespace-id."""
    name = str(arguments.device).removeprefix("/dev/")
    nsid = getattr(arguments, "namespace_id", None)
    return f"{name}n{nsid}" if nsid and "n" not in name.removeprefix("nvme") else name


def _block_size(arguments: argparse.Namespace) -> int:
    found, _ = _ask(arguments, "id-ns", {"device": _device(arguments)})
    return 1 << int(found["lbafs"][0]["ds"])


def _read(arguments: argparse.Namespace) -> None:
    blocks = _blocks(arguments)
    params = {"device": _device(arguments), "slba": arguments.start_block, "blocks": blocks}
    _, data = _ask(arguments, "read", params)
    if arguments.data_size:
        data = data[: arguments.data_size]
    if arguments.data:
        Path(arguments.data).write_bytes(data)
        print("read: Success", file=sys.stderr)  # noqa: T201
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _blocks(arguments: argparse.Namespace) -> int:
    """How many: --block-count is 0's based, else as many as hold --data-size bytes."""
    if arguments.block_count is not None:
        return int(arguments.block_count) + 1
    if arguments.data_size:
        return -(-int(arguments.data_size) // _block_size(arguments))
    return 1


def _write(arguments: argparse.Namespace) -> None:
    data = Path(arguments.data).read_bytes() if arguments.data else sys.stdin.buffer.read()
    if arguments.data_size:
        data = data[: arguments.data_size]
    if not data:
        raise HostError("there are no data to write")
    size = _block_size(arguments)
    given = arguments.block_count
    blocks = -(-len(data) // size) if given is None else given + 1
    params = {"device": _device(arguments), "slba": arguments.start_block, "blocks": blocks}
    _ask(arguments, "write", params, data)
    print("write: Success", file=sys.stderr)  # noqa: T201


def _flush(arguments: argparse.Namespace) -> None:
    _ask(arguments, "flush", {"device": _device(arguments)})
    print("NVMe Flush: success", file=sys.stderr)  # noqa: T201


# -- block devices


def _attach(arguments: argparse.Namespace) -> None:
    found, _ = _ask(arguments, "attach", {"device": _device(arguments)})
    _show(arguments, found, lambda one: str(one["device"]))


def _detach(arguments: argparse.Namespace) -> None:
    _ask(arguments, "detach", {"device": _device(arguments), "force": arguments.force})


def _attached(arguments: argparse.Namespace) -> None:
    _show(
        arguments,
        {"Devices": _listed(arguments, "attached")},
        lambda all_of: table(all_of["Devices"]),
    )


_COMMANDS: dict[str, Command] = {
    "discover": _discover,
    "connect": _connect,
    "connect-all": _connect_all,
    "disconnect": _disconnect,
    "disconnect-all": _disconnect_all,
    "list": _list,
    "list-subsys": _list_subsystems,
    "id-ctrl": _identify,
    "id-ns": _identify,
    "read": _read,
    "write": _write,
    "flush": _flush,
    "attach": _attach,
    "detach": _detach,
    "attached": _attached,
}

if __name__ == "__main__":
    sys.exit(main())
