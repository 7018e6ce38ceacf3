"""The catalog and the resource types that are derived from the interface definitions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.descriptors import SOURCE
from opi import behavior
from opi.catalog import Binding, catalog
from opi.names import NamePattern, id_problem, without_service
from opi.proto.opi_api.network.evpn_gw.v1alpha1.l3_xpu_infra_mgr_pb2 import Svi
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import NvmeNamespace
from opi.resources import ResourceType, is_reference, references, resources

RPCS = {
    "opi_api.inventory.v1": 1,
    "opi_api.lifecycle.v1": 4,
    "opi_api.network.cloud.v1alpha1": 114,
    "opi_api.network.evpn_gw.v1alpha1": 20,
    "opi_api.network.opinetcommon.v1alpha1": 3,
    "opi_api.security.v1": 10,
    "opi_api.security.v1alpha1": 21,
    "opi_api.storage.v1": 87,
    "openoffload.v2": 5,
    "tunneloffload.v2": 6,
}
"""RPCs of OPI's interfaces, by package."""

UUID = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
CHILD = "nvmeSubsystems/sub0/nvmeControllers/ctl0"

ids = st.from_regex(r"[a-z][a-z0-9-]{2,61}[a-z0-9]", fullmatch=True)
with_patterns = st.sampled_from([(one, p) for one in resources().types for p in one.patterns])


def test_every_rpc_of_every_interface_is_there() -> None:
    counted: dict[str, int] = {}
    for method in catalog().methods():
        package = method.service.rsplit(".", 1)[0]
        counted[package] = counted.get(package, 0) + 1
    assert counted == RPCS


def test_no_definition_is_left_out() -> None:
    declared = sum(
        len(re.findall(r"^\s*rpc ", path.read_text(), re.MULTILINE))
        for path in Path(SOURCE).rglob("*.proto")
    )
    assert declared == sum(RPCS.values())


def test_http_bindings_are_read_from_the_annotations() -> None:
    update = catalog().method("opi_api.storage.v1.FrontendNvmeService/UpdateNvmeSubsystem")
    assert update.bindings == (
        Binding("PATCH", "/v1/{nvme_subsystem.name=nvmeSubsystems/*}", "nvme_subsystem"),
    )
    assert catalog().method("/openoffload.v2.SessionTable/GetSession").bindings == ()


def test_an_unknown_method_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        catalog().method("opi_api.storage.v1.FrontendNvmeService/Nope")


def test_every_standard_method_belongs_to_one_resource() -> None:
    standard = re.compile(r"/(Create|Get|List|Update|Delete)[A-Z]")
    exceptions = {"GetInventory", "GetDevices", "GetDeviceCapabilities", "GetAllSessions",
                  "GetSession", "DeleteSession", "GetClosedSessions", "GetIpTunnel",
                  "GetIpTunnelStats", "GetAllIpTunnels", "GetAllIpTunnelsStats",
                  "CreateIpTunnel"}  # fmt: skip
    homeless = {
        m.name for m in catalog().methods() if standard.search(m.path) and not resources().of(m)
    }
    assert homeless == exceptions


@pytest.mark.parametrize("one", resources().types, ids=lambda one: one.kind)
def test_requests_have_the_fields_that_the_type_says(one: ResourceType) -> None:
    for verb in {"Create", "Update"} & one.methods.keys():
        fields = one.methods[verb].request.DESCRIPTOR.fields_by_name
        assert fields[one.field(verb)].message_type is one.descriptor
        assert verb == "Update" or one.id_field in fields
    if "List" in one.methods:
        response = one.methods["List"].response.DESCRIPTOR.fields_by_name
        assert response[one.list_field].is_repeated


@settings(deadline=None)
@given(with_patterns, st.lists(ids, min_size=2, max_size=2), st.booleans())
def test_a_name_in_any_accepted_form_is_the_same_resource(
    chosen: tuple[ResourceType, NamePattern], parts: list[str], full: bool
) -> None:
    one, pattern = chosen
    used = parts[: pattern.variables]
    name = pattern.format(*used)
    assert one.parse(f"//service.example/{name}" if full else name) == tuple(used)
    assert one.canonical(name) == one.pattern.format(*used)


