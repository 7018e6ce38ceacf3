"""Calls: what is sent again, what is said of failures, and what servers say about themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, duration_pb2
from google.protobuf.any_pb2 import Any as Packed
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status as RpcStatus
from grpc_reflection.v1alpha import reflection_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from opi import standard
from opi.catalog import Method, catalog
from opi.client import Client, is_read_only
from opi.contexts import Context, ContextError
from opi.reflection import Reflection
from opi.resources import resources
from opi.status import DETAILS_KEY, CallError, Status, explain, status_of
from tests.memory_dpu import memory_dpu

FRONTEND = "opi_api.storage.v1.FrontendNvmeService"
SESSIONS = "openoffload.v2.SessionTable"
GET = catalog().method(f"{FRONTEND}/GetNvmeSubsystem")
CREATE = catalog().method(f"{FRONTEND}/CreateNvmeSubsystem")

Answer = Callable[[Any, grpc.ServicerContext], Any]


class Scripted(grpc.GenericRpcHandler):
    """A server that answers every unary method in the same way, and counts."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        self.asked.append(details.method)
        method = catalog().method(details.method)
        return grpc.unary_unary_rpc_method_handler(
            self.answer, method.request.FromString, lambda message: message.SerializeToString()
        )


@contextmanager
def serving(handler: grpc.GenericRpcHandler) -> Iterator[str]:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def talking(handler: grpc.GenericRpcHandler, timeout: float = 10.0) -> Iterator[Client]:
    with serving(handler) as address, Client(Context(address=address, insecure=True), timeout) as c:
        yield c


def failing(times: int, code: grpc.StatusCode) -> Scripted:
    """Fails so many times, and then answers."""

    def answer(_: Any, context: grpc.ServicerContext) -> Any:
        if len(handler.asked) <= times:
            context.abort(code, "not now")
        return catalog().method(handler.asked[-1]).response()

    handler = Scripted(answer)
    return handler


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_only_reads_is_asked_again(times: int) -> None:
    handler = failing(times, grpc.StatusCode.UNAVAILABLE)
    with talking(handler) as client:
        client.unary(GET, GET.request())
    assert len(handler.asked) == times + 1


@pytest.mark.parametrize(
    ("method", "code", "calls"),
    [
        (GET, grpc.StatusCode.UNAVAILABLE, 3),
        (GET, grpc.StatusCode.NOT_FOUND, 1),
        (GET, grpc.StatusCode.DEADLINE_EXCEEDED, 1),
        (CREATE, grpc.StatusCode.UNAVAILABLE, 1),
    ],
)
def test_the_rest_is_sent_once(method: Method, code: grpc.StatusCode, calls: int) -> None:
    handler = failing(99, code)
    with talking(handler) as client, pytest.raises(CallError) as caught:
        client.unary(method, method.request())
    assert (len(handler.asked), caught.value.status.code) == (calls, code.name)
    assert caught.value.method == method.path


def test_the_deadline_covers_every_attempt() -> None:
    def answer(_: Any, context: grpc.ServicerContext) -> Any:
        deadline = time.monotonic() + 5
        while context.is_active() and time.monotonic() < deadline:
            time.sleep(0.01)
        return GET.response()

    started = time.monotonic()
    with talking(Scripted(answer), timeout=0.3) as client, pytest.raises(CallError) as caught:
        client.unary(GET, GET.request())
    assert caught.value.status.code == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started < 3


def test_methods_that_change_nothing() -> None:
    reading = {method.name for method in catalog().methods() if is_read_only(method)}
    assert {"GetInventory", "ListVrfs", "StatsNullVolume", "Ping", "IPsecListSas"} <= reading
    changing = ("Create", "Update", "Delete", "Reset", "Add", "Set", "Init", "IPsecTerminate")
    assert not {name for name in reading if name.startswith(changing)}


