"""What a DPU's subsystems should be after a sequence of calls, and the ways to make those calls.

The model is written from google.aip.dev and the API's own documentation, with dictionaries: it
shares no code with the server.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict

from opi.proto.opi_api.storage.v1 import frontend_nvme_pb2 as nvme
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2_grpc import FrontendNvmeServiceStub

DEADLINE = 20.0
Spec = dict[str, Any]
"""Fields of a NvmeSubsystemSpec that are not empty, by name; max_namespaces is an int."""


class Answer(NamedTuple):
    """Name of the status code; the resource's spec where there is one."""

    code: str
    spec: Spec | None = None


@dataclass
class Subsystem:
    """A subsystem as it is, and as it was asked for when it was created."""

    spec: Spec
    requested: Spec


@dataclass
class Model:
    """The subsystems of a DPU by id. Each method says what the DPU must answer, and does it."""

    has: dict[str, Subsystem] = field(default_factory=dict)

    def create(self, identity: str, spec: Spec) -> Answer:
        existing = self.has.get(identity)
        if not spec.get("nqn"):
            return Answer("INVALID_ARGUMENT")
        if existing:
            same = spec in (existing.spec, existing.requested)
            return Answer("OK", existing.spec) if same else Answer("ALREADY_EXISTS")
        if problem := self._problem(identity, spec):
            return problem
        self.has[identity] = Subsystem(dict(spec), dict(spec))
        return Answer("OK", spec)

    def update(
        self, identity: str, spec: Spec, mask: tuple[str, ...], allow_missing: bool
    ) -> Answer:
        existing = self.has.get(identity)
        if not existing:
            return self.create(identity, spec) if allow_missing else Answer("NOT_FOUND")
        new = _masked(existing.spec, spec, mask)
        if not new.get("nqn"):
            return Answer("INVALID_ARGUMENT")
        if problem := self._problem(identity, new):
            return problem
        existing.spec = new
        return Answer("OK", new)

    def delete(self, identity: str, allow_missing: bool) -> Answer:
        if identity not in self.has and not allow_missing:
            return Answer("NOT_FOUND")
        self.has.pop(identity, None)
        return Answer("OK")

    def get(self, identity: str) -> Answer:
        existing = self.has.get(identity)
        return Answer("OK", existing.spec) if existing else Answer("NOT_FOUND")

    def specs(self) -> dict[str, Spec]:
        """All of them by id."""
        return {identity: one.spec for identity, one in self.has.items()}

    def _problem(self, identity: str, spec: Spec) -> Answer | None:
        if spec["nqn"] == "bad":
            return Answer("INVALID_ARGUMENT")
        others = (one.spec["nqn"] for other, one in self.has.items() if other != identity)
        return Answer("ALREADY_EXISTS") if spec["nqn"] in others else None


def _masked(old: Spec, new: Spec, mask: tuple[str, ...]) -> Spec:
    if not mask:
        return old | new
    if mask[0] in {"*", "spec"}:
        return dict(new)
    result = dict(old)
    for path in mask:
        name = path.removeprefix("spec.")
        result.pop(name, None)
        if name in new:
            result[name] = new[name]
    return result


def on_target(specs: dict[str, Spec]) -> dict[str, dict[str, Any]]:
    """What an SPDK target has of these subsystems, by NQN; defaults are SPDK's."""
    return {
        spec["nqn"]: {
            "serial_number": spec.get("serial_number", "0" * 20),
            "model_number": spec.get("model_number", "SPDK bdev Controller"),
            "max_namespaces": spec.get("max_namespaces", 32),
            "allow_any_host": "hostnqn" not in spec,
            "hosts": [{"nqn": spec["hostnqn"]}] if "hostnqn" in spec else [],
        }
        for spec in specs.values()
    }


class Transport(Protocol):
    """A way to call a DPU."""

    def create(self, identity: str, spec: Spec) -> Answer: ...
    def update(
        self, identity: str, spec: Spec, mask: tuple[str, ...], allow_missing: bool
    ) -> Answer: ...
    def delete(self, identity: str, allow_missing: bool) -> Answer: ...
    def get(self, identity: str) -> Answer: ...
    def specs(self, page_size: int = 0) -> dict[str, Spec]: ...