@settings(deadline=None)
@given(with_patterns, st.text(max_size=40))
def test_any_text_is_a_name_or_not(chosen: tuple[ResourceType, NamePattern], text: str) -> None:
    parsed = chosen[0].parse(text)
    assert parsed is None or chosen[0].parse(chosen[0].pattern.format(*parsed)) == parsed


@pytest.mark.parametrize(
    ("kind", "name", "canonical"),
    [
        ("NullVolume", "nullVolumes/vol0", "volumes/vol0"),
        ("NullVolume", "//storage.opiproject.org/volumes/vol0", "volumes/vol0"),
        ("NullVolume", "mallocVolumes/vol0", None),
        ("NvmeController", f"//x/{CHILD}", CHILD),
        ("NvmeController", "nvmeSubsystems/a", None),
        ("LogicalBridge", "//network.opiproject.org/bridges/br1", "logicalBridges/br1"),
        ("IkePeer", "ikepeers/peer", "ikePeers/peer"),
        ("NvmeSubsystem", "nvmeSubsystems/", None),
        ("NvmeSubsystem", "nvmeSubsystems/a/b", None),
    ],
)  # fmt: skip
def test_aliases_that_clients_use(kind: str, name: str, canonical: str | None) -> None:
    assert resources().kind(kind).canonical(name) == canonical


def test_a_child_knows_its_parent() -> None:
    controller = resources().kind("NvmeController")
    assert str(controller.parent) == "nvmeSubsystems/{subsystem}"
    assert (
        controller.name("ctl0", "nvmeSubsystems/sub0") == "nvmeSubsystems/sub0/nvmeControllers/ctl0"
    )
    children = resources().children(resources().kind("NvmeSubsystem"))
    assert {one.kind for one in children} == {"NvmeController", "NvmeNamespace"}


@pytest.mark.parametrize(
    "good", ["sub0", "opi-spdk8", "a23456789-123456789-123456789-123456789-123456789-123456789-123"]
)
def test_ids_that_may_be_chosen(good: str) -> None:
    assert id_problem(good) is None


@pytest.mark.parametrize(
    "bad",
    ["ns0", "", "Malloc0", "sub-", "1sub", "a_bc", "sub.0", "x" * 64, "ünïq", "sub0\n", UUID],
)
def test_ids_that_may_not(bad: str) -> None:
    assert id_problem(bad)


def test_the_service_is_taken_off_full_names_only() -> None:
    assert without_service("//host/a/b") == "a/b"
    assert without_service("a//b") == "a//b"


def test_references_are_found_where_they_are() -> None:
    namespace = NvmeNamespace(name="nvmeSubsystems/s/nvmeNamespaces/n")
    namespace.spec.volume_name_ref = "volumes/v0"
    assert list(references(namespace)) == [("spec.volume_name_ref", "volumes/v0")]
    svi = Svi()
    svi.spec.vrf, svi.spec.logical_bridge = "vrfs/blue", "logicalBridges/br"
    assert dict(references(svi)) == {
        "spec.vrf": "vrfs/blue",
        "spec.logical_bridge": "logicalBridges/br",
    }


def test_what_is_named_as_a_reference_but_is_none() -> None:
    fields = (field for message in catalog().messages() for field in message.fields)
    others = {f.name for f in fields if f.name.endswith("_name_ref") and not is_reference(f)}
    # A boolean, and a hardware handle in a status.
    assert others == {"drop_large_domain_name_ref", "route_table_name_ref"}


def test_the_secret_fields_exist_and_no_other_looks_like_one() -> None:
    suspicious = re.compile(r"password|[._]psk$|(private|encryption)_key$|EncryptedVolume\.key$")
    fields = {f.full_name: f for m in catalog().messages() for f in m.fields}
    assert fields.keys() >= behavior._SECRETS
    texts = (name for name, f in fields.items() if f.type in (f.TYPE_STRING, f.TYPE_BYTES))
    assert set(filter(suspicious.search, texts)) == behavior._SECRETS
