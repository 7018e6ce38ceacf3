"""Messages as JSON: protobuf's own library reads what we write, and finds every field."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.api.errors import ApiError
from dpu_sim.gateway.codec import dumps, encode, loads, loads_many
from dpu_sim.gateway.reading import read_into
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import NvmeRemoteController
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem
from tests.unit.dpu_sim.gateway.messages import EXAMPLES, TYPES, messages


@settings(max_examples=EXAMPLES, deadline=None)
@given(messages())
def test_protobufs_library_reads_what_we_write(message: Message) -> None:
    text = dumps(encode(message)).decode()
    assert json_format.Parse(text, type(message)()) == message


@settings(max_examples=EXAMPLES, deadline=None)
@given(messages())
def test_we_read_what_protobufs_library_writes(message: Message) -> None:
    for names in (False, True):
        value = json_format.MessageToDict(message, preserving_proto_field_name=names)
        read = type(message)()
        if isinstance(value, dict):  # what has a form of its own is part of other messages only
            assert read_into(read, value) == []
            assert read == message


@settings(max_examples=EXAMPLES, deadline=None)
@given(messages())
def test_every_field_is_there_in_order_except_choices_that_were_not_made(message: Any) -> None:
    value = encode(message)
    if message.DESCRIPTOR.file.package == "google.protobuf":
        return
    wanted = [
        field.json_name
        for field in message.DESCRIPTOR.fields
        if field.containing_oneof is None or message.HasField(field.name)
    ]
    assert list(value) == wanted


def test_the_types_are_all_there() -> None:
    assert len(TYPES) > 400
    for one in TYPES:
        assert GetMessageClass(one)().DESCRIPTOR.full_name == one.full_name


def test_forms_of_values() -> None:
    empty = encode(NvmeRemoteController())
    assert empty["multipath"] == "NVME_MULTIPATH_UNSPECIFIED"
    assert empty["ioQueuesCount"] == "0"  # an int64
    assert empty["tcp"] is None
    subsystem = encode(NvmeSubsystem(name="nvmeSubsystems/é"))
    assert subsystem == {"name": "nvmeSubsystems/é", "spec": None, "status": None}
    assert "é".encode() in dumps(subsystem)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "the body is not JSON: Expecting value at line 1, column 1"),
        (b"{", "the body is not JSON: Expecting property name"),
        (b'{"a":1,"a":2}', "the body: the key 'a' is there twice"),
        (b"NaN", "the body: NaN is not JSON; write it in quotes"),
        (b'"\xff"', "the body is not UTF-8 at byte 1"),
        (b"[" * 100_000, "the body is nested too deeply"),
        (b'{"\\ud800":1}', "the body: a key has half of a surrogate pair"),
        (b"1 2", "the body is not JSON: Extra data at line 1, column 3"),
        (b"9" * 5000, "the body: Exceeds the limit"),
    ],
)
def test_what_is_not_json_is_told(text: bytes, message: str) -> None:
    with pytest.raises(ApiError) as caught:
        loads(text)
    assert message in caught.value.message


def test_a_key_that_is_there_twice_is_found_among_very_many() -> None:
    keys = ",".join(f'"{number}":1' for number in [*range(200_000), 199_999])
    begun = time.process_time()
    with pytest.raises(ApiError, match="the key '199999' is there twice"):
        loads(f"{{{keys}}}".encode())
    assert time.process_time() - begun < 5  # minutes, if each were compared with all others


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), inner
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None)
@given(JSON)
def test_the_standard_librarys_json_is_read(value: Any) -> None:
    assert loads(json.dumps(value).encode()) == value
    assert loads(dumps(value)) == value


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(JSON.filter(lambda one: isinstance(one, dict | list))), st.sampled_from(["", "\n"]))
def test_values_in_a_row_are_read_one_by_one(values: list[Any], separator: str) -> None:
    text = separator.join(map(json.dumps, values))
    assert loads_many(text.encode()) == values


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (loads, loads_many):
        try:
            read(data)
        except ApiError as error:
            error.status().SerializeToString()
