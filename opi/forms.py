"""Values as people write them: `10.0.0.1/24`, `aa:bb:cc:00:00:01`, `tcp`, `4k`, `30s`, `8000-8080`.

Each field has one text form, found from its type and name. Command line flags, manifests and tables
all read and write it. Where protobuf's own JSON has another spelling of the same value (an enum's
full name, "1800s"), that is read as well.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import takewhile
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from opi import wellknown
from opi.behavior import is_secret
from opi.numbers import parse_integer, parse_protocol, parse_size, show_protocol

_TYPES = "opi_api.network.opinetcommon.v1alpha1."
_SECURITY = "opi_api.security.v1alpha1."

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_MAC_NAME = re.compile(r"(^|_)mac($|_addr$|_address$)")
_IPV4_NAME = re.compile(r"(^|_)(ip|router_id|cluster_id|next_hop)$")
_IPV6_NAME = re.compile(r"(^|_)(ip|ipv6|v6|v6_addr)$")
_SIZE_NAME = re.compile(r"(^|_)(bytes|block_size|metadata_size|blocks_count)$")
_PROTOCOL_NAME = re.compile(r"^(proto_num|inner_protocol|protocol)$")

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, (1 << 64) - 1),
}

_ALIASES = {
    f"{_SECURITY}EncAlgorithm": {
        **{f"aes{bits}gcm16": f"aes{bits}gcm128" for bits in (128, 192, 256)},
        **{f"aes{bits}": f"aes{bits}cbc" for bits in (128, 192, 256)},
    },
    f"{_SECURITY}IntegAlgorithm": {
        "sha1": "sha1-96",
        "sha256": "sha256-128",
        "sha384": "sha384-192",
        "sha512": "sha512-512",
    },
    f"{_SECURITY}PRF": {f"prfsha{bits}": f"sha{bits}" for bits in (1, 256, 384, 512)},
    f"{_SECURITY}DHGroups": {"x25519": "curve25519"},
    f"{_SECURITY}IpsecMode": {"tunnel": "tunnel-mode", "transport": "transport-mode"},
}
"""Names of values that people know from elsewhere (strongSwan's proposals, RFC 4301)."""


class FormError(ValueError):
    """Text that is not a value of the field; says what would be."""


@dataclass(frozen=True)
class Form:
    """How the values of a field are written.

    Attributes:
        metavar: what help texts call a value, such as "PREFIX".
        parse: text to value; raises FormError.
        show: value to text.
        choices: all values there are, where they can be counted.
    """

    metavar: str
    parse: Callable[[str], Any]
    show: Callable[[Any], str] = str
    choices: tuple[str, ...] = ()


@cache
def form_of(field: FieldDescriptor) -> Form | None:
    """The form of one value of the field; None for a message that has no text form."""
    if field.message_type is not None:
        return message_form(field.message_type)
    if field.enum_type is not None:
        return _enum_form(field.enum_type)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return Form("BOOL", _parse_bool, lambda value: "true" if value else "false")
    if field.cpp_type in _INTEGERS:
        return _integer_form(field)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _bytes_form(field)
    if field.type == FieldDescriptor.TYPE_STRING:
        return Form("@FILE|TEXT", _parse_secret) if is_secret(field) else Form("TEXT", str)
    return Form("NUMBER", _parse_float)


@cache
def message_form(descriptor: Descriptor) -> Form | None:
    """The form of messages that one word says: addresses, ranges, durations, wrapped numbers."""
    special = _MESSAGES.get(descriptor.full_name)
    if special:
        return special(GetMessageClass(descriptor))
    if descriptor.full_name in wellknown.WRAPPERS:
        return _wrapper_form(descriptor)
    return None


def short_name(enum: EnumDescriptor, number: int) -> str:
    """The short form of an enum value, "tcp" for NVME_TRANSPORT_TYPE_TCP; "7" if unknown."""
    value = enum.values_by_number.get(number)
    return _short(enum, value.name) if value else str(number)


def enum_spellings(enum: EnumDescriptor) -> tuple[str, ...]:
    """How the values of an enum may be written: short, as known from elsewhere, in full."""
    short = [_short(enum, value.name) for value in enum.values]
    aliases = _ALIASES.get(enum.full_name, {})
    return tuple(dict.fromkeys([*short, *aliases, *(value.name for value in enum.values)]))


def _enum_form(enum: EnumDescriptor) -> Form:
    names = {_short(enum, value.name): value.number for value in enum.values}
    aliases = {old: names[new] for old, new in _ALIASES.get(enum.full_name, {}).items()}
    known = {**names, **aliases, **{_normal(value.name): value.number for value in enum.values}}
    choices = tuple(name for name in names if name != "unspecified")

    def parse(text: str) -> int:
        number = known.get(_normal(text))
        if number is None and text.isdigit() and int(text) in enum.values_by_number:
            number = int(text)
        if number is None:
            raise FormError(f"{text!r} is none of {', '.join(choices)}")
        return number

    return Form("|".join(choices), parse, lambda number: short_name(enum, number), choices)


def _short(enum: EnumDescriptor, name: str) -> str:
    return _normal(name[len(_prefix(enum)) :])


@cache
def _prefix(enum: EnumDescriptor) -> str:
    """What all value names begin with, up to an underscore."""
    names = [value.name for value in enum.values]
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    common = "".join(letters[0] for letters in same) if len(names) > 1 else ""
    return common[: common.rfind("_") + 1]


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").strip("-")


def _parse_bool(text: str) -> bool:
    if text.lower() in {"true", "yes", "on", "1"}:
        return True
    if text.lower() in {"false", "no", "off", "0"}:
        return False
    raise FormError(f"{text!r} is neither true nor false")


def _parse_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise FormError(f"{text!r} is not a number") from None


def _integer_form(field: FieldDescriptor) -> Form:
    if field.cpp_type == FieldDescriptor.CPPTYPE_UINT32 and _IPV4_NAME.search(field.name):
        return _ipv4_form("little" if field.full_name.startswith("openoffload.") else "big")
    low, high = _INTEGERS[field.cpp_type]
    if _PROTOCOL_NAME.match(field.name):
        return Form("PROTOCOL", _checked(parse_protocol), show_protocol)
    is_size = bool(_SIZE_NAME.search(field.name))
    parse = parse_size if is_size else parse_integer
    return Form("SIZE" if is_size else "INT", _checked(lambda text: parse(text, low, high)))


def _checked(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A parser whose ValueError becomes a FormError."""

    def checked(text: str) -> Any:
        try:
            return parse(text)
        except FormError:
            raise
        except (ValueError, OverflowError) as error:
            raise FormError(str(error)) from None

    return checked


def _ipv4_form(order: Any) -> Form:
    """IPv4 addresses kept in an integer; openoffload has the network's bytes in host order."""

    def parse(text: str) -> int:
        if text.isdigit():
            return int(parse_integer(text, 0, (1 << 32) - 1))
        return int.from_bytes(IPv4Address(text).packed, order)

    def show(value: int) -> str:
        return str(IPv4Address(value.to_bytes(4, order)))

    return Form("ADDRESS", _checked(parse), show)


def _bytes_form(field: FieldDescriptor) -> Form:
    if _MAC_NAME.search(field.name):
        return Form("MAC", _parse_mac, _show_mac)
    if _IPV6_NAME.search(field.name):
        return Form("ADDRESS", _checked(_parse_ipv6), _show_ipv6)
    return Form("BYTES", parse_bytes, lambda value: f"hex:{value.hex()}")


def _parse_mac(text: str) -> bytes:
    if _MAC.fullmatch(text):
        return bytes.fromhex(re.sub("[:-]", "", text))
    if _has_prefix(text):
        return parse_bytes(text)
    raise FormError(f"{text!r} is not a MAC address, such as aa:bb:cc:00:00:01")


def _show_mac(value: bytes) -> str:
    return value.hex(":") if len(value) in {0, 6} else f"hex:{value.hex()}"


def _parse_ipv6(text: str) -> bytes:
    return parse_bytes(text) if _has_prefix(text) else IPv6Address(text).packed


def _show_ipv6(value: bytes) -> str:
    return str(IPv6Address(value)) if len(value) == 16 else f"hex:{value.hex()}"


def _has_prefix(text: str) -> bool:
    return text.startswith(("hex:", "0x", "base64:", "text:", "@"))


def parse_bytes(text: str) -> bytes:
    """Bytes: `hex:00ff` or `0x00ff`, `base64:AP8=`, `text:abc`, `@FILE`. Raises FormError."""
    kind, _, rest = text.partition(":")
    if text.startswith("@"):
        return _file(text[1:])
    if kind == "text":
        return rest.encode()
    try:
        if kind == "hex" or text.startswith("0x"):
            return bytes.fromhex((rest if kind == "hex" else text[2:]).replace(":", ""))
        if kind == "base64":
            return base64.b64decode(rest, validate=True)
    except (ValueError, binascii.Error):
        raise FormError(f"the {kind} digits of a byte string are wrong") from None
    raise FormError("write bytes as hex:00ff, base64:AP8=, text:abc or @FILE")


def _parse_secret(text: str) -> str:
    """A secret text: `@FILE` keeps it off the command line, which other users can see."""
    if not text.startswith("@"):
        return text
    try:
        return _file(text[1:]).decode().rstrip("\n")
    except UnicodeDecodeError:
        raise FormError(f"{text[1:]}: not a text in UTF-8") from None


def _file(name: str) -> bytes:
    try:
        return Path(name).expanduser().read_bytes()
    except OSError as error:
        raise FormError(f"{name}: {error.strerror}") from None


def _address_form(kind: type[Any]) -> Form:
    families = kind.DESCRIPTOR.fields_by_name["af"].enum_type.values_by_name

    def parse(text: str) -> Any:
        address = ip_address(text)
        if isinstance(address, IPv4Address):
            return kind(af=families["IP_AF_INET"].number, v4_addr=int(address))
        return kind(af=families["IP_AF_INET6"].number, v6_addr=address.packed)

    return Form("ADDRESS", _checked(parse), _show_address)


def _show_address(value: Any) -> str:
    if value.WhichOneof("v4_or_v6") == "v4_addr":
        return str(IPv4Address(value.v4_addr))
    return _show_ipv6(value.v6_addr) if value.v6_addr else ""


def _prefix_form(kind: type[Any]) -> Form:
    address = message_form(kind.DESCRIPTOR.fields_by_name["addr"].message_type)
    assert address is not None

    def parse(text: str) -> Any:
        host, length = _split_prefix(text)
        return kind(addr=address.parse(host), len=length)

    return Form("PREFIX", _checked(parse), lambda value: f"{address.show(value.addr)}/{value.len}")


def _prefix4_form(kind: type[Any]) -> Form:
    def parse(text: str) -> Any:
        host, length = _split_prefix(text)
        return kind(addr=int(IPv4Address(host)), len=length)

    return Form("PREFIX", _checked(parse), lambda v: f"{IPv4Address(v.addr)}/{v.len}")


def _prefix6_form(kind: type[Any]) -> Form:
    def parse(text: str) -> Any:
        host, length = _split_prefix(text)
        return kind(addr=IPv6Address(host).packed, len=length)

    return Form("PREFIX", _checked(parse), lambda v: f"{_show_ipv6(v.addr)}/{v.len}")


def _split_prefix(text: str) -> tuple[str, int]:
    """ "10.0.0.1/24" -> ("10.0.0.1", 24): the address keeps its host bits."""
    host, slash, length = text.partition("/")
    bits = ip_address(host).max_prefixlen
    if slash and not (length.isdigit() and int(length) <= bits):
        raise FormError(f"{text!r} is not a prefix: its length is 0 to {bits}")
    return host, int(length) if slash else bits


def _range_form(low: str, high: str) -> Callable[[type[Any]], Form]:
    """Port ranges: `80` or `8000-8080`."""

    def make(kind: type[Any]) -> Form:
        def parse(text: str) -> Any:
            first, dash, last = text.partition("-")
            start = parse_integer(first, 0, 65535)
            end = parse_integer(last, 0, 65535) if dash else start
            if end < start:
                raise FormError(f"{text!r} is not a range of ports: it ends before it begins")
            return kind(**{low: start, high: end})

        def show(value: Any) -> str:
            start, end = getattr(value, low), getattr(value, high)
            return str(start) if start == end else f"{start}-{end}"

        return Form("PORT[-PORT]", _checked(parse), show)

    return make


_ENCAPS = {"dot1q": "vlan_id", "mpls-over-udp": "mpls_tag", "vxlan": "vnid", "nvgre": "vsid"}
"""Encapsulations and the field that holds their number."""


def _encap_form(kind: type[Any]) -> Form:
    types = _enum_form(kind.DESCRIPTOR.fields_by_name["type"].enum_type)

    def parse(text: str) -> Any:
        name, _, number = text.partition(":")
        message = kind(type=types.parse(name))
        key = _ENCAPS.get(types.show(message.type))
        if key is None or not number.isdigit():
            raise FormError(f"{text!r} is not an encapsulation, such as vxlan:100 or dot1q:10")
        setattr(message.value, key, parse_integer(number, 0, (1 << 31) - 1))
        return message

    def show(value: Any) -> str:
        set_field = value.value.WhichOneof("val")
        return f"{types.show(value.type)}:{getattr(value.value, set_field) if set_field else ''}"

    return Form("TYPE:NUMBER", _checked(parse), show)


def _wrapper_form(descriptor: Descriptor) -> Form:
    inner = form_of(descriptor.fields_by_name["value"])
    assert inner is not None
    kind: type[Any] = GetMessageClass(descriptor)
    return Form(
        inner.metavar, lambda text: kind(value=inner.parse(text)), lambda v: inner.show(v.value)
    )


_MESSAGES: dict[str, Callable[[type[Any]], Form]] = {
    f"{_TYPES}IPAddress": _address_form,
    f"{_TYPES}IPPrefix": _prefix_form,
    f"{_TYPES}IPv4Prefix": _prefix4_form,
    f"{_TYPES}IPv6Prefix": _prefix6_form,
    f"{_TYPES}PortRange": _range_form("port_low", "port_high"),
    f"{_SECURITY}PortRange": _range_form("start", "end"),
    f"{_TYPES}Encap": _encap_form,
    "google.protobuf.Duration": lambda kind: Form(
        "DURATION", _checked(lambda text: wellknown.parse_duration(text, kind)), wellknown.show
    ),
    "google.protobuf.Timestamp": lambda kind: Form(
        "TIME", _checked(lambda text: wellknown.parse_timestamp(text, kind)), wellknown.show
    ),
    "google.protobuf.FieldMask": lambda kind: Form(
        "PATHS",
        lambda text: kind(paths=text.split(",") if text else []),
        lambda value: ",".join(value.paths),
    ),
}
