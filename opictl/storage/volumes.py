"""`opictl storage volume`: a volume with its encryption and its limits as one thing.

Volume NAME is what hosts are given. With encryption its blocks lie on the volume NAME-base; limits
are the QoS volume NAME-qos.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from opi.client import Client
from opi.names import id_problem
from opi.proto.opi_api.storage.v1.opicommon_pb2 import QosLimit
from opi.resources import ResourceType
from opictl.columns import size_text
from opictl.defaults import BLOCK_SIZE
from opictl.errors import CommandError, show_note
from opictl.fields import named_bytes
from opictl.groups import FlagCommand, LazyGroup
from opictl.output import print_data, print_table, say
from opictl.session import Session, action
from opictl.storage.chains import (
    ChainError,
    DifferentError,
    Outcome,
    Wanted,
    ensure,
    explain,
    remove,
    stored,
    wanted,
)
from opictl.storage.completion import complete_volumes
from opictl.storage.kinds import (
    DEVICES,
    ENCRYPTED,
    LIMITS,
    VOLUMES,
    kind,
    message,
    volume_name,
    word,
)
from opictl.storage.landscape import FRONTS, Found, Landscape
from opictl.storage.printing import common_options, print_outcomes
from opictl.verbs import Size

CIPHERS = {32: "ENCRYPTION_TYPE_AES_XTS_128", 64: "ENCRYPTION_TYPE_AES_XTS_256"}
"""The cipher that a key of so many bytes is for (both keys of XTS together)."""

KEY_BYTES = 64

_BASE, _LIMITS = "-base", "-qos"

_RATES = {"rw_iops": "rw_iops_kiops", "rd_iops": "rd_iops_kiops", "wr_iops": "wr_iops_kiops"}
_THROUGHPUTS = {"rw_mbs": "rw_bandwidth_mbs", "rd_mbs": "rd_bandwidth_mbs"} | {
    "wr_mbs": "wr_bandwidth_mbs"
}
_UNIT = 1000
"""Operations a second that the API counts as one."""


def command(_: str) -> click.Command:
    """The group of commands."""
    makers = {"create": _create, "delete": _delete, "list": _list}
    return LazyGroup(
        "volume",
        names=lambda: {
            "create": "Create a volume, encrypted and limited if that is asked for.",
            "delete": "Delete a volume with all that it is made of.",
            "list": "List volumes: what each is made of, and who uses it.",
        },
        make=lambda word: makers[word]() if word in makers else None,
        help="Volumes as a whole: blocks, encryption and limits in one command.",
        title="Verbs",
        usage="VERB",
        no_args_is_help=True,
    )


# -- create


def _create() -> click.Command:
    return FlagCommand(
        "create",
        callback=action(_run_create),
        params=[
            click.Argument(["name"], metavar="NAME"),
            click.Option(
                ["--size"],
                type=Size(),
                metavar="SIZE",
                help="Size in bytes: 1GiB. Of a file it is what it must hold at least.",
            ),
            click.Option(
                ["volume_type", "--type"],
                type=click.Choice(list(VOLUMES)),
                default="malloc",
                metavar="|".join(VOLUMES),
                help="Where its blocks are: memory (malloc, the default), a file, nowhere.",
            ),
            click.Option(
                ["--path"], metavar="FILE", help="The file, on the DPU, of an aio volume."
            ),
            click.Option(["--block-size"], type=Size(), metavar="SIZE", help="512 if left out."),
            click.Option(
                ["--encrypt"],
                is_flag=True,
                help="Encrypt what is written (AES-XTS), with a key of --key-file or a new one.",
            ),
            click.Option(
                ["--key-file"],
                metavar="FILE",
                type=click.Path(dir_okay=False),
                help="The key: 32 or 64 bytes. A new one is put there if there is no such file.",
            ),
            click.Option(
                ["--qos"],
                metavar="LIMIT=N,…",
                help="Limits: rw_iops=5000, and rw_mbs, rd_mbs, wr_mbs in MiB a second.",
            ),
            *common_options(),
        ],
        help="Create a volume of one piece, or of several: blocks, encryption, limits.\n\n"
        "All of it is there in the end, or nothing new is. Doing it again changes nothing. "
        "Other commands call it NAME, however many pieces it has.\n\n"
        "\b\nExamples:\n"
        "  opictl storage volume create vol0 --size 1GiB\n"
        "  opictl storage volume create vol1 --size 1GiB --encrypt --key-file vol1.key\n"
        "  opictl storage volume create vol2 --type aio --path /var/lib/disk --qos rw_iops=5000",
    )


def _run_create(ctx: click.Context) -> int | None:
    session, params = Session(ctx), ctx.params
    name = _checked_name(params["name"])
    limits = parse_limits(params["qos"]) if params["qos"] else {}
    fields = _blocks(ctx)
    if params["key_file"] and not params["encrypt"]:
        raise CommandError("--key-file is of no use without --encrypt")
    key = _key(params["key_file"]) if params["encrypt"] else None
    try:
        with session.client() as client:
            if key is not None and key.is_new_in_file and not _is_encrypted(client, name):
                key.keep()  # before it is used: it must not be lost
            made_of = VOLUMES[params["volume_type"]]
            outcomes = ensure(client, _chain(name, made_of, fields, key, limits))
    except (DifferentError, ChainError) as error:
        return explain(error)
    print_outcomes(session, volume_name(name), outcomes)
    if key is not None:
        _tell_of_key(outcomes, key)
    return None


@dataclass(frozen=True)
class Key:
    """The key of an encrypted volume.

    Attributes:
        file: where it is, or is to be kept; '' for nowhere.
        is_new: whether it has just been made up.
    """

    value: bytes
    file: str
    is_new: bool

    @property
    def is_new_in_file(self) -> bool:
        """Whether it is to be put into a file."""
        return self.is_new and bool(self.file)

    def keep(self) -> None:
        """Put it into a new file that is its owner's alone. Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(self.file, flags, 0o600), "wb") as new:
            new.write(self.value)


