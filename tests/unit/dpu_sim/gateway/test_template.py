"""Path templates: the syntax of google/api/http.proto, matched as independent rules say."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.gateway.routes import Router
from dpu_sim.gateway.template import ONE, REST, parse, unescape
from opi.catalog import catalog
from tests.unit.dpu_sim.gateway.messages import EXAMPLES

BINDINGS = sorted({b.path for m in catalog().methods() for b in m.bindings})


def as_regex(template: str) -> re.Pattern[str]:
    """The template as a regular expression with a group for each variable: the oracle.

    Made by rewriting text, with the rules of google/api/http.proto alone.
    """
    text = re.sub(r"\{([\w.]+)\}", r"{\1=*}", template)
    text = re.sub(r"\{([\w.]+)=([^}]*)\}", r"<\2>", text)
    pieces = re.split(r"(\*\*|\*|<|>)", text)
    forms = {"**": r"[^:]+?", "*": r"[^/]+?", "<": "(", ">": ")"}
    return re.compile("".join(forms.get(one, re.escape(one)) for one in pieces))


@pytest.mark.parametrize("text", [one for one in BINDINGS if "}/*" not in one])
def test_every_binding_means_what_its_regular_expression_means(text: str) -> None:
    template = parse(text)
    filled = [f"x{i}" if one == ONE else one for i, one in enumerate(template.segments)]
    path = "/" + "/".join(filled) + (f":{template.verb}" if template.verb else "")
    match = as_regex(text).fullmatch(path)
    assert match is not None
    values = template.values(filled)
    assert list(values.values()) == list(match.groups())
    assert list(values) == re.findall(r"\{([\w.]+)", text)


def test_a_wildcard_behind_a_variable_belongs_to_it() -> None:
    template = parse("/v1/{name=devices}/*")
    assert template.values(["v1", "devices", "d0"]) == {"name": "devices/d0"}


def test_parts() -> None:
    template = parse("/v1/{a.name=shelves/*/books/**}:read")
    assert template.segments == ("v1", "shelves", ONE, "books", REST)
    assert template.verb == "read"
    segments = ["v1", "shelves", "s%2F1", "books", "a", "b"]
    assert template.values(segments) == {"a.name": "shelves/s%2F1/books/a/b"}
    single = parse("/v1/{shelf}")
    assert single.values(["v1", "s%2F1"]) == {"shelf": "s/1"}


@pytest.mark.parametrize(
    "text",
    ["", "/", "v1", "/v1/", "//v1", "/v1/{", "/v1/{}", "/v1/{a=}", "/v1/{a}{b}", "/v1/x{a}",
     "/v1/**/x", "/v1/{a=**}/b", "/v1/a*", "/v1/{a={b}}", "/v1/{a.}"],
)  # fmt: skip
def test_what_is_no_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"template|segments|slash"):
        parse(text)


@settings(max_examples=EXAMPLES)
@given(st.text(alphabet="/{}=*:.av1", max_size=16))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        template = parse(text)
    except ValueError:
        return
    assert template.segments
    assert all(0 <= one.start < len(template.segments) for one in template.variables)


IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from([b for b in BINDINGS if "*" in b and "}/*" not in b]), st.data())
def test_what_a_client_puts_into_a_path_comes_out(text: str, data: st.DataObject) -> None:
    template = parse(text)
    values = [data.draw(IDS) if one == ONE else one for one in template.segments]
    path = [quote(one, safe="") for one in values]
    found = template.values(path)
    for variable in template.variables:
        wanted = values[variable.start : variable.stop]
        if len(wanted) > 1:  # a slash in an id must not part it
            wanted = [re.sub("/", "%2F", one) for one in wanted]
        assert found[variable.field] == "/".join(wanted)


@settings(max_examples=EXAMPLES)
@given(st.text(max_size=10))
def test_percent_signs_are_read_or_refused(text: str) -> None:
    try:
        assert isinstance(unescape(text), str)
    except ValueError:
        assert "%" in text or any("\ud800" <= one <= "\udfff" for one in text)


def test_escapes_that_are_none_are_refused() -> None:
    for text in ("%", "%1", "%zz", "%ff", "%c3"):
        with pytest.raises(ValueError):  # noqa: PT011 (UnicodeDecodeError is one, too)
            unescape(text)


def test_routes_of_the_catalog_are_all_parsed() -> None:
    router = Router(catalog(), lambda _: False)
    assert len(router.routes) == sum(len(m.bindings) for m in catalog().methods())
