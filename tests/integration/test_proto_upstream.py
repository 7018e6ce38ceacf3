"""Our interface definitions against the Go code that upstream generates and publishes.

The Go module proxy has it; the first run fetches and compiles it, later ones find the descriptors
in build/.
"""

from __future__ import annotations

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from bootstrap.descriptors import compile_protos
from tests.oracles import sources
from tests.oracles.comparison import compare, unexplained
from tests.oracles.known import OLDER

pytestmark = pytest.mark.integration

PACKAGES = [
    "opi_api.inventory.v1",
    "opi_api.network.cloud.v1alpha1",
    "opi_api.network.evpn_gw.v1alpha1",
    "opi_api.network.opinetcommon.v1alpha1",
    "opi_api.security.v1",
    "opi_api.security.v1alpha1",
    "opi_api.storage.v1",
]


def _from_go(program: str, modfile: str) -> FileDescriptorSet:
    try:
        return sources.go_module(program, modfile)
    except sources.UnavailableError as error:
        pytest.skip(str(error))


def test_go_module_of_december_2024_differs_where_it_is_known_to() -> None:
    theirs = _from_go("everything", "go.mod")
    assert sorted({file.package for file in theirs.file}) == PACKAGES
    assert unexplained(compare(compile_protos(), theirs, PACKAGES), OLDER) == []


def test_ipsec_is_what_deployed_clients_speak() -> None:
    theirs = _from_go("ipsec", "january2024.mod")
    assert {file.package for file in theirs.file} == {"opi_api.security.v1"}
    assert compare(compile_protos(), theirs, ["opi_api.security.v1"]) == []
