"""From the YAML tree to the file's models, with every mistake told in the user's terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from lab.topology import source
from lab.topology.problems import KeyPath, Mistake, suggest
from lab.topology.scalars import kind, plural
from lab.topology.spec import FileSpec
from lab.topology.spec_links import FORMS

CONTAINERLAB_ONLY = frozenset(
    [
        "image-pull-policy",
        "restart-policy",
        "license",
        "type",
        "startup-delay",
        "enforce-startup-config",
        "suppress-startup-config",
        "auto-remove",
        "volumes",
        "credentials",
        "env-files",
        "user",
        "hostname",
        "runtime",
        "link-apply-mode",
        "cpu-set",
        "extras",
        "config",
        "certificate",
        "components",
        "aliases",
        "shm-size",
        "cgroupns-mode",
        "cgroup-parent",
        "pid-mode",
        "tmpfs",
        "security-opts",
        "ipv4-range",
        "ipv6-range",
        "skip-when-unused",
        "driver-opts",
        "settings",
        "debug",
    ]
)
"""Keys that containerlab has and the subset has not."""
CONTAINERLAB_LINKS = frozenset({"veth-stitch", "vxlan-stitch"})
_LINK_TYPES = tuple(form for form in FORMS if form != "brief")


def validate(data: source.Data) -> tuple[FileSpec | None, list[Mistake]]:
    """Check the tree against the models: the file's model, or what is wrong."""
    if not isinstance(data, dict):
        what = f"a topology file is a map with name and topology, not {kind(data)}"
        return None, [Mistake((), what)]
    try:
        return FileSpec.model_validate(data), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
        return None, list(_mistakes(data, found))


def _mistakes(data: source.Data, found: list[ErrorDetails]) -> Iterator[Mistake]:
    """One mistake for what the author did wrong once, also where it shows twice."""
    told: set[Mistake] = set()
    unknown = {
        (error["loc"][:-1], suggest(str(error["loc"][-1]), _keys_at(error["loc"][:-1])))
        for error in found
        if error["type"] == "extra_forbidden"
    }
    for error in found:
        *parent, key = error["loc"]
        if error["type"] == "missing" and (tuple(parent), f"did you mean '{key}'?") in unknown:
            continue  # it is there, but misspelt, and that is told
        path, value = _real_path(data, error)
        mistake = _wrong_form(path, value, error) or _mistake(path, value, error)
        if mistake not in told:
            told.add(mistake)
            yield mistake


def _wrong_form(path: KeyPath, value: source.Data, error: ErrorDetails) -> Mistake | None:
    """Endpoints of the one form in a link of the other."""
    if path[:2] != ("topology", "links") or path[3:4] != ("endpoints",) or len(path) != 5:
        return None
    form = error["loc"][3]
    if form == "brief" and isinstance(value, dict):
        return Mistake(path[:4], "endpoints in the extended form need a type", "add `type: veth`")
    if form == "veth" and isinstance(value, str):
        what = "endpoints in the brief form, but the link has a type"
        return Mistake(path[:4], what, "leave `type` out, or write {node: ..., interface: ...}")
    return None


def _real_path(data: source.Data, error: ErrorDetails) -> tuple[KeyPath, source.Data]:
    """The error's place without the steps that only pydantic sees (union tags, "[key]")."""
    path: KeyPath = ()
    value: Any = data
    last = len(error["loc"]) - 1
    for position, part in enumerate(error["loc"]):
        known = part in value if isinstance(value, dict) else isinstance(value, list)
        if known and (isinstance(part, int) or isinstance(value, dict)):
            path, value = (*path, part), value[part]
        elif position == last and error["type"] == "missing":
            path, value = (*path, part), None
    return path, value


def _mistake(path: KeyPath, value: source.Data, error: ErrorDetails) -> Mistake:
    """One pydantic error in the words of the file's author."""
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(path, error["loc"])
        case "missing":
            return Mistake(path[:-1], f"key '{path[-1]}' is missing")
        case "union_tag_invalid" | "union_tag_not_found":
            return _unknown_link_type(path, value)
        case "literal_error":
            words = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            return Mistake(path, f"{kind(value)} is not allowed here", suggest(str(value), words))
        case _:
            return Mistake(path, _wording(value, error), key=value is None)


_SHAPES = {
    "model_type": "a map",
    "model_attributes_type": "a map",
    "dict_type": "a map",
    "list_type": "a list",
}


def _wording(value: source.Data, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] in _SHAPES:
        return f"expected {_SHAPES[error['type']]}, got {kind(value)}"
    match error["type"]:
        case "greater_than_equal":
            return f"{value} is too small, the least is {context['ge']:.12g}"
        case "less_than_equal":
            return f"{value} is too large, the most is {context['le']:.12g}"
        case "too_short":
            return f"expected at least {plural(context['min_length'], 'entry', 'entries')}"
        case "too_long":
            return f"expected at most {plural(context['max_length'], 'entry', 'entries')}"
        case _:
            return error["msg"]


def _unknown_key(path: KeyPath, loc: KeyPath) -> Mistake:
    key = str(path[-1])
    if path[:2] == ("topology", "kinds"):
        return Mistake(path, f"kind '{key}' is not supported", "kinds: bridge, linux", key=True)
    if key in CONTAINERLAB_ONLY:
        return Mistake(
            path,
            f"key '{key}' of containerlab is not supported",
            "dpulab reads a subset of the format; remove the key",
            key=True,
        )
    return Mistake(path, f"unknown key '{key}'", suggest(key, _keys_at(loc[:-1])), key=True)


def _unknown_link_type(path: KeyPath, value: source.Data) -> Mistake:
    found = value.get("type") if isinstance(value, dict) else None
    if isinstance(found, str) and found in CONTAINERLAB_LINKS:
        return Mistake(
            (*path, "type"),
            f"link type '{found}' of containerlab is not supported",
            suggest("", _LINK_TYPES, "link types"),
        )
    hint = "leave type out for the brief form" if found == "brief" else ""
    return Mistake(
        (*path, "type"),
        f"{kind(found)} is no link type",
        hint or suggest(found if isinstance(found, str) else "", _LINK_TYPES, "link types"),
        key=found is None,
    )


def _keys_at(loc: KeyPath) -> set[str]:
    """Keys that the models allow at a place, given as pydantic names it (with a link's form)."""
    annotations: list[Any] = [FileSpec]
    for part in loc:
        models = [model for item in annotations for model in _models_in(item)]
        if part in FORMS and FORMS[str(part)] in models:
            annotations = [FORMS[str(part)]]
        elif fields := [info for model in models for info in _fields(model, part)]:
            annotations = [info.annotation for info in fields]
    models = [model for item in annotations for model in _models_in(item)]
    return {info.alias or name for model in models for name, info in model.model_fields.items()}


def _fields(model: type[BaseModel], key: str | int) -> list[FieldInfo]:
    return [info for name, info in model.model_fields.items() if (info.alias or name) == key]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models inside an annotation such as dict[str, NodeSpec | None]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for item in get_args(annotation) for model in _models_in(item)]