class OverGrpc:
    """Calls over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub: Any = FrontendNvmeServiceStub(channel)

    def create(self, identity: str, spec: Spec) -> Answer:
        resource = nvme.NvmeSubsystem(spec=nvme.NvmeSubsystemSpec(**spec))
        request = nvme.CreateNvmeSubsystemRequest(
            nvme_subsystem=resource, nvme_subsystem_id=identity
        )
        return self._call("CreateNvmeSubsystem", request)

    def update(
        self, identity: str, spec: Spec, mask: tuple[str, ...], allow_missing: bool
    ) -> Answer:
        request = nvme.UpdateNvmeSubsystemRequest(allow_missing=allow_missing)
        request.nvme_subsystem.name = f"nvmeSubsystems/{identity}"
        request.nvme_subsystem.spec.CopyFrom(nvme.NvmeSubsystemSpec(**spec))
        request.update_mask.paths.extend(mask)
        return self._call("UpdateNvmeSubsystem", request)

    def delete(self, identity: str, allow_missing: bool) -> Answer:
        name = f"nvmeSubsystems/{identity}"
        request = nvme.DeleteNvmeSubsystemRequest(name=name, allow_missing=allow_missing)
        return self._call("DeleteNvmeSubsystem", request)

    def get(self, identity: str) -> Answer:
        request = nvme.GetNvmeSubsystemRequest(name=f"nvmeSubsystems/{identity}")
        return self._call("GetNvmeSubsystem", request)

    def specs(self, page_size: int = 0) -> dict[str, Spec]:
        found: dict[str, Spec] = {}
        token = ""
        while True:
            request = nvme.ListNvmeSubsystemsRequest(page_size=page_size, page_token=token)
            page = self._stub.ListNvmeSubsystems(request, timeout=DEADLINE)
            found |= {_identity(one.name): _spec(one) for one in page.nvme_subsystems}
            if not (token := page.next_page_token):
                return found

    def _call(self, method: str, request: Any) -> Answer:
        try:
            answer = getattr(self._stub, method)(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            return Answer(code.name)
        return Answer("OK", _spec(answer) if isinstance(answer, nvme.NvmeSubsystem) else None)


class OverHttp:
    """Calls over HTTP/JSON, by the routes that the interface definitions give."""

    def __init__(self, endpoint: str) -> None:
        self._connection = HTTPConnection(endpoint, timeout=DEADLINE)

    def close(self) -> None:
        self._connection.close()

    def create(self, identity: str, spec: Spec) -> Answer:
        query = {"nvmeSubsystemId": identity}
        return self._call("POST", "nvmeSubsystems", query, {"spec": _json(spec)})

    def update(
        self, identity: str, spec: Spec, mask: tuple[str, ...], allow_missing: bool
    ) -> Answer:
        query = {"allowMissing": "true"} if allow_missing else {}
        if mask:
            query["updateMask"] = ",".join(map(_camel, mask))
        # Without a mask, {"spec": {}} would ask for an empty spec: it is the body that is the mask.
        body = {"spec": _json(spec)} if spec else {}
        return self._call("PATCH", f"nvmeSubsystems/{identity}", query, body)

    def delete(self, identity: str, allow_missing: bool) -> Answer:
        query = {"allowMissing": "true"} if allow_missing else {}
        return self._call("DELETE", f"nvmeSubsystems/{identity}", query)

    def get(self, identity: str) -> Answer:
        return self._call("GET", f"nvmeSubsystems/{identity}", {})

    def specs(self, page_size: int = 0) -> dict[str, Spec]:
        found: dict[str, Spec] = {}
        token = ""
        while True:
            query = {"pageSize": str(page_size), "pageToken": token}
            status, page = self._exchange("GET", "nvmeSubsystems", query)
            assert status == 200, page
            listed = [_resource(one) for one in page.get("nvmeSubsystems", [])]
            found |= {_identity(one.name): _spec(one) for one in listed}
            if not (token := page.get("nextPageToken", "")):
                return found

    def _call(self, verb: str, path: str, query: dict[str, str], body: Any | None = None) -> Answer:
        status, answer = self._exchange(verb, path, query, body)
        if status != 200:
            codes = {code.value[0]: code.name for code in grpc.StatusCode}
            return Answer(codes[answer["code"]])
        return Answer("OK", _spec(_resource(answer)) if "name" in answer else None)

    def _exchange(
        self, verb: str, path: str, query: dict[str, str], body: Any | None = None
    ) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"} if data else {}
        self._connection.request(verb, f"/v1/{path}?{urlencode(query)}", data, headers)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


def _identity(name: str) -> str:
    return name.removeprefix("nvmeSubsystems/")


def _spec(resource: nvme.NvmeSubsystem) -> Spec:
    spec = MessageToDict(resource.spec, preserving_proto_field_name=True)
    if "max_namespaces" in spec:
        spec["max_namespaces"] = int(spec["max_namespaces"])
    return spec


def _resource(answer: Any) -> nvme.NvmeSubsystem:
    return ParseDict(answer, nvme.NvmeSubsystem())


def _json(spec: Spec) -> Any:
    """A spec in protobuf's JSON mapping."""
    return MessageToDict(nvme.NvmeSubsystemSpec(**spec))


def _camel(path: str) -> str:
    first, *rest = path.split("_")
    return first + "".join(word.capitalize() for word in rest)
