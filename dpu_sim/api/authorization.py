"""Who may call what: roles, told by client certificates.

The file is YAML:

    roles:
      viewer:
        methods: ["opi_api.storage.v1.*/Get*", "opi_api.storage.v1.*/List*"]
        subjects: [monitor.example.com]

A method pattern is a service and a method with `*` for any run of characters, which does not cross
the slash. A subject is a common name or a subject alternative name, letter by letter.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from dpu_sim.api.call import Call
from dpu_sim.api.errors import ApiError, permission_denied, unauthenticated
from dpu_sim.api.stage import Gate
from dpu_sim.errors import ConfigError
from dpu_sim.file_watch import WatchedFiles
from dpu_sim.yaml_model import parse_model, read_limited
from opi.catalog import Catalog, Method

_LOOK_SECONDS = 0.5
"""How old an answer to "has the file changed?" may be."""

_log = logging.getLogger(__name__)


def _matches_something(pattern: str, info: ValidationInfo) -> str:
    """Refuse patterns without effect: they are misspelt. The context has the methods' `paths`."""
    service, _, method = pattern.partition("/")
    if not service or not method or "/" in method:
        raise ValueError(f"{pattern!r} does not have the form Service/Method")
    if not any(map(_matcher(pattern), (info.context or {})["paths"])):
        raise ValueError(f"{pattern!r} matches no method of this DPU")
    return pattern


Pattern = Annotated[str, AfterValidator(_matches_something)]
Subject = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Role(BaseModel):
    """Methods, and who may call them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    methods: Annotated[list[Pattern], Field(min_length=1)]
    subjects: list[Subject]


class Roles(BaseModel):
    """An authorization file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    roles: dict[str, Role]


class Policy:
    """Which subjects may call which methods."""

    def __init__(self, roles: Roles, catalog: Catalog) -> None:
        self._known = {one for role in roles.roles.values() for one in role.subjects}
        self._allowed: dict[str, set[str]] = {method.path: set() for method in catalog.methods()}
        for role in roles.roles.values():
            for pattern in role.methods:
                for path in filter(_matcher(pattern), self._allowed):
                    self._allowed[path].update(role.subjects)

    def check(self, path: str, call: Call) -> ApiError | None:
        """Why the caller may not call the method at "/service/method"; None when it may."""
        if call.identity is None:
            return unauthenticated("this DPU wants to know its callers: show a client certificate")
        names = call.identity.names
        if not self._allowed[path].isdisjoint(names):
            return None
        if self._known.isdisjoint(names):
            return permission_denied(f"{call.identity} has no role on this DPU")
        return permission_denied(f"no role of {call.identity} allows {path[1:]}")


def parse_policy(data: bytes, source: str, catalog: Catalog) -> Policy:
    """Make a policy of the content of a file.

    Raises:
        ConfigError: it is not one, or a pattern matches no method; names file, line and field.
    """
    paths = [method.path for method in catalog.methods()]
    context = {"paths": paths}
    roles = parse_model(data, source, Roles, what="authorization", example="roles", context=context)
    return Policy(roles, catalog)


class Authorization(Gate):
    """The stage that lets through what the policy allows."""

    def __init__(self, path: Path, catalog: Catalog) -> None:
        """Read the file, here and whenever it changes. Raises ConfigError."""

        def load() -> Policy:
            return parse_policy(read_limited(path, "authorization"), str(path), catalog)

        def complain(error: ConfigError) -> None:
            _log.error("the roles stay as they were: %s", error)

        self._file = WatchedFiles([path], load, complain)
        self._policy = self._file.current()
        self._looked = 0.0

    def refusal(self, method: Method, call: Call) -> ApiError | None:
        """Why the policy does not allow the call."""
        return self._current().check(method.path, call)

    def reload(self) -> None:
        """Read the file now, whether it looks changed or not."""
        self._policy = self._file.reload()

    def _current(self) -> Policy:
        now = asyncio.get_running_loop().time()
        if now - self._looked >= _LOOK_SECONDS:
            self._policy, self._looked = self._file.current(), now
        return self._policy


def _matcher(pattern: str) -> Callable[[str], object]:
    """Whether a path, "/service/method", has the form of the pattern."""
    service, _, method = pattern.partition("/")
    parts = (re.escape(part).replace(r"\*", "[^/]*") for part in (service, method))
    return re.compile("/" + "/".join(parts)).fullmatch
