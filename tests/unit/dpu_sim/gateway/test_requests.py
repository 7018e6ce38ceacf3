"""Requests of body, query and path; masks of PATCH bodies."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.api.errors import ApiError
from dpu_sim.gateway import query
from dpu_sim.gateway.requests import derives_mask, read_request, read_requests
from dpu_sim.gateway.routes import Router
from opi import masks
from opi.catalog import catalog
from tests.unit.dpu_sim.gateway.messages import EXAMPLES, messages

ROUTER = Router(catalog(), lambda _: False)
ITEM = "/v1/nvmeSubsystems/s0"


def read(verb: str, target: str, body: Any = None) -> Any:
    """The request message of an HTTP request."""
    path, _, text = target.partition("?")
    data = b"" if body is None else json.dumps(body).encode()
    return read_request(ROUTER.find(verb, path), text, data)


def problem(verb: str, target: str, body: Any = None) -> str:
    """What is wrong with a request."""
    with pytest.raises(ApiError) as caught:
        read(verb, target, body)
    assert caught.value.code.name == "INVALID_ARGUMENT"
    return caught.value.message


def test_a_body_is_the_field_of_the_binding_and_the_query_gives_the_others() -> None:
    request = read("POST", "/v1/nvmeSubsystems?nvmeSubsystemId=s0", {"spec": {"nqn": "a"}})
    assert request.nvme_subsystem_id == "s0"
    assert request.nvme_subsystem.spec.nqn == "a"
    same = read("POST", "/v1/nvmeSubsystems?nvme_subsystem_id=s0", {"spec": {"nqn": "a"}})
    assert same == request


def test_what_body_and_path_bind_is_not_for_the_query() -> None:
    request = read("POST", "/v1/nvmeSubsystems?nvmeSubsystem.spec.nqn=b", {"spec": {"nqn": "a"}})
    assert request.nvme_subsystem.spec.nqn == "a"
    assert read("GET", f"{ITEM}?name=other").name == "nvmeSubsystems/s0"
    assert read("PATCH", ITEM, {"name": "other"}).nvme_subsystem.name == "nvmeSubsystems/s0"


def test_a_whole_request_as_the_body() -> None:
    path = "/opi_api.storage.v1.FrontendNvmeService/ListNvmeSubsystems"
    assert read("POST", path, {"pageSize": 7}).page_size == 7
    assert read("POST", f"{path}?pageSize=9").page_size == 0
    assert "has to be an object" in problem("POST", path, [])


def test_queries() -> None:
    listed = "/v1/nvmeSubsystems"
    assert read("GET", f"{listed}?page_size=7&pageToken=a%20b+c&utm=1").page_token == "a b c"
    assert "page_size: has to be a whole number" in problem("GET", f"{listed}?pageSize=x")
    assert "takes one value" in problem("GET", f"{listed}?pageSize=1&pageSize=2")
    assert "takes one value" in problem("GET", f"{listed}?pageSize=1&page_size=2")
    assert "query: cannot be read" in problem("GET", f"{listed}?pageToken=%ff")
    many = "&".join(f"a{i}=1" for i in range(2000))
    assert "query: cannot be read" in problem("GET", f"{listed}?{many}")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("0", False), ("maybe", None)])
def test_booleans(text: str, value: bool | None) -> None:
    target = f"{ITEM}?allowMissing={text}"
    if value is None:
        assert "allowMissing: has to be true or false, not 'maybe'" in problem("DELETE", target)
    else:
        assert read("DELETE", target).allow_missing is value


# -- masks


def test_a_patch_without_mask_changes_what_its_body_has() -> None:
    request = read("PATCH", ITEM, {"spec": {"modelNumber": "x", "serial_number": ""}})
    assert request.update_mask.paths == ["spec.model_number", "spec.serial_number"]
    assert request.nvme_subsystem.spec.model_number == "x"


def test_a_mask_of_the_client_stays() -> None:
    for name in ("updateMask", "update_mask"):
        request = read("PATCH", f"{ITEM}?{name}=spec.modelNumber,spec.nqn", {"spec": {"nqn": "a"}})
        assert request.update_mask.paths == ["spec.model_number", "spec.nqn"]


def test_a_patch_with_nothing_has_no_mask() -> None:
    assert not read("PATCH", ITEM, {}).update_mask.paths
    assert not read("PATCH", ITEM).update_mask.paths


def test_a_patch_of_something_unknown_is_refused() -> None:
    text = problem("PATCH", ITEM, {"spec": {"modelNo": "x"}})
    assert text == "nvme_subsystem.spec.modelNo: is no field of the resource"
    assert read("PATCH", f"{ITEM}?updateMask=spec.nqn", {"spec": {"modelNo": "x"}})


PATCHES = [one for one in ROUTER.routes if derives_mask(one)]


def test_there_are_patches() -> None:
    assert len(PATCHES) >= 40


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(PATCHES), st.data())
def test_a_derived_mask_is_good_and_takes_over_the_whole_body(
    route: Any, data: st.DataObject
) -> None:
    descriptor = route.method.request.DESCRIPTOR.fields_by_name[route.body].message_type
    message = data.draw(messages(descriptor))
    from google.protobuf.json_format import MessageToDict

    path = "/" + "/".join("x" if one == "*" else one for one in route.template.segments)
    request = read("PATCH", path, MessageToDict(message))
    paths = list(request.update_mask.paths)
    assert masks.problems(paths, descriptor) == {}
    sent = getattr(request, route.body)
    empty = type(sent)()
    assert masks.says_the_same(sent, masks.update(empty, sent, paths or ["*"]))


# -- queries as JSON has them


FLAT = [
    method.request
    for method in catalog().methods()
    if method.request.DESCRIPTOR.fields
    and all(not f.message_type and not f.is_repeated for f in method.request.DESCRIPTOR.fields)
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_a_query_says_what_a_body_says(data: st.DataObject) -> None:
    """Of requests with plain fields only: every field as a parameter gives the message back."""
    kind = data.draw(st.sampled_from(FLAT))
    message: Any = data.draw(messages(kind.DESCRIPTOR))
    pairs = []
    for field, value in message.ListFields():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, bytes):
            return
        pairs.append((data.draw(st.sampled_from([field.name, field.json_name])), text))
    again = kind()
    query.fill(again, query.parse(urlencode(pairs, quote_via=quote)))
    assert again == message


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(list(catalog().methods())), st.text(max_size=30), st.data())
def test_any_query_is_read_or_refused(method: Any, text: str, data: st.DataObject) -> None:
    names = [name for name, _ in query.leaves(method.request.DESCRIPTOR)] + ["x"]
    name = data.draw(st.sampled_from(names))
    for candidate in (text, f"{name}={text}", urlencode({name: text}, errors="replace")):
        try:
            query.fill(method.request(), query.parse(candidate))
        except ApiError as error:
            error.status().SerializeToString()


# -- streams


def test_requests_in_a_row() -> None:
    match = ROUTER.find("POST", "/openoffload.v2.SessionTable/AddSession")
    found: list[Any] = read_requests(match, b'{"sessionId":"1"}\n{"sessionId":2} {}')
    assert [one.session_id for one in found] == [1, 2, 0]
    assert read_requests(match, b"") == []
    with pytest.raises(ApiError) as caught:
        read_requests(match, b"{} 5")
    assert caught.value.message == "[1]: body: has to be an object, not 5"
