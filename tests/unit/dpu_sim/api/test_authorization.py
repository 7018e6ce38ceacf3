"""Roles: who may call what, mistakes in the file, and a file that changes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.api import authorization
from dpu_sim.api.authorization import Authorization, parse_policy
from dpu_sim.api.call import Call, Identity
from dpu_sim.api.dispatch import Dispatcher
from dpu_sim.errors import ConfigError
from opi.catalog import catalog
from tests.unit.dpu_sim.api.device import METHODS, make_call, refused

ROLES = """\
roles:
  viewer:
    methods: ["opi_api.storage.v1.*/Get*", "opi_api.storage.v1.*/List*"]
    subjects: [monitor.example.com]
  owner:
    methods: ["*/*"]
    subjects: [alice, "spiffe://example.com/alice"]
"""
GET, DELETE = METHODS["GetNvmeSubsystem"], METHODS["DeleteNvmeSubsystem"]
INVENTORY = METHODS["GetInventory"]


def verdict(method: Any, identity: Identity | None, roles: str = ROLES) -> str:
    """Name of the status code, and the text after it; "" when allowed."""
    policy = parse_policy(roles.encode(), "roles.yml", catalog())
    error = policy.check(method.path, make_call(method, identity=identity))
    return "" if error is None else f"{error.code.name}: {error.message}"


def test_a_role_allows_what_its_patterns_match_and_nothing_else() -> None:
    monitor = Identity("", ("monitor.example.com",))
    assert verdict(GET, monitor) == ""
    assert verdict(DELETE, monitor) == (
        "PERMISSION_DENIED: no role of monitor.example.com allows "
        "opi_api.storage.v1.FrontendNvmeService/DeleteNvmeSubsystem"
    )
    assert verdict(INVENTORY, monitor).startswith("PERMISSION_DENIED")


@pytest.mark.parametrize(
    "identity",
    [
        Identity("alice"),
        Identity("", ("spiffe://example.com/alice",)),
        Identity("bob", ("alice",)),
    ],
)
def test_any_name_of_a_certificate_counts(identity: Identity) -> None:
    for method in (GET, DELETE, INVENTORY):
        assert verdict(method, identity) == ""


def test_names_are_compared_letter_by_letter() -> None:
    for name in ("Alice", "alice.example.com", "al*", "monitor"):
        expected = f"PERMISSION_DENIED: {name} has no role on this DPU"
        assert verdict(GET, Identity(name)) == expected


def test_who_shows_no_certificate_is_not_known() -> None:
    expected = "UNAUTHENTICATED: this DPU wants to know its callers: show a client certificate"
    assert verdict(GET, None) == expected
    expected = "PERMISSION_DENIED: (a certificate without names) has no role on this DPU"
    assert verdict(GET, Identity("")) == expected


def test_a_star_does_not_cross_the_slash() -> None:
    roles = 'roles: {a: {methods: ["opi_api.storage.v1.*/Get*"], subjects: [x]}}'
    assert verdict(GET, Identity("x"), roles) == ""
    assert verdict(METHODS["ListNvmeSubsystems"], Identity("x"), roles) != ""
    roles = 'roles: {a: {methods: ["*Get*/*"], subjects: [x]}}'
    with pytest.raises(ConfigError, match="matches no method"):
        parse_policy(roles.encode(), "roles.yml", catalog())


MISTAKES = {
    "": "roles.yml: expected a mapping with the key `roles` and others",
    "roles: []": "roles.yml:1: roles: Input should be a valid dictionary",
    "role: {}": "roles.yml:1: roles: Field required",
    "roles: {}\nextra: 1": "roles.yml:2: extra: Extra inputs are not permitted",
    "roles:\n  a:\n    methods: []\n    subjects: [x]": (
        "roles.yml:3: roles.a.methods: List should have at least 1 item after validation, not 0"
    ),
    "roles:\n  a:\n    subjects: [x]": "roles.yml:2: roles.a.methods: Field required",
    'roles:\n  a:\n    methods: ["*/*"]\n    subjects: [""]': (
        "roles.yml:4: roles.a.subjects.0: String should have at least 1 character"
    ),
    'roles:\n  a:\n    methods: ["*/*"]\n    subjects: [1]': (
        "roles.yml:4: roles.a.subjects.0: Input should be a valid string"
    ),
    'roles:\n  a:\n    subjects: [x]\n    methods:\n    - "*/*"\n    - Get*': (
        "roles.yml:6: roles.a.methods.1: 'Get*' does not have the form Service/Method"
    ),
    'roles: {a: {methods: ["/a.B/C"], subjects: [x]}}': (
        "roles.yml:1: roles.a.methods.0: '/a.B/C' does not have the form Service/Method"
    ),
    'roles: {a: {methods: ["a.B/Get"], subjects: [x]}}': (
        "roles.yml:1: roles.a.methods.0: 'a.B/Get' matches no method of this DPU"
    ),
    'roles: {a: {methods: ["opi_api.storage.v1.*/get*"], subjects: [x]}}': (
        "roles.yml:1: roles.a.methods.0: 'opi_api.storage.v1.*/get*' matches no method of this DPU"
    ),
    "roles: {": ("roles.yml:1: not YAML: expected the node content, but found '<stream end>'"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_line_and_field(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_policy(text.encode(), "roles.yml", catalog())
    assert str(caught.value) == MISTAKES[text]


@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_whatever_the_file_holds_it_is_a_policy_or_a_told_mistake(data: bytes) -> None:
    try:
        policy = parse_policy(data, "roles.yml", catalog())
    except ConfigError as error:
        told = str(error).startswith("roles.yml:")
    else:
        told = policy.check(GET.path, make_call(GET, identity=Identity("x"))) is not None
    assert told


@given(prefix=st.sampled_from(["", "*", "opi_api.*"]), text=st.text(max_size=8))
def test_a_pattern_is_no_regular_expression(prefix: str, text: str) -> None:
    pattern = f"{prefix}{text}".replace("/", "") + "/Get*"
    matches = authorization._matcher(pattern)
    service = pattern.partition("/")[0]
    for method in catalog().methods():
        if matches(method.path):
            assert method.name.startswith("Get")
            assert all(part in method.service for part in service.split("*"))


def test_a_changed_file_counts_and_a_broken_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(authorization, "_LOOK_SECONDS", 0.0)
    path = tmp_path / "roles.yml"
    path.write_text(ROLES)

    async def answer(_: Any, __: Call) -> Message:
        return INVENTORY.response()

    async def main() -> None:
        dispatcher = Dispatcher(catalog(), [Authorization(path, catalog())])
        service = type("Service", (), {"GetInventory": staticmethod(answer)})()
        dispatcher.add(INVENTORY.service, service)

        async def call(name: str) -> Message:
            known = make_call(INVENTORY, identity=Identity(name))
            return await dispatcher.unary(INVENTORY, INVENTORY.request(), known)

        await call("alice")
        async with refused("PERMISSION_DENIED"):
            await call("bob")
        replace(path, ROLES.replace("alice", "bob"))
        await call("bob")
        async with refused("PERMISSION_DENIED"):
            await call("alice")
        replace(path, "roles: [")
        await call("bob")
        path.unlink()
        await call("bob")

    asyncio.run(main())
    assert [r.message.split(":")[0] for r in caplog.records] == ["the roles stay as they were"] * 2


def test_without_its_file_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yml: cannot read the authorization file"):
        Authorization(tmp_path / "none.yml", catalog())


def replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)  # noqa: PTH105