def test_details_of_a_refusal_are_unpacked() -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="nvme_subsystem.spec.nqn", description="is missing")
    packed = RpcStatus(code=3, message="no")
    for detail in (bad, error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=2))):
        packed.details.add().Pack(detail)
    packed.details.append(Packed(type_url="type/x", value=b"\x01\x02"))

    def answer(_: Any, context: grpc.ServicerContext) -> Any:
        context.set_trailing_metadata(((DETAILS_KEY, packed.SerializeToString()),))
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no")

    with talking(Scripted(answer)) as client, pytest.raises(CallError) as caught:
        client.unary(GET, GET.request())
    status = caught.value.status
    assert [(one.field, one.description) for one in status.violations] == [
        ("nvme_subsystem.spec.nqn", "is missing")
    ]
    assert explain(status) == ("no\n  nvme_subsystem.spec.nqn: is missing", "try again in 2s")
    assert status.json_details()[1:] == [
        {"type": "google.rpc.RetryInfo", "retry_delay": "2s"},
        {"type": "type/x", "value": "0102"},
    ]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.sampled_from(list(grpc.StatusCode)), st.text(max_size=8))
def test_any_bytes_are_details_or_none(data: bytes, code: grpc.StatusCode, words: str) -> None:
    class Failed(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return code

        def details(self) -> str:
            return words

        def trailing_metadata(self) -> Any:
            return (Item(),)

    class Item:
        key, value = DETAILS_KEY, data

    status = status_of(Failed())
    assert (status.code, status.message) == (code.name, words)
    assert explain(status)[0]
    assert len(status.json_details()) == len(status.raw_details)


def test_a_refusal_without_words_has_its_code() -> None:
    assert explain(Status("PERMISSION_DENIED", "")) == (
        "permission denied",
        "the client certificate's role does not allow it",
    )


def test_tls_files_that_are_not_there(tmp_path: Path) -> None:
    lost = Client(Context(address="127.0.0.1:1", tls_ca=str(tmp_path / "ca.pem")))
    with pytest.raises(ContextError, match="No such file"):
        lost.unary(GET, GET.request())
    half = Client(Context(address="127.0.0.1:1", tls_cert=str(tmp_path / "c.pem")))
    with pytest.raises(ContextError, match="the client's key is missing"):
        half.unary(GET, GET.request())


@pytest.fixture
def dpu(tmp_path: Path) -> Iterator[Client]:
    with memory_dpu(tmp_path) as address, Client(Context(address=address, insecure=True)) as one:
        yield one


def test_streams_of_every_shape(dpu: Client) -> None:
    add = catalog().method(f"{SESSIONS}/AddSession")
    requests = [add.request(session_id=1), add.request(session_id=2, source_port=5)]
    [answer] = dpu.stream(add, requests)
    assert [one.session_id for one in answer.response_error] == [1]
    closed = catalog().method(f"{SESSIONS}/GetClosedSessions")
    answers = dpu.stream(closed, [closed.request()])
    assert next(answers).session_id == 1
    answers.close()  # type: ignore[attr-defined]
    assert [one.session_id for one in dpu.stream(closed, [closed.request()])] == [1, 2, 3]
    missing = catalog().method(f"{SESSIONS}/GetSession")
    with pytest.raises(CallError, match="UNIMPLEMENTED"):
        list(dpu.stream(missing, [missing.request()]))


def test_health_of_a_server_and_of_what_it_does_not_know(dpu: Client) -> None:
    assert dpu.health() == "SERVING"
    with pytest.raises(CallError) as caught:
        dpu.health("no.such.Service")
    assert caught.value.status.code == "NOT_FOUND"


def test_pages_are_followed_and_children_gathered(dpu: Client) -> None:
    subsystem, namespace = (resources().kind(one) for one in ("NvmeSubsystem", "NvmeNamespace"))
    for number in range(3):
        nqn = f"nqn.2022-09.io.spdk:opi{number}"
        made = subsystem.message(spec={"nqn": nqn})
        parent = standard.create(dpu, subsystem, made, f"sub{number}").name
        child = namespace.message(spec={"host_nsid": 1, "volume_name_ref": "vol0"})
        standard.create(dpu, namespace, child, "ns01", parent)
    names = [one.name for one in standard.list_all(dpu, subsystem, page_size=2)]
    assert names == [f"nvmeSubsystems/sub{number}" for number in range(3)]
    assert len(list(standard.list_all(dpu, subsystem, page_size=1, limit=2))) == 2
    children = [one.name for one in standard.list_all(dpu, namespace)]
    assert children == [f"{name}/nvmeNamespaces/ns01" for name in names]


def test_a_server_that_gives_one_page_for_ever_is_found_out() -> None:
    kind = resources().kind("NvmeSubsystem")

    def answer(request: Any, _: grpc.ServicerContext) -> Any:
        return kind.methods["List"].response(next_page_token="again")

    with talking(Scripted(answer)) as client, pytest.raises(CallError, match="same page twice"):
        list(standard.list_all(client, kind))


def test_reflection_tells_what_the_definitions_say(dpu: Client) -> None:
    reflection = Reflection(dpu)
    assert set(catalog().services) <= set(reflection.services())
    for method in catalog().methods():
        told = reflection.method(method.path).descriptor
        for ours, theirs in (
            (method.descriptor.input_type, told.input_type),
            (method.descriptor.output_type, told.output_type),
        ):
            assert theirs.full_name == ours.full_name
            assert [(f.name, f.number, f.type) for f in theirs.fields] == [
                (f.name, f.number, f.type) for f in ours.fields
            ]


def test_a_method_of_a_server_is_called_without_its_definition(dpu: Client) -> None:
    method = Reflection(dpu).method("grpc.health.v1.Health/Check")
    assert dpu.unary(method, method.request()).status == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("no.such.Service/Get", "no service no.such.Service here; served: grpc.health.v1.Health, "),
        (f"{SESSIONS}/Nope", f"{SESSIONS} has no Nope; it has: AddSession, "),
    ],
)
def test_what_is_not_served(dpu: Client, path: str, text: str) -> None:
    with pytest.raises(CallError) as caught:
        Reflection(dpu).method(path)
    assert caught.value.status.code == "UNIMPLEMENTED"
    assert text in caught.value.status.message


