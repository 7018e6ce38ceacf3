"""Plans against a server of the real framework whose devices are made of memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi import standard
from opi.apply import Action, ApplyError, Change, apply, export, plan, plan_delete
from opi.client import Client
from opi.contexts import Context
from opi.manifest import ManifestError, parse, to_document
from opi.ordering import ordered
from opi.resources import ResourceType, resources
from opi.status import CallError
from tests.memory_dpu import memory_dpu

MANIFEST = """\
kind: NvmeNamespace
name: nvmeSubsystems/sub0/nvmeNamespaces/ns01
spec: {host_nsid: 1, volume_name_ref: mallocVolumes/vol0}
---
kind: NvmeSubsystem
name: nvmeSubsystems/sub0
spec: {nqn: "nqn.2022-09.io.spdk:opi1", serial_number: OpiSerial1, max_namespaces: 8}
---
{kind: MallocVolume, id: vol0, block_size: 512, blocks_count: 4Ki}
"""
SECRET = """\
kind: EncryptedVolume
id: enc0
volume_name_ref: vol0
key: hex:00112233445566778899aabbccddeeff
cipher: aes-cbc-128
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with memory_dpu(tmp_path) as address, Client(Context(address=address, insecure=True)) as one:
        yield one


def stored(client: Client, kind: str, name: str) -> Any:
    return standard.get(client, resources().kind(kind), name)


def actions(steps: list[Any]) -> list[tuple[str, Action]]:
    return [(step.item.kind.kind, step.action) for step in steps]


def test_a_plan_creates_what_is_missing_and_then_nothing(client: Client) -> None:
    steps = plan(client, parse(MANIFEST))
    assert actions(steps) == [
        ("NvmeSubsystem", Action.CREATE),
        ("MallocVolume", Action.CREATE),
        ("NvmeNamespace", Action.CREATE),
    ]
    with pytest.raises(CallError, match="NOT_FOUND"):
        stored(client, "NvmeSubsystem", "nvmeSubsystems/sub0")
    told: list[Any] = []
    assert apply(client, steps, told.append) == steps == told
    assert stored(client, "MallocVolume", "volumes/vol0").blocks_count == 4096
    again = plan(client, parse(MANIFEST))
    assert {step.action for step in again} == {Action.UNCHANGED}
    apply(client, again)


def test_an_update_changes_the_named_fields_alone(client: Client) -> None:
    apply(client, plan(client, parse(MANIFEST)))
    fewer = "{kind: NvmeSubsystem, id: sub0, spec: {max_namespaces: 9, nqn: %s}}"
    [step] = plan(client, parse(fewer % "nqn.2022-09.io.spdk:opi1"))
    assert (step.action, step.changes) == (
        Action.UPDATE,
        (Change("spec.max_namespaces", "8", "9"),),
    )
    apply(client, [step])
    spec = stored(client, "NvmeSubsystem", "nvmeSubsystems/sub0").spec
    assert (spec.max_namespaces, spec.serial_number) == (9, "OpiSerial1")


def test_another_spelling_of_a_reference_is_no_change(client: Client) -> None:
    apply(client, plan(client, parse(MANIFEST)))
    for reference in ("vol0", "volumes/vol0", "//storage.opiproject.org/volumes/vol0"):
        steps = plan(client, parse(MANIFEST.replace("mallocVolumes/vol0", reference)))
        assert {step.action for step in steps} == {Action.UNCHANGED}
    other = plan(client, parse(MANIFEST.replace("mallocVolumes/vol0", "vol1")))
    assert [step.action for step in other].count(Action.UPDATE) == 1


def test_secrets_are_not_compared_and_not_shown(client: Client) -> None:
    apply(client, plan(client, parse(f"{MANIFEST}---\n{SECRET}")))
    [step] = plan(client, parse(SECRET))
    assert step.action is Action.UNCHANGED
    [step] = plan(client, parse(SECRET), with_secrets=True)
    assert step.changes == (Change("key", "(secret)", "(another secret)"),)


def test_the_first_refusal_stops_the_rest(client: Client) -> None:
    bad = MANIFEST.replace("block_size: 512, ", "")
    steps = plan(client, parse(bad, "m.yml"))
    with pytest.raises(ApplyError) as caught:
        apply(client, steps)
    error = caught.value
    assert str(error).startswith("m.yml:9 (document 3): create MallocVolume volumes/vol0: ")
    assert error.cause.status.code == "INVALID_ARGUMENT"
    assert [one.item.kind.kind for one in error.done] == ["NvmeSubsystem"]
    assert [one.item.kind.kind for one in error.left] == ["NvmeNamespace"]
    assert stored(client, "NvmeSubsystem", "nvmeSubsystems/sub0")


