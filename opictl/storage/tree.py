"""`opictl storage tree`: what hosts are given, and what it is made of, down to remote paths."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from opictl.errors import show_note
from opictl.groups import FlagCommand
from opictl.output import print_data, say
from opictl.session import Session, action
from opictl.storage.expose import CONTROLLER, SUBSYSTEM
from opictl.storage.function import function_of
from opictl.storage.kinds import DEVICES, ENCRYPTED, VOLUMES, word
from opictl.storage.landscape import FRONTS, NAMESPACE, REMOTE_NAMESPACE, Found, Landscape
from opictl.storage.printing import common_options
from opictl.storage.remote import PATH, REMOTE
from opictl.storage.volumes import cipher_of, limit_texts, size_of, texts_of

UNICODE = ("├── ", "└── ", "│   ", "    ")
BLK = "VirtioBlk"
VIRTIO = {BLK: "virtio-blk", "VirtioScsiLun": "virtio-scsi-lun"}
"""What people call those that use volumes, besides namespaces."""
ASCII = ("|-- ", "`-- ", "|   ", "    ")


@dataclass(frozen=True)
class Branch:
    """A resource in the tree.

    Attributes:
        what: what it is, for people.
        about: what is worth knowing of it, by name; without what is not set.
    """

    what: str
    found: Found
    about: dict[str, str] = field(default_factory=dict)
    below: Sequence[Branch] = ()

    def title(self) -> str:
        """Its line."""
        values = (f"{key}={value}" for key, value in self.about.items())
        return "  ".join([f"{self.what} {self.found.volume}", *values])

    def data(self) -> dict[str, Any]:
        """The same as JSON has it."""
        one = {"kind": self.found.kind.kind, "name": self.found.name, **self.about}
        return {**one, "below": [each.data() for each in self.below]}


def command(_: str) -> click.Command:
    """The command."""
    return FlagCommand(
        "tree",
        callback=action(_run),
        params=[
            click.Option(["--ascii"], is_flag=True, help="Draw with ASCII alone."),
            *common_options(),
        ],
        help="Show what hosts are given, and what it is made of: subsystem, controllers and "
        "namespaces, volume, the volume beneath it, remote controller, paths.\n\n"
        "Volumes that no host is given, and remote controllers without volumes, come last.",
    )


def _run(ctx: click.Context) -> None:
    session = Session(ctx)
    with session.client() as client:
        branches = list(_branches(Landscape(client)))
    if session.output in {"json", "yaml"}:
        print_data(session, [one.data() for one in branches])
    elif session.output == "name":
        for one in branches:
            say(one.found.name)
    elif not branches:
        show_note("there is nothing here yet")
    else:
        marks = ASCII if ctx.params["ascii"] or not _draws() else UNICODE
        for one in branches:
            for line in lines(one, marks):
                say(line)


def _draws() -> bool:
    """Whether what reads the output can have the characters that draw lines."""
    try:
        "".join(UNICODE).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def lines(branch: Branch, marks: tuple[str, str, str, str]) -> Iterator[str]:
    """The tree of a branch as text."""
    yield branch.title()
    yield from _inner(branch.below, marks, "")


def _inner(below: Sequence[Branch], marks: tuple[str, str, str, str], indent: str) -> Iterator[str]:
    fork, last, rail, blank = marks
    for number, one in enumerate(below, 1):
        is_last = number == len(below)
        yield f"{indent}{last if is_last else fork}{one.title()}"
        yield from _inner(one.below, marks, indent + (blank if is_last else rail))


def _branches(seen: Landscape) -> Iterator[Branch]:
    yield from (_subsystem(seen, one) for one in seen.of(SUBSYSTEM))
    others = [one for one in seen.of(*FRONTS) if one.kind.kind != NAMESPACE]
    yield from (_front(seen, one, VIRTIO[one.kind.kind]) for one in others)
    yield from (_volume(seen, one) for one in seen.of(*DEVICES) if not seen.users(one))
    for remote in seen.of(REMOTE):
        if not any(seen.users(one) for one in seen.below(REMOTE_NAMESPACE, remote)):
            yield _remote(seen, remote, with_volumes=True)


def _subsystem(seen: Landscape, one: Found) -> Branch:
    spec = one.message.spec
    controllers = [_controller(each) for each in seen.below(CONTROLLER, one)]
    namespaces = [_front(seen, each, "namespace") for each in seen.below(NAMESPACE, one)]
    about = {"nqn": spec.nqn, "host": spec.hostnqn or "any"}
    return Branch("subsystem", one, about, [*controllers, *namespaces])


def _controller(one: Found) -> Branch:
    spec = one.message.spec
    about = {}
    if spec.HasField("fabrics_id"):
        about["tcp"] = _place(spec.fabrics_id.traddr, spec.fabrics_id.trsvcid)
    elif spec.HasField("pcie_id"):
        about["pcie"] = str(function_of(spec.pcie_id))
    about["active"] = "yes" if one.message.status.active else "no"
    return Branch("controller", one, about)


def _place(address: str, port: str | int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _front(seen: Landscape, one: Found, what: str) -> Branch:
    about = {}
    if one.kind.kind == NAMESPACE:
        state = word(one.message.status, "oper_state")
        about = _set({"nsid": str(one.message.spec.host_nsid or ""), "state": state})
    elif one.kind.kind == BLK:
        most = texts_of(one.message.max_limit)
        about = _set({"pcie": str(function_of(one.message.pcie_id)), "limits": ",".join(most)})
    else:
        about = {"target": one.message.target_name_ref.rsplit("/", 1)[-1]}
    volume = seen.device(one.base)
    if volume is None:
        return Branch(what, one, {**about, "volume": one.base})
    return Branch(what, one, about, [_volume(seen, volume)])


def _volume(seen: Landscape, one: Found) -> Branch:
    """A volume with what it lies on."""
    if one.kind.kind == REMOTE_NAMESPACE:
        return _remote_volume(seen, one)
    words = {made_of: text for text, made_of in VOLUMES.items()}
    about = {
        "type": words.get(one.kind.kind, "encrypted"),
        "size": size_of(one),
        "file": getattr(one.message, "filename", ""),
        "cipher": cipher_of(one),
        "limits": _limits(seen, one),
    }
    below = []
    if one.kind.kind == ENCRYPTED:
        base = seen.device(one.base)
        below = [_volume(seen, base)] if base is not None and base.name != one.name else []
        about |= {} if below else {"base": one.base}
    return Branch("volume", one, _set(about), below)


def _limits(seen: Landscape, one: Found) -> str:
    return ",".join(text for limit in seen.limits(one) for text in limit_texts(limit))


def _remote_volume(seen: Landscape, one: Found) -> Branch:
    about = {"type": "remote", "nsid": str(one.message.nsid), "uuid": one.message.uuid}
    above = [each for each in seen.of(REMOTE) if one.name.startswith(f"{each.name}/")]
    limits = {"limits": _limits(seen, one)}
    return Branch("volume", one, _set(about | limits), [_remote(seen, each) for each in above])


def _remote(seen: Landscape, one: Found, *, with_volumes: bool = False) -> Branch:
    below = [_path(each) for each in seen.below(PATH, one)]
    if with_volumes:
        volumes = seen.below(REMOTE_NAMESPACE, one)
        below += [Branch("volume", each, {"nsid": str(each.message.nsid)}) for each in volumes]
    return Branch("remote", one, _set({"multipath": word(one.message, "multipath")}), below)


def _path(one: Found) -> Branch:
    fabrics = one.message.fabrics
    place = _place(one.message.traddr, fabrics.trsvcid)
    return Branch("path", one, _set({"tcp": place, "nqn": fabrics.subnqn}))


def _set(about: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in about.items() if value}
