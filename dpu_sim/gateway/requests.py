"""Request messages from HTTP requests: what body, query and path give.

The rules are those of google.api.http. In this order, so that later ones win: the body, or the
request field that it is; query parameters for fields that neither path nor body binds; fields that
the path binds. A PATCH whose request has an empty `update_mask` gets the mask of its body.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from dpu_sim.api.errors import ApiError, invalid_argument, invalid_arguments
from dpu_sim.gateway import query
from dpu_sim.gateway.codec import Json, loads, loads_many
from dpu_sim.gateway.reading import FIELD_MASK, read_into
from dpu_sim.gateway.routes import Match, Route
from opi import masks

WHOLE = "*"
MASK = "update_mask"


def read_request(match: Match, query_text: str, body: bytes) -> Message:
    """The request of a method with a single one.

    Args:
        match: the route, and what the path gives.
        query_text: what follows the question mark, percent-encoded.
        body: JSON; empty for none.

    Raises:
        ApiError: INVALID_ARGUMENT: names the field.
    """
    route = match.route
    message = route.method.request()
    value: Json = None
    unknown: list[str] = []
    if has_body := bool(route.body and body.strip()):
        value = loads(body)
        unknown = read_into(message, value, "" if route.body == WHOLE else route.body)
    if route.body != WHOLE:
        query.fill(message, query.parse(query_text), {*match.values, route.body})
    if has_body and derives_mask(route):
        _derive_mask(message, route.body, value, unknown)
    query.fill(message, {field: [text] for field, text in match.values.items()})
    return message


def read_requests(match: Match, body: bytes) -> list[Message]:
    """The requests of a method with a stream of them: JSON objects one after the other.

    Raises:
        ApiError: INVALID_ARGUMENT: names the field.
    """
    messages = []
    for number, value in enumerate(loads_many(body)):
        message = match.route.method.request()
        try:
            read_into(message, value)
        except ApiError as error:
            raise invalid_argument(f"[{number}]", error.message) from error
        messages.append(message)
    return messages


def derives_mask(route: Route) -> bool:
    """Whether the body says what to change, when the client does not."""
    descriptor: Any = route.method.request.DESCRIPTOR
    mask = descriptor.fields_by_name.get(MASK)
    return (
        route.verb == "PATCH"
        and route.body not in {"", WHOLE}
        and mask is not None
        and mask.message_type is not None
        and mask.message_type.full_name == FIELD_MASK
    )


def _derive_mask(message: Any, field: str, value: Json, unknown: list[str]) -> None:
    """Set the mask, unless the client did. It must not silently lack what the body has."""
    if message.update_mask.paths or not isinstance(value, dict):
        return
    if unknown:
        raise invalid_arguments(dict.fromkeys(unknown, "is no field of the resource"))
    inner = message.DESCRIPTOR.fields_by_name[field].message_type
    message.update_mask.paths.extend(masks.from_json(value, inner))
