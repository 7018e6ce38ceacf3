"""Names as deployed clients write them, and as they expect them back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi.resources import resources

VOLUMES = {
    "AioVolume": "aioVolumes",
    "MallocVolume": "mallocVolumes",
    "NullVolume": "nullVolumes",
    "EncryptedVolume": "encryptedVolumes",
    "QosVolume": "qosVolumes",
    "VirtioBlk": "virtioBlks",
    "VirtioScsiController": "virtioScsiControllers",
    "VirtioScsiLun": "virtioScsiLuns",
}
"""Kinds whose names servers return as `volumes/ID`, and the collection that the definition has."""

OTHERS = {
    "NvmeSubsystem": "nvmeSubsystems/id01",
    "NvmeController": "nvmeSubsystems/sub0/nvmeControllers/id01",
    "NvmeNamespace": "nvmeSubsystems/sub0/nvmeNamespaces/id01",
    "NvmeRemoteController": "nvmeRemoteControllers/id01",
    "NvmePath": "nvmeRemoteControllers/ctl0/nvmePaths/id01",
    "NvmeRemoteNamespace": "nvmeRemoteControllers/ctl0/nvmeRemoteNamespaces/id01",
}

IDS = st.from_regex(r"[a-z][a-z0-9-]{2,61}[a-z0-9]", fullmatch=True)


@pytest.mark.parametrize(("kind", "collection"), VOLUMES.items())
@pytest.mark.parametrize("host", ["", "//storage.opiproject.org/"])
def test_volumes_go_by_three_names_and_come_back_by_one(
    kind: str, collection: str, host: str
) -> None:
    volume = resources().kind(kind)
    assert volume.canonical(f"{host}{collection}/id01") == "volumes/id01"
    assert volume.canonical(f"{host}volumes/id01") == "volumes/id01"
    assert volume.name("id01") == "volumes/id01"


@pytest.mark.parametrize(("kind", "name"), OTHERS.items())
def test_other_names_come_back_as_they_are_declared(kind: str, name: str) -> None:
    one = resources().kind(kind)
    assert one.canonical(name) == name
    assert one.canonical(f"//storage.opiproject.org/{name}") == name


@settings(deadline=None)
@given(st.sampled_from([*VOLUMES.values(), "volumes"]), IDS, st.booleans())
def test_a_reference_to_a_volume_may_be_any_name_or_the_id(
    collection: str, resource_id: str, bare: bool
) -> None:
    namespace = resources().kind("NvmeNamespace").descriptor
    spec = namespace.fields_by_name["spec"].message_type
    assert spec is not None
    field = spec.fields_by_name["volume_name_ref"]
    text = resource_id if bare else f"{collection}/{resource_id}"
    assert resources().targets(field, text) == (f"volumes/{resource_id}",)


def test_a_reference_to_a_remote_namespace_means_its_controller_too() -> None:
    spec = resources().kind("EncryptedVolume").descriptor
    field = spec.fields_by_name["volume_name_ref"]
    controller = "nvmeRemoteControllers/rem0"
    space = f"{controller}/nvmeRemoteNamespaces/1"
    assert resources().targets(field, f"//storage.opiproject.org/{space}") == (space, controller)
    assert resources().targets(field, controller) == ()


def test_kinds_that_share_a_collection_are_all_meant() -> None:
    assert {one.kind for one in resources().named("volumes/vol0")} == set(VOLUMES)
    assert [one.kind for one in resources().named("nullVolumes/vol0")] == ["NullVolume"]
    assert resources().named("nowhere/vol0") == []
