"""What need not be said."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import text_format

from opi.catalog import catalog
from opi.resources import resources
from opictl.defaults import INFERRED, fill_defaults

FILLED = {
    "NvmeController": [
        (
            "spec {fabrics_id {traddr: '127.0.0.1'}}",
            (
                "spec {trtype: NVME_TRANSPORT_TYPE_TCP fabrics_id {traddr: '127.0.0.1' "
                "trsvcid: '4420' adrfam: NVME_ADDRESS_FAMILY_IPV4}}"
            ),
        ),
        (
            "spec {trtype: NVME_TRANSPORT_TYPE_RDMA fabrics_id {traddr: '::1' trsvcid: '9'}}",
            (
                "spec {trtype: NVME_TRANSPORT_TYPE_RDMA fabrics_id {traddr: '::1' trsvcid: '9' "
                "adrfam: NVME_ADDRESS_FAMILY_IPV6}}"
            ),
        ),
        (
            "spec {pcie_id {physical_function {value: 1}}}",
            "spec {trtype: NVME_TRANSPORT_TYPE_PCIE pcie_id {physical_function {value: 1}}}",
        ),
        ("spec {max_nsq: 1}", "spec {max_nsq: 1}"),
    ],
    "NvmePath": [
        (
            "traddr: '10.0.0.1'",
            (
                "traddr: '10.0.0.1' trtype: NVME_TRANSPORT_TYPE_TCP fabrics {trsvcid: 4420 "
                "adrfam: NVME_ADDRESS_FAMILY_IPV4}"
            ),
        ),
        ("traddr: '0000:01:00.0'", "traddr: '0000:01:00.0'"),
    ],
    "NvmeRemoteController": [
        ("", "multipath: NVME_MULTIPATH_FAILOVER"),
        ("multipath: NVME_MULTIPATH_DISABLE", "multipath: NVME_MULTIPATH_DISABLE"),
    ],
    "IkePeer": [
        ("fqdn: 'a'", "fqdn: 'a'"),
        ("peer_auth {psk: 'x'}", "peer_auth {psk: 'x' auth_method: AUTH_TYPE_PSK}"),
        (
            "peer_auth {digital_signature {cert: 'x'}}",
            "peer_auth {digital_signature {cert: 'x'} auth_method: AUTH_TYPE_PUBKEY}",
        ),
    ],
    "IpsecSa": [("config {tunnel {}}", "config {tunnel {} mode: IPSEC_MODE_TUNNEL_MODE}")],
    "NvmeSubsystem": [("", "")],
}
CASES = [(kind, *pair) for kind, pairs in FILLED.items() for pair in pairs]


@pytest.mark.parametrize(("kind", "said", "meant"), CASES)
def test_what_is_not_said_follows_from_the_rest(kind: str, said: str, meant: str) -> None:
    message: Any = text_format.Parse(said, resources().kind(kind).message())
    fill_defaults(message)
    assert message == text_format.Parse(meant, resources().kind(kind).message())


def test_a_policy_with_a_template_protects() -> None:
    message: Any = resources().kind("IpsecPolicy").message()
    fill_defaults(message)
    assert message == resources().kind("IpsecPolicy").message()
    message.config.processing.sa_config.tunnel.SetInParent()
    fill_defaults(message)
    assert message.config.processing.action == 1
    assert message.config.processing.sa_config.mode == 1


def test_a_session_has_the_version_of_its_addresses() -> None:
    request: Any = catalog().method("openoffload.v2.SessionTable/AddSession").request
    message = request(source_ipv6=b"\x01" * 16)
    fill_defaults(message)
    assert message.ip_version == 1


def test_inferred_fields_exist() -> None:
    fields = {field.full_name for one in catalog().messages() for field in one.fields}
    assert fields >= INFERRED
