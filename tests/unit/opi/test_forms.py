"""Values in text form: every form reads what it shows, and says what is wrong with the rest."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi.catalog import catalog
from opi.forms import FormError, form_of, message_form, parse_bytes, short_name
from opi.numbers import PROTOCOLS, parse_integer, parse_protocol, parse_size, show_protocol
from opi.wellknown import parse_seconds

TYPES = "opi_api.network.opinetcommon.v1alpha1."
FIELDS: dict[str, Any] = {
    field.full_name: field for message in catalog().messages() for field in message.fields
}
MESSAGES: dict[str, Any] = {one.full_name: one for one in catalog().messages()}
WITH_FORM = sorted(name for name, field in FIELDS.items() if form_of(field))
SECRET_TEXT = "opi_api.network.cloud.v1alpha1.OSPFMD5Auth.password"
ENUMS = sorted(name for name, field in FIELDS.items() if field.enum_type)


def form(name: str) -> Any:
    found = message_form(MESSAGES[name]) if name in MESSAGES else form_of(FIELDS[name])
    assert found is not None
    return found


ADDRESSES = st.ip_addresses().map(str)
NETWORKS = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)),
    st.tuples(st.ip_addresses(v=6), st.integers(0, 128)),
).map(lambda pair: f"{pair[0]}/{pair[1]}")
PORTS = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted)
TEXTS = {
    f"{TYPES}IPAddress": ADDRESSES,
    f"{TYPES}IPPrefix": NETWORKS,
    f"{TYPES}IPv4Prefix": NETWORKS.filter(lambda text: ":" not in text),
    f"{TYPES}IPv6Prefix": NETWORKS.filter(lambda text: ":" in text),
    f"{TYPES}PortRange": PORTS.map(lambda p: f"{p[0]}-{p[1]}" if p[0] != p[1] else str(p[0])),
    "opi_api.security.v1alpha1.PortRange": PORTS.map(
        lambda p: f"{p[0]}-{p[1]}" if p[0] != p[1] else str(p[0])
    ),
    f"{TYPES}Encap": st.tuples(
        st.sampled_from(["dot1q", "mpls-over-udp", "vxlan", "nvgre"]), st.integers(0, (1 << 31) - 1)
    ).map(lambda pair: f"{pair[0]}:{pair[1]}"),
}
"""Texts in the form that is shown, by message type."""


@settings(max_examples=50, deadline=None)
@pytest.mark.parametrize("name", TEXTS)
@given(st.data())
def test_messages_show_what_they_read(name: str, data: st.DataObject) -> None:
    text = data.draw(TEXTS[name])
    assert form(name).show(form(name).parse(text)) == text


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WITH_FORM), st.data())
def test_every_field_reads_what_it_shows(name: str, data: st.DataObject) -> None:
    field = FIELDS[name]
    if field.message_type is not None or field.type == field.TYPE_STRING:
        return
    value = data.draw(_values(field))
    assert form(name).parse(form(name).show(value)) == value


def _values(field: Any) -> st.SearchStrategy[Any]:
    bits = {field.CPPTYPE_INT32: 31, field.CPPTYPE_INT64: 63}
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.cpp_type == field.CPPTYPE_BOOL:
        return st.booleans()
    if field.type == field.TYPE_BYTES:
        size = 6 if form_of(field).metavar == "MAC" else 16  # type: ignore[union-attr]
        return st.binary(min_size=size, max_size=size)
    if field.cpp_type in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT):
        return st.floats(allow_nan=False)
    if form_of(field).metavar == "PROTOCOL":  # type: ignore[union-attr]
        return st.integers(0, 255)
    if field.cpp_type in bits:
        return st.integers(-(1 << bits[field.cpp_type]), (1 << bits[field.cpp_type]) - 1)
    return st.integers(0, (1 << (32 if field.cpp_type == field.CPPTYPE_UINT32 else 64)) - 1)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(WITH_FORM), st.text(max_size=20).filter(lambda text: text[:1] != "@"))
def test_any_text_is_a_value_or_an_error_with_words(name: str, text: str) -> None:
    try:
        value = form(name).parse(text)
    except FormError as error:
        said = str(error)
    else:
        said = f"value {form(name).show(value)}"
    assert said


@pytest.mark.parametrize("name", ENUMS)
def test_every_value_of_an_enum_has_one_short_name_and_its_full_one(name: str) -> None:
    enum = FIELDS[name].enum_type
    shown = [short_name(enum, one.number) for one in enum.values]
    assert len(set(shown)) == len({one.number for one in enum.values})
    for value in enum.values:
        assert form(name).parse(value.name) == value.number
        assert form(name).parse(short_name(enum, value.number)) == value.number


@pytest.mark.parametrize(
    ("field", "text", "shown"),
    [
        ("opi_api.storage.v1.NvmePath.trtype", "TCP", "tcp"),
        ("opi_api.storage.v1.NvmePath.trtype", "NVME_TRANSPORT_TYPE_TCP", "tcp"),
        ("opi_api.storage.v1.EncryptedVolume.key", "0x00ff", "hex:00ff"),
        ("opi_api.storage.v1.EncryptedVolume.key", "text:abc", "hex:616263"),
        ("opi_api.storage.v1.EncryptedVolume.key", "base64:AP8=", "hex:00ff"),
        ("opi_api.storage.v1.MallocVolume.block_size", "4k", "4096"),
        ("opi_api.storage.v1.MallocVolume.blocks_count", "1GiB", "1073741824"),
        (f"{TYPES}IPPrefix", "10.0.0.1/24", "10.0.0.1/24"),
        (f"{TYPES}IPPrefix", "10.0.0.1", "10.0.0.1/32"),
        (f"{TYPES}PortRange", "80-80", "80"),
        ("google.protobuf.Duration", "1h30m", "5400s"),
        ("google.protobuf.Duration", "0.5s", "0.500s"),
        ("google.protobuf.Timestamp", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00Z"),
    ],
)
def test_other_spellings_of_a_value(field: str, text: str, shown: str) -> None:
    one = _wellknown(field) if field.startswith("google.") else form(field)
    assert one.show(one.parse(text)) == shown


def _wellknown(name: str) -> Any:
    return next(
        form_of(field)
        for field in FIELDS.values()
        if field.message_type and field.message_type.full_name == name
    )


@pytest.mark.parametrize(
    ("field", "text", "error"),
    [
        ("opi_api.storage.v1.NvmePath.trtype", "ufo", "'ufo' is none of "),
        ("opi_api.storage.v1.EncryptedVolume.key", "abc", "write bytes as hex:00ff"),
        ("opi_api.storage.v1.EncryptedVolume.key", "hex:0", "digits of a byte string are wrong"),
        ("opi_api.storage.v1.MallocVolume.block_size", "4q", "'4q' is not a whole number"),
        ("opi_api.storage.v1.MallocVolume.block_size", f"{1 << 63}", "is out of range"),
        (f"{TYPES}IPPrefix", "10.0.0.1/33", "its length is 0 to 32"),
        (f"{TYPES}IPPrefix", "10.0.0", "does not appear to be an IPv4 or IPv6 address"),
        (f"{TYPES}PortRange", "80-70", "it ends before it begins"),
        (f"{TYPES}PortRange", "70000", "70000 is out of range: 0 to 65535"),
        (f"{TYPES}Encap", "vxlan", "not an encapsulation, such as vxlan:100"),
        (f"{TYPES}Encap", "gre:1", "'gre' is none of"),
        ("google.protobuf.Duration", "soon", "'soon' is not a duration, such as 30s"),
        ("google.protobuf.Timestamp", "noon", "'noon' is not a time, such as 2026-"),
    ],
)
def test_what_is_wrong_with_a_value(field: str, text: str, error: str) -> None:
    one = _wellknown(field) if field.startswith("google.") else form(field)
    with pytest.raises(FormError) as caught:
        one.parse(text)
    assert error in str(caught.value)


def test_bytes_and_secrets_are_read_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"s3cret\n")
    assert parse_bytes(f"@{tmp_path}/key") == b"s3cret\n"
    password = form(SECRET_TEXT)
    assert password.parse(f"@{tmp_path}/key") == "s3cret"
    assert password.parse("plain") == "plain"
    with pytest.raises(FormError, match="No such file"):
        parse_bytes(f"@{tmp_path}/none")


def test_a_secret_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    with pytest.raises(FormError, match="UTF-8"):
        form(SECRET_TEXT).parse(f"@{tmp_path}/key")


@settings(deadline=None)
@given(st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from([str, hex, oct, bin]))
def test_integers_in_any_base(value: int, write: Any) -> None:
    assert parse_integer(write(value), -(1 << 63), (1 << 63) - 1) == value


@settings(deadline=None)
@given(
    st.integers(0, 1 << 20),
    st.sampled_from(["", "k", "M", "g"]),
    st.sampled_from(["", "i"]),
    st.sampled_from(["", "b", "B"]),
)
def test_sizes_are_in_powers_of_1024(count: int, unit: str, i: str, suffix: str) -> None:
    factor = {"": 1, "k": 1 << 10, "M": 1 << 20, "g": 1 << 30}[unit]
    assert parse_size(f"{count}{unit}{i if unit else ''}{suffix}", 0, 1 << 63) == count * factor


@settings(deadline=None)
@given(st.integers(0, 255))
def test_protocols_are_numbers_or_names(number: int) -> None:
    assert parse_protocol(show_protocol(number)) == number
    assert parse_protocol(str(number)) == number


def test_protocols_have_the_numbers_of_the_registry() -> None:
    known = {name: socket.getprotobyname(name) for name in ("icmp", "tcp", "udp", "gre")}
    assert {name: PROTOCOLS[name] for name in known} == known


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_durations_add_up(hours: int, minutes: int, seconds: int, millis: int) -> None:
    total = hours * 3600 + minutes * 60 + seconds + millis / 1000
    assert parse_seconds(f"{hours}h{minutes}m{seconds}s{millis}ms") == pytest.approx(total)
    assert parse_seconds(f"{total:.3f}") == pytest.approx(total)


@settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        seconds = parse_seconds(text)
    except ValueError as error:
        seconds = 0.0 if "is not a duration" in str(error) else -1.0
    assert seconds >= 0


@settings(deadline=None)
@given(st.ip_addresses())
def test_addresses_are_numbers_in_network_order(address: Any) -> None:
    value = form(f"{TYPES}IPAddress").parse(str(address))
    number = value.v4_addr or int.from_bytes(value.v6_addr, "big")
    assert number == int(address)
    assert value.WhichOneof("v4_or_v6") == ("v4_addr" if address.version == 4 else "v6_addr")


def test_offloaded_sessions_keep_addresses_in_host_order() -> None:
    one = form("openoffload.v2.SessionRequest.source_ip")
    number = one.parse("10.1.2.3")
    assert number.to_bytes(4, "little") == ipaddress.ip_address("10.1.2.3").packed
    assert one.show(number) == "10.1.2.3"