def _key(file: str | None) -> Key:
    """The key in the file, or a new one. Raises CommandError, OSError."""
    if file and Path(file).exists():
        return Key(_key_in(file), file, is_new=False)
    return Key(secrets.token_bytes(KEY_BYTES), file or "", is_new=True)


def _is_encrypted(client: Client, name: str) -> bool:
    """Whether the encrypted volume is there already."""
    encrypted = kind(ENCRYPTED)
    return stored(client, encrypted, encrypted.name(name)) is not None


def _chain(
    name: str, made_of: str, fields: dict[str, Any], key: Key | None, limits: dict[str, int]
) -> list[Wanted]:
    """What the volume is made of, the lowest first."""
    blocks = f"{name}{_BASE}" if key else name
    chain = [wanted(made_of, blocks, message(made_of, **fields))]
    if key:
        lies_on = {"volume_name_ref": volume_name(blocks), "cipher": CIPHERS[len(key.value)]}
        encrypted = message(ENCRYPTED, key=key.value, **lies_on)
        free = ("key", "cipher") if key.is_new else ()
        chain.append(wanted(ENCRYPTED, name, encrypted, free=free))
    if limits:
        limited = message(LIMITS, volume_name_ref=volume_name(name), limits={"max": limits})
        chain.append(wanted(LIMITS, f"{name}{_LIMITS}", limited))
    return chain


def _checked_name(text: str) -> str:
    """The id of a volume, which leaves room for those of its pieces. Raises CommandError."""
    name = text.removeprefix("volumes/")
    problem = id_problem(name) or id_problem(f"{name}{_BASE}")
    if problem:
        raise CommandError(f"NAME {problem}")
    return name


