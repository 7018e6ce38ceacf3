"""The OpenAPI 3.1 document of the gateway, from the descriptors and their annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.rpc import status_pb2

from dpu_sim.gateway import query
from dpu_sim.gateway.answers import JSON, LINES
from dpu_sim.gateway.calls import TIMEOUT_HEADER
from dpu_sim.gateway.codec import Json
from dpu_sim.gateway.requests import WHOLE, derives_mask
from dpu_sim.gateway.routes import Route, Router, rpc_route
from dpu_sim.gateway.schemas import Schemas, describe
from dpu_sim.gateway.template import ONE, REST, Template
from opi.behavior import is_required
from opi.catalog import Catalog, Method, Service
from opi.comments import comment, first_sentence

VERSION = "3.1.0"

_ABOUT = """The OPI APIs of this DPU as HTTP/JSON.

Every RPC is at `POST /package.Service/Method` with its request as the body. Those with an HTTP
binding have it besides. Fields are in lowerCamelCase, 64-bit integers are strings, bytes are
base64. A failure is a google.rpc.Status."""

_FAILURES = {
    "400": "The request is not valid, or the state of something forbids it.",
    "404": "There is no such resource.",
    "default": "Another failure.",
}
_UNIMPLEMENTED = {"501": "This DPU does not do that."}

_SEGMENT = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
_TIMEOUT = {
    "name": TIMEOUT_HEADER,
    "in": "header",
    "description": "How long to wait: digits and one of H, M, S, m, u, n.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,8}[HMSmun]$"},
}


def document(catalog: Catalog, router: Router, answered: Callable[[Method], bool]) -> Json:
    """The document.

    Args:
        catalog: what is described.
        router: has its routes.
        answered: whether a method has an implementation; if not, its operations carry
            `x-unimplemented`.
    """
    return _Writer(catalog, router, answered).document()


class _Writer:
    def __init__(
        self, catalog: Catalog, router: Router, answered: Callable[[Method], bool]
    ) -> None:
        self._catalog = catalog
        self._router = router
        self._answered = answered
        self._schemas = Schemas()
        self._ids: set[str] = set()

    def document(self) -> Json:
        paths: dict[str, dict[str, Json]] = {}
        for route in self._routes():
            path, names = openapi_path(route.template)
            operations = paths.setdefault(path, {})
            operations[route.verb.lower()] = self._operation(route, names)
        status: Any = status_pb2.Status.DESCRIPTOR
        failure = {JSON: {"schema": self._schemas.of(status)}}
        responses = {
            f"{code}": {"description": text, "content": failure}
            for code, text in (_FAILURES | _UNIMPLEMENTED).items()
        }
        return {
            "openapi": VERSION,
            "info": {"title": "OPI APIs", "version": "1", "description": _ABOUT},
            "tags": [self._tag(one) for one in self._catalog.services.values()],
            "paths": dict(sorted(paths.items())),
            "components": {
                "schemas": dict(sorted(self._schemas.components.items())),
                "responses": responses,
                "parameters": {TIMEOUT_HEADER: _TIMEOUT},
            },
        }

    def _routes(self) -> Iterator[Route]:
        """Annotated routes that are in force, then a route for every RPC."""
        losers = {one.loser for one in self._router.conflicts}
        yield from (one for one in self._router.routes if one not in losers)
        yield from (rpc_route(one) for one in self._catalog.methods())

    def _tag(self, service: Service) -> Json:
        return {
            "name": service.name,
            "description": comment(service.descriptor),
            "x-unimplemented": not any(map(self._answered, service.methods.values())),
        }

    def _operation(self, route: Route, names: list[str]) -> Json:
        method = route.method
        operation: dict[str, Json] = {
            "tags": [method.service],
            "operationId": self._id(method),
            "summary": first_sentence(method.descriptor),
            "description": comment(method.descriptor),
            "x-rpc": method.path,
            "parameters": [
                *_path_parameters(names),
                *self._query_parameters(route),
                {"$ref": f"#/components/parameters/{TIMEOUT_HEADER}"},
            ],
            "responses": self._responses(method),
        }
        if route.body:
            operation["requestBody"] = self._body(route)
        if not self._answered(method):
            operation["x-unimplemented"] = True
        return operation

    def _id(self, method: Method) -> str:
        """Unique: a method with several routes has a number in all but the first."""
        base = f"{method.service}.{method.name}"
        number = 1
        while (name := base if number == 1 else f"{base}.{number}") in self._ids:
            number += 1
        self._ids.add(name)
        return name

    def _query_parameters(self, route: Route) -> Iterator[Json]:
        if route.body == WHOLE:
            return
        bound = {route.body, *(one.field for one in route.template.variables)}
        descriptor: Any = route.method.request.DESCRIPTOR
        for name, fields in query.leaves(descriptor):
            path = [str(one.name) for one in fields]
            if not any(".".join(path[:end]) in bound for end in range(1, len(path) + 1)):
                yield self._query_parameter(name, fields)

    def _query_parameter(self, name: str, fields: tuple[FieldDescriptor, ...]) -> Json:
        field = fields[-1]
        one = self._schemas.of_value(field)
        parameter: dict[str, Json] = {
            "name": name,
            "in": "query",
            "description": describe(field),
            "schema": {"type": "array", "items": one} if field.is_repeated else one,
        }
        if all(is_required(each) for each in fields):
            parameter["required"] = True
        return parameter

    def _body(self, route: Route) -> Json:
        method = route.method
        partial = method.name.startswith("Update")
        descriptor: Any = method.request.DESCRIPTOR
        if route.body != WHOLE:
            descriptor = descriptor.fields_by_name[route.body].message_type
        body: dict[str, Json] = {
            "content": {JSON: {"schema": self._schemas.of(descriptor, partial)}},
            "required": route.body != WHOLE,
        }
        if method.client_streaming:
            body["content"] = {LINES: body["content"][JSON]}
            body["description"] = "Any number of requests, one after the other."
        elif derives_mask(route):
            body["description"] = "What to change: without an updateMask, whatever is in it."
        return body

    def _responses(self, method: Method) -> Json:
        descriptor: Any = method.response.DESCRIPTOR
        schema = self._schemas.of(descriptor)
        if method.server_streaming:
            content = {LINES: {"schema": {"type": "object", "properties": {"result": schema}}}}
            text = "A line for each response; should it fail, a last one with `error`."
        else:
            content = {JSON: {"schema": schema}}
            text = first_sentence(method.descriptor.output_type) or "Done."
        codes = [*_FAILURES]
        if not self._answered(method):
            codes[-1:-1] = _UNIMPLEMENTED
        failures = {code: {"$ref": f"#/components/responses/{code}"} for code in codes}
        return {"200": {"description": text, "content": content}, **failures}


def openapi_path(template: Template) -> tuple[str, list[str]]:
    """A template as OpenAPI writes it, and the names of its parameters.

    There a parameter is one segment, and two paths must not differ in the names of parameters
    alone. So they are called after the segment before: "/v1/nvmeSubsystems/{nvmeSubsystem}".
    """
    names: list[str] = []
    segments: list[str] = []
    for segment in template.segments:
        if segment in {ONE, REST}:
            stem = segments[-1].strip("{}").removesuffix("s") if segments else "id"
            name = stem if stem not in names else f"{stem}{len(names) + 1}"
            names.append(name)
            segments.append(f"{{{name}}}")
        else:
            segments.append(segment)
    verb = f":{template.verb}" if template.verb else ""
    return "/" + "/".join(segments) + verb, names


def _path_parameters(names: list[str]) -> Iterator[Json]:
    for name in names:
        yield {"name": name, "in": "path", "required": True, "schema": _SEGMENT}
