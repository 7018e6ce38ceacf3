"""Differences between our interface definitions and independent descriptors, each with its reason.

Ours follow the head of upstream's repository. The independent ones were generated earlier.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracles.comparison import Known

CLOUD = "opi_api.network.cloud.v1alpha1."
COMMON = "opi_api.network.opinetcommon.v1alpha1."

OLDER = (
    Known(
        r"opi_api\.inventory\.v1\.CPUInfo\.total_(cores|threads): type: ours uint32, theirs int32",
        2,
        "unsigned since 2025; the encoding of counts up to 2^31 - 1 is the same",
    ),
    Known(
        r"missing: file opi_api\.storage\.v1/(backend_iscsi|frontend_virtio_fs)\.proto",
        2,
        "files without any definition; upstream has dropped them",
    ),
)
"""How every independent set differs: they all predate 2025."""

_ANY = r".*cloud\.v1alpha1"
_BGP = rf"{_ANY}[./]\w*(?i:bgp)\w*"
_REQUEST = rf"{_ANY}\.(Create|Delete|Get|List|Update)Bgp\w+(Request|Response)"

PYDPU = (
    *OLDER,
    Known(
        rf"only ours: (file|message|field|enum|enum value|method) {_ANY}[./].*(?i:ospf).*",
        135,
        "OSPF is newer: 1 file, 15 methods, and their messages and enums",
    ),
    Known(
        rf"only ours: (message|field) {_ANY}\.BGP(MaxPrefix|MaxPrefixRestart|RouteMap)(\.\w+)?",
        10,
        "limits of prefixes and route maps are newer",
    ),
    Known(
        rf"only ours: field {_ANY}\."
        r"(BgpPeerAfSpec\.(max_prefixes|network|route_map)|BgpPeerSpec\.peer_description)",
        4,
        "further settings of peers are newer",
    ),
    Known(
        rf"{_BGP}\.\w+: option google\.api\.field_behavior: ours \[\d\], theirs -",
        11,
        "fields were annotated later",
    ),
    Known(
        rf"{_BGP}: option google\.api\.resource: .*",
        3,
        "resource types and collections were respelt with the messages",
    ),
    Known(
        rf"{_ANY}\.CloudInfraService\.\w+Bgp\w+: option google\.api\.(http|method_signature): .*",
        24,
        "HTTP paths and signatures were respelt with the messages",
    ),
    Known(
        rf"{_REQUEST}\.(name|parent): option google\.api\.resource_reference: .*",
        9,
        "references name the respelt types",
    ),
    Known(
        rf"(missing|only ours): field {_REQUEST}\.\w+",
        28,
        "requests and responses were rearranged: the resource is a field of another name and "
        "number, `parent` is gone from Create, `name` from Update. A client of before 2024-12 "
        "cannot create or update BGP objects; upstream has broken that",
    ),
    Known(
        rf"{_REQUEST}\.update_mask: number: ours 2, theirs 3",
        3,
        "part of the same rearrangement",
    ),
    Known(
        rf"{_ANY}/bgp\.proto: option java_outer_classname: ours BgpProto, theirs BGPProto",
        1,
        "the class of Java code was respelt with the messages",
    ),
)
"""How pydpu's descriptors differ under the new names: PYDPU_RENAMED."""


def _renamed() -> Iterator[tuple[str, str]]:
    for old, new in (
        ("Config", "NetInterfaceConfig"),
        ("State", "NetInterfaceState"),
        ("Counters", "NetInterfaceCounters"),
        ("EthernetIf", "EthernetInterface"),
    ):
        yield COMMON + old, COMMON + new
    for name in ("PeerSpec", "PeerStatus", "PeerAfSpec", "PeerAfStatus"):
        yield f"{CLOUD}BGP{name}", f"{CLOUD}Bgp{name}"
    for name in ("PeerRR", "PeerSessionState", "PeerType"):
        yield f"{CLOUD}BGP{name}", f"{CLOUD}Bgp{name}"
    for old, new in (("Bgp", "BgpRouter"), ("BGPPeer", "BgpPeer"), ("BGPPeerAf", "BgpPeerAf")):
        yield CLOUD + old, CLOUD + new
        for verb in ("Create", "Delete", "Update", "Get"):
            yield f"{CLOUD}{verb}{old}Request", f"{CLOUD}{verb}{new}Request"
        for message in ("Request", "Response"):
            yield f"{CLOUD}List{old}s{message}", f"{CLOUD}List{new}s{message}"
        for method in ("Create{}", "Delete{}", "Update{}", "Get{}", "List{}s"):
            service = f"{CLOUD}CloudInfraService."
            yield service + method.format(old), service + method.format(new)


PYDPU_RENAMED = dict(_renamed())
"""Messages, enums and methods that upstream has renamed since: pydpu's name -> ours.

Messages and enums travel without their names. Methods do not: the 15 of BGP have other paths.
"""

VERIFIED = {
    "openoffload.v2": "543fccb938eb3ecfad0a10e396a0a80e",
    "opi_api.lifecycle.v1": "db96b6139965cafef70d558292b0be8d",
    "tunneloffload.v2": "172efa40830ab2b97b1d7f074c906bad",
}
"""Fingerprints of packages that no registry has generated code for.

Ours were equal in every fact to what protoc makes of upstream's own files: sessionOffload at commit
8b07b99, the life-cycle API as of commit 0366ee0.
"""