def _blocks(ctx: click.Context) -> dict[str, Any]:
    """The fields of the volume that has the blocks. Raises CommandError."""
    params = ctx.params
    size, path, is_file = params["size"], params["path"], params["volume_type"] == "aio"
    block = params["block_size"] or BLOCK_SIZE
    if is_file != bool(path):
        raise CommandError(
            "a volume of --type aio needs its file: --path FILE" if is_file else
            f"--path is for --type aio, not for {params['volume_type']}"
        )  # fmt: skip
    if is_file and not path.startswith("/"):
        raise CommandError(
            f"--path: {path} is no absolute path",
            "the file is the DPU's, not one beside you: /var/lib/disk",
        )
    if size is None and not is_file:
        raise CommandError("how large shall the volume be?", "--size 1GiB")
    if size is not None and size % block:
        raise CommandError(f"--size: {size} bytes are no whole number of blocks of {block} bytes")
    fields: dict[str, Any] = {"filename": path} if is_file else {}
    return {**fields, "block_size": block, **({"blocks_count": size // block} if size else {})}


def parse_limits(text: str) -> dict[str, int]:
    """The fields of a QosLimit that "rw_iops=5000,rw_mbs=100" means. Raises CommandError."""
    found: dict[str, int] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = part.partition("=")
        field, factor = _limit(name.strip())
        if not number.strip().isdecimal():
            raise CommandError(f"--qos: {part!r} is not LIMIT=NUMBER", _known_limits())
        value = int(number)
        if not value or value % factor:
            unit = (
                f"a multiple of {factor}, for the API counts thousands" if value else "at least 1"
            )
            raise CommandError(f"--qos: {name} must be {unit}")
        if field in found:
            raise CommandError(f"--qos: {name} is there twice")
        found[field] = value // factor
    if not found:
        raise CommandError("--qos: no limit is given", _known_limits())
    return found


def _limit(text: str) -> tuple[str, int]:
    """Field and unit of a limit, by our short name or that of the field itself."""
    name = text.lower().replace("-", "_")
    if name in _RATES:
        return _RATES[name], _UNIT
    if name in _THROUGHPUTS:
        return _THROUGHPUTS[name], 1
    if name in {*_RATES.values(), *_THROUGHPUTS.values()}:
        return name, 1
    raise CommandError(f"--qos: there is no limit {text!r}", _known_limits())


def _known_limits() -> str:
    return f"limits are {', '.join((*_RATES, *_THROUGHPUTS))}: rw_iops=5000,rw_mbs=100"


def _key_in(file: str) -> bytes:
    """The key in a file. Raises CommandError, OSError."""
    key = named_bytes(Path(file).read_bytes())
    if len(key) not in CIPHERS:
        raise CommandError(
            f"{file}: a key has 32 or 64 bytes, not {len(key)}",
            f"`head -c 64 /dev/urandom > {file}`, or leave the file out: a new one is made",
        )
    return key


def _tell_of_key(outcomes: Sequence[Outcome], key: Key) -> None:
    """Say where the key is, or what: nobody shows it again."""
    encrypted = next(one for one in outcomes if one.kind.kind == ENCRYPTED)
    if encrypted.action == "unchanged":
        show_note("the volume keeps the key that it has: a DPU shows no keys to compare")
    elif key.is_new_in_file:
        show_note(f"its new key is in {key.file}: keep that file")
    elif key.is_new:
        show_note(f"its key is hex:{key.value.hex()}: keep it, for it is not shown again")


# -- delete


def _delete() -> click.Command:
    return FlagCommand(
        "delete",
        callback=action(_run_delete),
        params=[
            click.Argument(
                ["names"], nargs=-1, required=True, metavar="NAME…", shell_complete=complete_volumes
            ),
            click.Option(
                ["--allow-missing"], is_flag=True, help="One that does not exist is no error."
            ),
            *common_options(),
        ],
        help="Delete a volume with all that it is made of: limits, encryption, blocks.\n\n"
        "Refused while a host is given the volume: `opictl storage unexpose` takes it back.",
    )


def _run_delete(ctx: click.Context) -> int | None:
    session = Session(ctx)
    try:
        with session.client() as client:
            seen = Landscape(client)
            stacks = [_stack(seen, text, ctx) for text in dict.fromkeys(ctx.params["names"])]
            outcomes = []
            for one in remove(client, [piece for stack in stacks for piece in stack]):
                outcomes.append(one.data())
                if session.output in {"table", "wide"}:
                    say(str(one))
                elif session.output == "name":
                    say(one.name)
    except ChainError as error:
        return explain(error)
    if session.output in {"json", "yaml"}:
        print_data(session, {"resources": outcomes})
    return None


def _stack(seen: Landscape, text: str, ctx: click.Context) -> list[tuple[ResourceType, str]]:
    """What a volume is made of, in the order of deletion. Raises CommandError."""
    volume = seen.device(text)
    if volume is None and ctx.params["allow_missing"]:
        return []
    if volume is None or volume.kind.kind not in DEVICES:
        raise unknown_volume(text)
    stack = [one for one in seen.stack(volume) if one.kind.kind in DEVICES]
    for above, piece in zip([None, *stack], stack, strict=False):
        _refuse_used(seen, volume, piece, above)
    limits = [limit for piece in stack for limit in seen.limits(piece)]
    return [(one.kind, one.name) for one in (*limits, *stack)]


def _refuse_used(seen: Landscape, volume: Found, piece: Found, above: Found | None) -> None:
    for user in seen.users(piece):
        if above is not None and user.name == above.name:
            continue
        if user.kind.kind in FRONTS:
            raise CommandError(
                f"{volume.id} is in use: {user} gives it to a host",
                f"`opictl storage unexpose {volume.id}` takes it back",
            )
        raise CommandError(
            f"{volume.id} is in use: {user} lies on it",
            f"`opictl storage volume delete {user.id}` deletes both",
        )


def unknown_volume(text: str) -> CommandError:
    """The error for a volume that is not there."""
    return CommandError(
        f"there is no volume {text!r}", "`opictl storage volume list` shows what there is"
    )


# -- list


def _list() -> click.Command:
    return FlagCommand(
        "list",
        callback=action(_run_list),
        params=common_options(),
        help="List volumes: what each is made of, and who uses it.\n\n"
        "Volumes that others lie on, and limits, have no lines of their own; "
        "`opictl storage tree` shows all.",
    )


def _run_list(ctx: click.Context) -> None:
    session = Session(ctx)
    with session.client() as client:
        rows = sorted(_rows(Landscape(client)), key=lambda row: row["id"])
    if session.output in {"json", "yaml"}:
        print_data(session, rows)
    elif session.output == "name":
        for row in rows:
            say(row["name"])
    elif not rows:
        show_note("there is no volume here")
    else:
        titles = ("size", "type", "encrypted", "limits", "used_by")
        header = ["NAME", *(title.upper().replace("_", "-") for title in titles)]
        table = [[row["id"], *(_cell(row[title]) for title in titles)] for row in rows]
        print_table(header, table)


def _cell(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value or "")


def _rows(seen: Landscape) -> Iterator[dict[str, Any]]:
    words = {made_of: text for text, made_of in VOLUMES.items()}
    for one in seen.of(*DEVICES):
        users = seen.users(one)
        if any(user.kind.kind == ENCRYPTED for user in users):
            continue
        stack = seen.stack(one)
        yield {
            "name": one.name,
            "id": one.id,
            "size": size_of(stack[-1]),
            "type": words.get(stack[-1].kind.kind, "remote"),
            "encrypted": cipher_of(one),
            "limits": [text for limit in seen.limits(one) for text in limit_texts(limit)],
            "used_by": [user.short for user in users],
        }


def size_of(one: Found) -> str:
    """The size of a volume with blocks of its own: "1GiB"; '' for others."""
    count = getattr(one.message, "block_size", 0) * getattr(one.message, "blocks_count", 0)
    return size_text(count) if count else ""


def cipher_of(one: Found) -> str:
    """The cipher of an encrypted volume, as a word: "aes_xts_256"; '' for others."""
    return word(one.message, "cipher") if one.kind.kind == ENCRYPTED else ""


def limit_texts(one: Found) -> Iterator[str]:
    """The limits of a QoS volume, as --qos takes them."""
    return texts_of(one.message.limits.max)


def texts_of(limit: QosLimit) -> Iterator[str]:
    """Upper limits, as --qos takes them."""
    units = {field: (name, _UNIT) for name, field in _RATES.items()}
    units |= {field: (name, 1) for name, field in _THROUGHPUTS.items()}
    for field, value in limit.ListFields():
        name, factor = units[field.name]
        yield f"{name}={value * factor}"