class Reflecting(grpc.GenericRpcHandler):
    """Reflection that gives one answer for everything, or none."""

    def __init__(self, *answers: Any) -> None:
        self.answers = answers

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        if not details.method.startswith("/grpc.reflection.v1alpha."):
            return None
        return grpc.stream_stream_rpc_method_handler(
            lambda _, __: iter(self.answers),
            reflection_pb2.ServerReflectionRequest.FromString,
            reflection_pb2.ServerReflectionResponse.SerializeToString,
        )


class Nothing(grpc.GenericRpcHandler):
    """Serves nothing at all."""

    def service(self, _: grpc.HandlerCallDetails) -> None:
        return None


def files(*described: descriptor_pb2.FileDescriptorProto) -> Any:
    answer = reflection_pb2.ServerReflectionResponse()
    for one in described:
        answer.file_descriptor_response.file_descriptor_proto.append(one.SerializeToString())
    return answer


BROKEN = descriptor_pb2.FileDescriptorProto(name="b.proto")
BROKEN.message_type.add(name="M").field.add(name="f", number=1, label=1, type=11, type_name=".None")
OTHER = descriptor_pb2.FileDescriptorProto(name="other.proto")
NOT_TEXT = reflection_pb2.ServerReflectionResponse()
NOT_TEXT.file_descriptor_response.file_descriptor_proto.append(b"\xff\xff")
IMPORTS_GHOST = descriptor_pb2.FileDescriptorProto(name="a.proto", dependency=["ghost.proto"])

STRANGE = {
    "nothing": ([], "the server's reflection answered nothing"),
    "types that are not there": ([files(BROKEN)], "description of b.proto is not valid"),
    "another file": ([files(OTHER)], "does not describe a.Service"),
    "no file": ([files()], "does not describe a.Service"),
    "bytes that are no file": ([NOT_TEXT], "is not valid"),
    "an import that it does not have": ([files(IMPORTS_GHOST)], "ghost.proto"),
}


@pytest.mark.parametrize(("answers", "text"), STRANGE.values(), ids=STRANGE.keys())
def test_servers_with_strange_reflection(answers: list[Any], text: str) -> None:
    with talking(Reflecting(*answers)) as client, pytest.raises(CallError) as caught:
        Reflection(client).method("a.Service/Get")
    assert caught.value.status.code == "INTERNAL"
    assert text in caught.value.status.message


def test_a_server_without_reflection_is_unimplemented() -> None:
    with talking(Nothing()) as client, pytest.raises(CallError) as caught:
        Reflection(client).services()
    assert caught.value.status.code == "UNIMPLEMENTED"
