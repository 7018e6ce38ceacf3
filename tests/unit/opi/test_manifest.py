"""Manifests: what is read, and what is said of mistakes, with file, line, document and field."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi.apply import plan_delete
from opi.manifest import Item, ManifestError, parse, read, to_document
from opi.ordering import ordered
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeSubsystem
from opi.resources import resources
from tests.unit.dpu_sim.gateway.messages import messages
from tests.unit.opi.test_bodies import keep_protocols_in_range

SUBSYSTEM = "kind: NvmeSubsystem\nname: nvmeSubsystems/sub0\nspec: {nqn: x}\n"
FIELDS = "`opictl describe NvmeSubsystem` lists its fields"
FORM = "names of NvmeSubsystem look like nvmeSubsystems/{subsystem}"
CHILD = "names of NvmeNamespace look like nvmeSubsystems/{subsystem}/nvmeNamespaces/{namespace}"

ERRORS = {
    "a word": ("hello\n", "m.yml:1 (document 1): not a resource", "a resource is a map with"),
    "no kind": ("name: x\n", "m.yml:1 (document 1): `kind` is missing", "such as kind: Nvme"),
    "a kind that is close": (
        "name: x\nkind: NvmeSubsytem\n",
        "m.yml:2 (document 1): kind: no resource is called 'NvmeSubsytem'",
        "did you mean NvmeSubsystem?",
    ),
    "a kind like no other": (
        "kind: Zzz\n",
        "m.yml:1 (document 1): kind: no resource is called 'Zzz'",
        "there are: AioVolume, ",
    ),
    "no name": ("kind: NvmeSubsystem\n", "m.yml:1 (document 1): `name` is missing", FORM),
    "two names": (
        f"{SUBSYSTEM}id: x\n",
        "m.yml:1 (document 1): `name` and `id` are given: one of the two",
        FORM,
    ),
    "a name and a parent": (
        f"{SUBSYSTEM}parent: x\n",
        "m.yml:1 (document 1): `name` and `parent` are given: one of the two",
        FORM,
    ),
    "a child without parent": (
        "kind: NvmeNamespace\nid: ns01\n",
        "m.yml:1 (document 1): `parent` is missing beside `id`",
        CHILD,
    ),
    "a name of another kind": (
        "kind: NvmeSubsystem\n\nname: volumes/x\n",
        "m.yml:3 (document 1): name: 'volumes/x' is not a name of this kind",
        FORM,
    ),
    "an id that is none": (
        "kind: NvmeSubsystem\nid: a/b\n",
        "m.yml:2 (document 1): id: 'a/b' is not a name of this kind",
        FORM,
    ),
    "a wrong field in the second document": (
        f"{SUBSYSTEM}---\nkind: NvmeSubsystem\nid: sub1\nspec:\n  nqm: x\n",
        "m.yml:8 (document 2): spec.nqm: NvmeSubsystemSpec has no such field; did you mean nqn?",
        FIELDS,
    ),
    "a wrong value": (
        f"{SUBSYSTEM.replace('nqn: x', 'max_namespaces: -1.5')}",
        "m.yml:3 (document 1): spec.max_namespaces: '-1.5' is not a whole number",
        FIELDS,
    ),
    "not YAML": ("kind: {\n", "m.yml:2: not valid YAML: ", ""),
    "a key twice": ("kind: a\nkind: b\n", "m.yml:2: key 'kind' is given twice", ""),
}


@pytest.mark.parametrize(("text", "message", "hint"), ERRORS.values(), ids=ERRORS.keys())
def test_error_texts(text: str, message: str, hint: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse(text, "m.yml")
    assert caught.value.message.startswith(message)
    assert caught.value.hint.startswith(hint)


def test_documents_lists_and_children() -> None:
    items = parse(
        f"{SUBSYSTEM}---\n- kind: NvmeNamespace\n  id: ns01\n  parent: sub0\n"
        "- {kind: MallocVolume, name: mallocVolumes/vol0, blockSize: 4k}\n"
    )
    assert [(str(item), item.paths, item.place.document) for item in items] == [
        ("NvmeSubsystem nvmeSubsystems/sub0", ("spec.nqn",), 1),
        ("NvmeNamespace nvmeSubsystems/sub0/nvmeNamespaces/ns01", (), 2),
        ("MallocVolume volumes/vol0", ("block_size",), 2),
    ]


def test_what_servers_report_is_left_out() -> None:
    [item] = parse(f"{SUBSYSTEM}status: {{firmware_revision: '1'}}\n")
    assert item.paths == ("spec.nqn",)
    assert item.message == NvmeSubsystem(spec={"nqn": "x"})


def test_files_folders_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.yml").write_text(SUBSYSTEM)
    (tmp_path / "a.json").write_text(json.dumps({"kind": "NvmeSubsystem", "id": "sub1"}))
    (tmp_path / "c.txt").write_text("not read")
    assert [item.name for item in read([str(tmp_path)])] == [
        "nvmeSubsystems/sub1",
        "nvmeSubsystems/sub0",
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("kind: Nonsense\n"))
    with pytest.raises(ManifestError, match=r"^standard input:1 "):
        read(["-"])


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"no \*.yml, \*.yaml or \*.json in this folder"):
        read([str(tmp_path)])
    with pytest.raises(ManifestError, match="No such file or directory"):
        read([str(tmp_path / "none.yml")])
    (tmp_path / "bad.yml").write_bytes(b"\xff")
    with pytest.raises(ManifestError, match="not a text in UTF-8"):
        read([str(tmp_path / "bad.yml")])


def test_one_resource_twice(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(f"{SUBSYSTEM}---\nkind: NvmeSubsystem\nid: sub0\n")
    with pytest.raises(ManifestError) as caught:
        read([str(tmp_path / "a.yml")])
    assert "NvmeSubsystem nvmeSubsystems/sub0 is there already, at " in caught.value.message


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_exported_is_read_back(data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(resources().types))
    message: Any = data.draw(messages(one.descriptor))
    keep_protocols_in_range(message)
    ids = [f"id{number:02}" for number in range(one.pattern.variables)]
    message.name = one.pattern.format(*ids)
    document = to_document(one, message)
    [item] = parse(json.dumps(document))
    assert item.name == message.name
    again = to_document(one, item.message)
    again["name"] = document["name"] = ""
    assert again == document


PIECES = st.sampled_from(
    [
        *("- ", "kind: ", "name: ", "id: ", "spec: ", "{", "}", "[", "]", "\n", "  ", "---\n"),
        *("NvmeSubsystem", "NullVolume", "nqn: ", "block_size: ", "volumes/a", "4k", "&x ", "*x"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
def test_any_text_is_resources_or_an_error(text: str) -> None:
    try:
        items = parse(text, "m.yml")
    except ManifestError as error:
        said = error.message
    else:
        said = "m.yml"
        assert all(isinstance(item, Item) and item.name for item in items)
    assert said.startswith("m.yml")


def document(kind: str, name: str, fields: str = "") -> str:
    return f"{{kind: {kind}, name: {name}{', ' if fields else ''}{fields}}}\n"


def test_parents_and_references_come_first() -> None:
    namespace = "nvmeSubsystems/sub0/nvmeNamespaces/ns01"
    text = "---\n".join(
        [
            document("NvmeNamespace", namespace, "spec: {volume_name_ref: encryptedVolumes/enc0}"),
            document("EncryptedVolume", "volumes/enc0", "volume_name_ref: vol0"),
            document("NvmeSubsystem", "nvmeSubsystems/sub0"),
            document("MallocVolume", "mallocVolumes/vol0"),
        ]
    )
    items = parse(text)
    assert [item.kind.kind for item in ordered(items)] == [
        "NvmeSubsystem",
        "MallocVolume",
        "EncryptedVolume",
        "NvmeNamespace",
    ]
    assert [step.item.kind.kind for step in plan_delete(items)] == [
        "NvmeNamespace",
        "EncryptedVolume",
        "MallocVolume",
        "NvmeSubsystem",
    ]


def test_a_circle_is_an_error_that_names_it() -> None:
    text = "---\n".join(
        [
            document("EncryptedVolume", "volumes/enc0", "volume_name_ref: enc1"),
            document("EncryptedVolume", "volumes/enc1", "volume_name_ref: volumes/enc0"),
        ]
    )
    with pytest.raises(ManifestError) as caught:
        ordered(parse(text, "m.yml"))
    assert "m.yml:" in caught.value.message
    assert "refer to each other in a circle: EncryptedVolume volumes/enc" in caught.value.message


def test_the_same_id_in_several_collections_is_no_circle() -> None:
    text = "---\n".join(
        [
            document("Svi", "svis/blue", "spec: {vrf: vrfs/blue, logical_bridge: bridges/blue}"),
            document("BridgePort", "ports/blue", "spec: {logical_bridges: [logicalBridges/blue]}"),
            document("NvmeNamespace", "nvmeSubsystems/s001/nvmeNamespaces/blue", VOLUME),
            document("NvmeNamespace", "nvmeSubsystems/s002/nvmeNamespaces/blue", VOLUME),
            document("LogicalBridge", "logicalBridges/blue"),
            document("Vrf", "vrfs/blue"),
            document("NullVolume", "volumes/blue"),
        ]
    )
    kinds = [item.kind.kind for item in ordered(parse(text))]
    assert kinds[:3] == ["LogicalBridge", "Vrf", "NullVolume"]


VOLUME = "spec: {volume_name_ref: blue}"


@settings(deadline=None)
@given(st.permutations(range(4)))
def test_any_order_of_a_chain_is_put_right(order: list[int]) -> None:
    def link(number: int) -> str:
        before = f"volume_name_ref: vol{number - 1}" if number else "volume_name_ref: other"
        return document("EncryptedVolume", f"volumes/vol{number}", before)

    items = ordered(parse("---\n".join(link(number) for number in order)))
    assert [item.name for item in items] == [f"volumes/vol{number}" for number in range(4)]