def test_deletion_goes_the_other_way_round_and_may_be_repeated(client: Client) -> None:
    apply(client, plan(client, parse(MANIFEST)))
    steps = plan_delete(parse(MANIFEST))
    assert [step.item.kind.kind for step in steps] == [
        "NvmeNamespace",
        "MallocVolume",
        "NvmeSubsystem",
    ]
    apply(client, steps)
    with pytest.raises(CallError, match="NOT_FOUND"):
        stored(client, "NvmeSubsystem", "nvmeSubsystems/sub0")
    apply(client, steps)


REMOTE = """\
- {kind: NvmeController, id: ctl0, parent: nvmeSubsystems/sub0,
   spec: {trtype: tcp, fabrics_id: {traddr: 127.0.0.1, trsvcid: "4420", adrfam: ipv4}}}
- {kind: NvmeNamespace, id: ns01, parent: nvmeSubsystems/sub0, spec: {volume_name_ref: enc0}}
- {kind: NvmeNamespace, id: ns02, parent: nvmeSubsystems/sub0, spec: {volume_name_ref: rem0n2}}
- {kind: QosVolume, id: qos0, volume_name_ref: enc0, limits: {max: {rw_bandwidth_mbs: 2}}}
- {kind: EncryptedVolume, id: enc0, cipher: aes-xts-128,
   key: "hex:00112233445566778899aabbccddeeff",
   volume_name_ref: nvmeRemoteControllers/rem0/nvmeRemoteNamespaces/1}
- {kind: NvmeSubsystem, id: sub0, spec: {nqn: "nqn.2022-09.io.spdk:opi1"}}
- {kind: NvmePath, id: path1, parent: nvmeRemoteControllers/rem0, trtype: pcie,
   traddr: "0000:01:00.1"}
- {kind: NvmePath, id: path0, parent: nvmeRemoteControllers/rem0, trtype: pcie,
   traddr: "0000:01:00.0"}
- {kind: NvmeRemoteController, id: rem0, multipath: failover}
"""


def identities(steps: list[Any]) -> list[str]:
    return [step.item.name.rsplit("/", 1)[1] for step in steps]


def test_what_lies_behind_paths_comes_after_them_and_ways_in_come_last(client: Client) -> None:
    steps = plan(client, parse(REMOTE))
    made = identities(steps)
    for first, then in (
        ("rem0", "path0"), ("path0", "enc0"), ("path1", "enc0"), ("enc0", "qos0"),
        ("path0", "ns02"), ("path1", "ns02"), ("qos0", "ns01"), ("sub0", "ns01"),
        ("ns01", "ctl0"), ("ns02", "ctl0"),
    ):  # fmt: skip
        assert made.index(first) < made.index(then), (first, then)
    assert identities(plan_delete(parse(REMOTE))) == made[::-1]
    apply(client, steps)
    assert {step.action for step in plan(client, parse(REMOTE))} == {Action.UNCHANGED}


@given(st.permutations(range(REMOTE.count("kind:"))))
@settings(max_examples=50, deadline=None)
def test_the_order_in_a_manifest_does_not_matter(places: list[int]) -> None:
    items = parse(REMOTE)
    order = [one.name for one in ordered([items[number] for number in places])]
    for one, needed in (("ctl0", "ns01"), ("ns01", "qos0"), ("enc0", "path0"), ("path1", "rem0")):
        positions = {name.rsplit("/", 1)[1]: place for place, name in enumerate(order)}
        assert positions[needed] < positions[one]


def test_what_is_exported_makes_the_same_again(client: Client, tmp_path: Path) -> None:
    apply(client, plan(client, parse(MANIFEST)))
    skipped: list[ResourceType] = []
    exported = list(export(client, skipped.append))
    assert [kind.kind for kind, _ in exported][-1] == "NvmeNamespace"
    text = "\n---\n".join(json.dumps(to_document(*one)) for one in exported)
    assert {step.action for step in plan(client, parse(text))} == {Action.UNCHANGED}
    (tmp_path / "second").mkdir()
    with memory_dpu(tmp_path / "second") as address:
        other = Client(Context(address=address, insecure=True))
        apply(other, plan(other, parse(text)))
        assert list(export(other, skipped.append)) == exported
        other.close()


def test_what_the_interface_cannot_do_is_said_before_anything_is_done(client: Client) -> None:
    undeletable = next(
        one for one in resources().types if "Delete" not in one.methods and one.methods
    )
    name = undeletable.pattern.format(*["id01"] * undeletable.pattern.variables)
    items = parse(f"{{kind: {undeletable.kind}, name: {name}}}", "m.yml")
    with pytest.raises(ManifestError, match=r"^m\.yml:1 \(document 1\): .* cannot be deleted"):
        plan_delete(items)


def test_a_server_that_is_away_cannot_be_planned_for() -> None:
    with (
        Client(Context(address="127.0.0.1:1", insecure=True), timeout=1) as away,
        pytest.raises(CallError, match="UNAVAILABLE"),
    ):
        plan(away, parse(MANIFEST))
