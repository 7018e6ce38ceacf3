"""call: any method of any server, with a body in JSON.

Methods that this program does not know are described by the server itself (gRPC reflection).
"""

from __future__ import annotations

import click

from opi.catalog import Method, catalog
from opi.client import Client
from opi.reflection import Reflection
from opictl.bodytext import argument_bodies
from opictl.calls import filled
from opictl.errors import CommandError, did_you_mean
from opictl.output import print_json_message
from opictl.session import Session

_SHOWN_METHODS = 3


def call(ctx: click.Context) -> None:
    """`opictl call METHOD [BODY]`."""
    session = Session(ctx)
    text = ctx.params["body"]
    trees = argument_bodies(text) if text is not None else []
    with session.client() as client:
        method = find_method(ctx.params["method"], client)
        if len(trees) > 1 and not method.client_streaming:
            raise CommandError(f"{method.name} takes one request, not {len(trees)}")
        requests = list(filled(method, trees)) or [method.request()]
        for answer in client.stream(method, requests, session.timeout):
            print_json_message(session, answer, compact=method.server_streaming)


def find_method(text: str, client: Client) -> Method:
    """The method that a text means: "Service/Method", in full, or a name that only one has.

    Raises CommandError, CallError.
    """
    known = catalog()
    wanted = text.strip("/").replace(".", "/") if "/" not in text.strip("/") else text.strip("/")
    found = [one for one in known.methods() if _means(one, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        paths = " or ".join(one.path[1:] for one in found[:_SHOWN_METHODS])
        raise CommandError(f"{text}: {len(found)} methods are called so", f"write {paths}")
    service, _, _ = text.strip("/").rpartition("/")
    if service and service not in known.services:
        return Reflection(client).method(text, client.timeout)
    names = [name for one in known.methods() for name in (one.name, one.path[1:])]
    raise CommandError(
        f"no method is called {text}",
        did_you_mean(text, names, "`opictl describe SERVICE` lists methods"),
    )


def _means(method: Method, text: str) -> bool:
    path = method.path[1:].replace(".", "/")
    return method.path[1:] == text or f"/{path}".endswith(f"/{text.replace('.', '/')}")


def complete_methods(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The names of methods, for the shell."""
    known = catalog()
    words = (method.path[1:] if "." in incomplete else method.name for method in known.methods())
    return sorted({word for word in words if word.startswith(incomplete)})
