"""OPI start-up intents: what is read, what is said about files that are none, what is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.engine import intents
from lab.engine.intents import apply_intents, check_intents, read_intents
from lab.errors import LabError
from lab.topology.model import Node, Role, Topology
from opi import standard
from opi.client import Client
from opi.contexts import Context
from opi.resources import resources
from tests.memory_dpu import memory_dpu

SHAPE = "start-up intents of a DPU are a manifest, as `opictl apply` takes it"
FIELDS = "`opictl describe NvmeSubsystem` lists its fields"

HOST = "127.0.0.1"

VOLUME = """\
kind: MallocVolume
name: volumes/vol0
block_size: 512
blocks_count: 1Mi
"""
SUBSYSTEM = """\
kind: NvmeSubsystem
name: nvmeSubsystems/sub0
spec:
  nqn: nqn.2022-09.io.spdk:opi1
"""
NAMESPACE = """\
kind: NvmeNamespace
id: ns01
parent: sub0
spec:
  host_nsid: 1
  volume_name_ref: vol0
"""
ALL = "---\n".join([NAMESPACE, SUBSYSTEM, VOLUME])

ERRORS = {
    "nothing": ("", ": no resources in it", SHAPE),
    "a word": ("- hello\n", ":1 (document 1): not a resource", "a resource is a map with `kind`"),
    "the old list of calls": (
        "- {method: a.B/C, body: {}}\n",
        ":1 (document 1): `kind` is missing",
        "such as kind: NvmeSubsystem",
    ),
    "a wrong field": (
        f"{VOLUME}---\n{SUBSYSTEM}  nqm: x\n",
        ":10 (document 2): spec.nqm: NvmeSubsystemSpec has no such field; did you mean nqn?",
        FIELDS,
    ),
    "a wrong value": (
        f"{SUBSYSTEM}  max_namespaces: lots\n",
        ":5 (document 1): spec.max_namespaces: 'lots' is not a whole number",
        FIELDS,
    ),
    "not YAML": ("kind: [\n", ":2: not valid YAML: ", SHAPE),
    "one resource twice": (
        f"{VOLUME}---\n{VOLUME}",
        ":6 (document 2): MallocVolume volumes/vol0",
        "",
    ),
}


@pytest.mark.parametrize(("text", "message", "hint"), ERRORS.values(), ids=ERRORS.keys())
def test_mistakes_name_line_document_and_field(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    path = tmp_path / "dpu1.opi.yml"
    path.write_text(text)
    with pytest.raises(LabError) as caught:
        read_intents(path)
    assert caught.value.message.startswith(f"{path}{message}")
    assert hint in caught.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="No such file or directory"):
        read_intents(tmp_path / "gone.yml")


def test_what_others_need_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "dpu1.opi.yml"
    path.write_text(ALL)
    names = [item.name for item in read_intents(path)]
    assert names[-1] == "nvmeSubsystems/sub0/nvmeNamespaces/ns01"
    assert set(names[:-1]) == {"nvmeSubsystems/sub0", "volumes/vol0"}


PIECES = st.sampled_from(
    [
        *("- ", "kind: ", "name: ", "{", "}", "[", "]", "NullVolume", "\n", "  ", "&x ", "*x", "-"),
        *("!!set ", "!!int ", "!!timestamp x", "2001-13-40", "0o9", "1e999", "? ", ": ", "<<: "),
        *("'", '"', "|", "%", "\x00", "é", "volumes/vol0", "block_size: ", "id: "),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join).map(str.encode)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS | st.binary(max_size=40))
def test_any_bytes_are_resources_or_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fuzz.yml"
    path.write_bytes(data)
    try:
        found = read_intents(path)
    except LabError as error:
        said = error.message
    else:
        said = str(path)
        assert all(item.name for item in found)
    assert said.startswith(str(path))


def test_mistakes_are_found_before_anything_is_created(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("{}")
    config = str(tmp_path / "bad.yml")
    router = Node("r1", role=Role.ROUTER, startup_config=config)
    topology = Topology("t", tmp_path / "t.clab.yml", nodes={"r1": router})
    check_intents(topology)
    topology.nodes["dpu1"] = Node("dpu1", role=Role.DPU, startup_config=config)
    with pytest.raises(LabError, match=r"bad\.yml:1 \(document 1\): `kind` is missing"):
        check_intents(topology)


@pytest.fixture
def dpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a DPU, at the port where a lab expects one."""
    with memory_dpu(tmp_path) as address:
        port = address.rpartition(":")[2]
        monkeypatch.setattr(intents, "GRPC_PORT", int(port))
        yield address


def configured(tmp_path: Path, text: str) -> Node:
    path = tmp_path / "dpu1.opi.yml"
    path.write_text(text)
    return Node("dpu1", role=Role.DPU, startup_config=str(path))


def test_a_dpu_becomes_what_its_file_says_and_stays_so(tmp_path: Path, dpu: str) -> None:
    assert apply_intents(configured(tmp_path, ALL), HOST) == "3 created"
    assert apply_intents(configured(tmp_path, ALL), HOST) == "3 unchanged"
    changed = ALL.replace("host_nsid: 1", "host_nsid: 2")
    assert sorted(apply_intents(configured(tmp_path, changed), HOST).split(", ")) == [
        "1 updated",
        "2 unchanged",
    ]
    with Client(Context(address=dpu, insecure=True)) as client:
        [one] = standard.list_all(client, resources().kind("NvmeNamespace"))
    assert one.spec.host_nsid == 2


def test_a_refusal_names_the_place_in_the_file(tmp_path: Path, dpu: str) -> None:
    node = configured(tmp_path, VOLUME.replace("block_size: 512\n", ""))
    with pytest.raises(LabError) as caught:
        apply_intents(node, HOST)
    assert caught.value.message.startswith(
        f"dpu1: {node.startup_config}:1 (document 1): create MallocVolume volumes/vol0: "
        "INVALID_ARGUMENT: "
    )
    assert "block_size" in caught.value.message


def test_a_dpu_that_is_away_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "GRPC_PORT", 1)
    node = configured(tmp_path, VOLUME)
    with pytest.raises(LabError, match=r"^dpu1: .*dpu1\.opi\.yml: UNAVAILABLE: "):
        apply_intents(node, HOST)
