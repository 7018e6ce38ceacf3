"""Comments by full name, read from what protoc keeps of the sources."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap.comments import comment_table, comments
from bootstrap.console import BootstrapError
from bootstrap.descriptors import compile_protos, own_files

SERVICE = """
// The licence.

syntax = "proto3";
package shop.v1;

// Sells things.
//
// Until the evening.
service Shop {
  // Sells one.
  rpc Sell(Item) returns (Item);
}

// Something to sell.
message Item {
  // How it is paid.
  oneof payment {
    // In coins.
    int32 coins = 1;
    // By card.
    string card = 2;
  }
  // What is in it, by name.
  map<string, Item> parts = 3;
  // Colours.
  enum Colour {
    // None.
    COLOUR_UNSPECIFIED = 0;
  }
  string bare = 4;  // beside it, which does not count
}
"""


def _comments(text: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "one.proto").write_text(text)
        (file,) = compile_protos(Path(folder)).file
        return dict(comments(file))


def test_every_kind_of_element_is_named() -> None:
    assert _comments(SERVICE) == {
        "shop.v1.Shop": "Sells things.\n\nUntil the evening.",
        "shop.v1.Shop.Sell": "Sells one.",
        "shop.v1.Item": "Something to sell.",
        "shop.v1.Item.payment": "How it is paid.",
        "shop.v1.Item.coins": "In coins.",
        "shop.v1.Item.card": "By card.",
        "shop.v1.Item.parts": "What is in it, by name.",
        "shop.v1.Item.Colour": "Colours.",
        "shop.v1.Item.Colour.COLOUR_UNSPECIFIED": "None.",
    }


def test_the_table_is_sorted_json(tmp_path: Path) -> None:
    (tmp_path / "one.proto").write_text(SERVICE)
    text = comment_table(compile_protos(tmp_path).file)
    assert list(json.loads(text)) == sorted(_comments(SERVICE))


@dataclass(frozen=True)
class Tree:
    """A message: what is said about it, its fields' comments, its inner messages."""

    said: tuple[str, ...]
    fields: tuple[tuple[str, ...], ...]
    inner: tuple[Tree, ...]


lines = st.lists(
    st.text("abc XYZ.,`|<>*/\"'é", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=3
).map(tuple)
trees = st.recursive(
    st.builds(Tree, lines, st.lists(lines, max_size=3).map(tuple), st.just(())),
    lambda inner: st.builds(
        Tree, lines, st.lists(lines, max_size=3).map(tuple), st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=8,
)


def _written(tree: Tree, name: str, indent: str = "") -> tuple[str, dict[str, str]]:
    """The message as source text, and its comments by name."""
    expected = {name: "\n".join(tree.said)}
    said = "".join(f"{indent}// {line}\n" for line in tree.said)
    body = ""
    for number, field in enumerate(tree.fields, 1):
        body += "".join(f"{indent}  // {line}\n" for line in field)
        body += f"{indent}  string f{number} = {number};\n"
        expected[f"{name}.f{number}"] = "\n".join(field)
    for number, inner in enumerate(tree.inner):
        text, more = _written(inner, f"{name}.M{number}", indent + "  ")
        body += text
        expected |= more
    short = name.rpartition(".")[2]
    return f"{said}{indent}message {short} {{\n{body}{indent}}}\n", expected


@settings(max_examples=100, deadline=None)
@given(trees)
def test_what_is_written_is_read(tree: Tree) -> None:
    text, expected = _written(tree, "a.b.M")
    assert _comments(f'syntax = "proto3";\npackage a.b;\n{text}') == expected


def test_files_are_found_in_order(tmp_path: Path) -> None:
    for name in ("b/two.proto", "a/one.proto", "a/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert own_files(tmp_path) == ["a/one.proto", "b/two.proto"]


def test_a_missing_requirement_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "one.proto").write_text(SERVICE)
    monkeypatch.setattr("bootstrap.descriptors.find_spec", lambda _: None)
    with pytest.raises(BootstrapError, match="Python package grpc_tools is missing"):
        compile_protos(tmp_path)
