"""Messages from trees and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given, settings
from hypothesis import strategies as st

from opi.bodies import BodyError, fill, secrets, to_data, value_at
from opi.catalog import catalog
from opi.forms import form_of
from opi.masks import is_map, problems
from opi.proto.opi_api.storage.v1.backend_malloc_pb2 import MallocVolume
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem
from opi.resources import resources
from opi.yamltree import MAX_BYTES, MAX_DEPTH, TreeError, documents
from tests.unit.dpu_sim.gateway.messages import messages

KINDS = [one.descriptor for one in resources().types]


def read(message: Any, text: str) -> list[str]:
    return fill(message, documents(text)[0])


def keep_protocols_in_range(message: Any) -> None:
    """IP protocols are written as 0 to 255; the interface has 32 bits for them."""
    for field, value in message.ListFields():
        if field.message_type is None:
            form = form_of(field)
            if form and form.metavar == "PROTOCOL":
                setattr(message, field.name, value % 256)
        elif not is_map(field):
            for one in value if field.is_repeated else [value]:
                keep_protocols_in_range(one)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS).flatmap(messages))
def test_what_is_written_is_read_back(message: Any) -> None:
    keep_protocols_in_range(message)
    data = to_data(message, lambda _: False)
    again = type(message)()
    paths = read(again, json.dumps(data))
    assert again == message
    assert problems(paths, message.DESCRIPTOR) == {}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS).flatmap(messages), st.data())
def test_proto_json_is_read_too(message: Any, data: st.DataObject) -> None:
    """Oracle: protobuf's own JSON, with either spelling of names."""
    keep_protocols_in_range(message)
    names = data.draw(st.booleans())
    text = json_format.MessageToJson(message, preserving_proto_field_name=names, indent=None)
    again = type(message)()
    read(again, text)
    assert again == message


def test_the_paths_are_what_the_text_names() -> None:
    message = NvmeSubsystem()
    paths = read(message, "{name: n, spec: {nqn: x, serialNumber: null}, status: {}}")
    assert paths == ["name", "spec.nqn", "spec.serial_number", "status"]
    assert message.spec.nqn == "x"


@pytest.mark.parametrize(
    ("kind", "text", "line", "error"),
    [
        (
            NvmeSubsystem,
            "spec:\n  nqm: x\n",
            2,
            "spec.nqm: NvmeSubsystemSpec has no such field; did you mean nqn?",
        ),
        (
            NvmeSubsystem,
            "spec:\n  nqn: [a]\n",
            2,
            "spec.nqn: a list where one value is expected",
        ),
        (NvmeSubsystem, "spec: hello\n", 1, "spec: 'hello' where a map of fields is expected"),
        (NvmeSubsystem, "[]\n", 1, "a list where a map of fields is expected"),
        (
            MallocVolume,
            "name: x\n\nblock_size: big\n",
            3,
            "block_size: 'big' is not a whole number",
        ),
        (
            NvmeSubsystem,
            "spec: {psk: '%%'}\n",
            1,
            "spec.psk: not base64; write hex:00ff or text:abc otherwise",
        ),
    ],
)
def test_mistakes_say_line_and_field(kind: Any, text: str, line: int, error: str) -> None:
    with pytest.raises(BodyError) as caught:
        read(kind(), text)
    assert (caught.value.line, str(caught.value)) == (line, error)


def test_lists_say_which_element() -> None:
    port = resources().kind("BridgePort").message()
    with pytest.raises(BodyError) as caught:
        read(port, "spec:\n  logical_bridges:\n    - a\n    - [b]\n")
    assert caught.value.line == 4
    assert caught.value.field == "spec.logical_bridges[1]"
    with pytest.raises(BodyError, match="'a' where a list is expected"):
        read(port, "spec: {logical_bridges: a}")


def test_only_one_of_a_choice() -> None:
    kinds = (one for one in catalog().messages() if one.oneofs and len(one.oneofs[0].fields) > 1)
    for one in kinds:
        first, second = one.oneofs[0].fields[:2]
        if first.message_type or second.message_type:
            continue
        text = json.dumps({first.name: "1", second.name: "1"})
        with pytest.raises(BodyError):
            read(GetMessageClass(one)(), text)


def test_plain_words_mean_what_the_field_says() -> None:
    message = NvmeSubsystem()
    read(
        message, "spec: {serial_number: 1.10, nqn: yes, model_number: 00:11, max_namespaces: 0x10}"
    )
    spec = message.spec
    assert (spec.serial_number, spec.nqn, spec.model_number) == ("1.10", "yes", "00:11")
    assert spec.max_namespaces == 16


def test_value_at_tells_unset_from_zero() -> None:
    message = NvmeSubsystem()
    assert value_at(message, "spec.nqn") is None
    message.spec.SetInParent()
    assert value_at(message, "spec.nqn") == ""
    port: Any = resources().kind("BridgePort").message()
    port.spec.logical_bridges.append("b")
    assert value_at(port, "spec.logical_bridges") == ["b"]


def test_secrets_are_found_where_they_are() -> None:
    assert list(secrets(NvmeSubsystem(spec={"psk": b"x"}))) == ["spec.psk"]
    assert list(secrets(NvmeSubsystem(spec={"nqn": "x"}))) == []


@pytest.mark.parametrize(
    ("text", "line", "error"),
    [
        ("a: [", 1, "not valid YAML"),
        ("a: 1\nb: 2\na: 3\n", 3, "key 'a' is given twice"),
        ("[1]: 2\n", 1, "a key must be plain text"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), 1, "nested deeper than"),
        ("x" * (MAX_BYTES + 1), 0, "more than 4 MiB"),
    ],
)
def test_text_that_is_no_tree(text: str, line: int, error: str) -> None:
    with pytest.raises(TreeError) as caught:
        documents(text)
    assert error in caught.value.message
    assert caught.value.line >= line


def test_an_alias_bomb_is_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 8)
    )
    with pytest.raises(TreeError, match="more than 200000 values"):
        documents(bomb)


YAML_PIECES = st.sampled_from(
    [
        *("- ", "a: ", "{", "}", "[", "]", "\n", "  ", "&x ", "*x", "!!int ", "? ", ": ", "'", '"'),
        *("|", "---\n", "...\n", "%YAML 9\n", "é", "\x00", "\ud83d", "#", "<<: ", "=", "!!binary "),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(YAML_PIECES, max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_trees_or_an_error(text: str) -> None:
    try:
        trees = documents(text)
    except TreeError as error:
        said = error.message
    else:
        said = "trees"
        assert all(tree.content is not None for tree in trees)
    assert said


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner)
        ),
        max_leaves=8,
    )
)
def test_json_text_is_read_as_it_is(data: Any) -> None:
    def plain(tree: Any) -> Any:
        if isinstance(tree.content, dict):
            return {key: plain(one) for key, one in tree.content.items()}
        return [plain(x) for x in tree.content] if isinstance(tree.content, list) else tree.content

    assert [plain(one) for one in documents(json.dumps(data))] == [data]
