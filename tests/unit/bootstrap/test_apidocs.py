"""The API reference: complete, current, and every link in it leads somewhere."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, MethodDescriptor
from grpc import StatusCode
from markdown_it import MarkdownIt

from bootstrap import apidocs
from bootstrap.apimarkdown import cell, enum_lines, message_lines, method_lines, plain, table
from bootstrap.console import BootstrapError
from dpu_sim.gateway.answers import HTTP_STATUS
from opi.catalog import catalog

HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page, by file name."""
    return apidocs.render()


def test_what_is_kept_is_what_is_generated() -> None:
    assert apidocs.main(["--check"]) == 0


def test_every_method_message_and_enum_value_is_there(pages: dict[str, str]) -> None:
    text = "\n".join(pages.values())
    for method in catalog().methods():
        assert f"`{method.path}`" in text
        for binding in method.bindings:
            assert f"`{binding.verb} {binding.path}`" in text
    for message in catalog().messages():
        assert re.search(rf"^### {message.name}$|`{message.name}`", text, re.MULTILINE)
        for field in message.fields:
            assert f"| `{field.name}`&nbsp;{field.number} |" in text
    for file in catalog().files:
        for enum in file.enum_types_by_name.values():
            for value in enum.values:
                assert f"| `{value.name}` | {value.number} |" in text


def test_every_comment_is_printed(pages: dict[str, str]) -> None:
    text = re.sub(r"\W+", " ", "\n".join(pages.values())).lower()
    comments = [
        (name, re.sub(r"\W+", " ", part).strip().lower())
        for name, said in json.loads(files("opi.proto").joinpath("docs.json").read_text()).items()
        for part in said.split("\n\n")
    ]
    assert len(comments) > 3800
    assert [name for name, said in comments if said not in text] == []


def test_every_method_and_message_is_described_once(pages: dict[str, str]) -> None:
    described: dict[tuple[str, str], int] = {}
    for name, text in pages.items():
        for heading in HEADING.findall(text):
            described[name, heading] = described.get((name, heading), 0) + 1
    assert [key for key, count in described.items() if count != 1] == []
    text = "\n".join(pages.values())
    for method in catalog().methods():
        assert text.count(f"- gRPC: `{method.path}`\n") == 1


def test_every_link_leads_to_a_page_and_a_heading(pages: dict[str, str]) -> None:
    anchors = {
        name: {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in found}
        for name, found in ((name, HEADING.findall(text)) for name, text in pages.items())
    }
    broken = []
    for name, text in pages.items():
        for target in LINK.findall(text):
            path, _, anchor = target.partition("#")
            if path.startswith(("https:", "../")):
                continue
            if anchor not in anchors.get(path or name, set()) | {""}:
                broken.append(f"{name}: {target}")
    assert broken == []


def test_every_table_has_as_many_cells_in_each_row(pages: dict[str, str]) -> None:
    parser = MarkdownIt("commonmark").enable("table")
    for name, text in pages.items():
        source = text.count("\n|---")
        tables = [token for token in parser.parse(text) if token.type == "table_open"]
        assert len(tables) == source, name
    assert any("\n|---" in text for text in pages.values())
    for text in pages.values():
        width = 0
        for line in text.splitlines():
            bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
            assert not bars or not width or bars == width, line
            width = bars


def test_the_table_of_errors_is_the_gateways() -> None:
    text = (apidocs.TARGET / apidocs.INDEX).read_text()
    told = dict(re.findall(r"^\| ([A-Z_]+) \| (\d+) \|", text, re.MULTILINE))
    assert {code: int(status) for code, status in told.items()} == {
        code.name: HTTP_STATUS[code] for code in StatusCode if code.name in told
    }
    assert len(told) == 12


MESSAGES = {message.name: message for message in catalog().messages()}


class Plainly:
    """Links without addresses."""

    def link(self, element: Descriptor | EnumDescriptor | MethodDescriptor) -> str:
        """Its name in brackets."""
        return f"[{element.name}]"

    def is_own(self, message: Descriptor) -> bool:
        """Requests are."""
        return str(message.name).endswith("Request")


def test_a_method_tells_route_body_errors_and_messages() -> None:
    method = catalog().method("opi_api.storage.v1.FrontendNvmeService/CreateNvmeController")
    lines = method_lines(method, Plainly())
    assert (
        "- HTTP: `POST /v1/{parent=nvmeSubsystems/*}/nvmeControllers`, the body is "
        "`nvme_controller`" in lines
    )
    (errors,) = (line for line in lines if line.startswith("- [errors]"))
    assert "NOT_FOUND" in errors  # the subsystem
    assert any(
        line.startswith("**Request:** `CreateNvmeControllerRequest`. The ") for line in lines
    )
    assert "**Answer:** [NvmeController]" in lines


def test_a_top_level_resource_has_no_parent_to_be_missed() -> None:
    method = catalog().method("opi_api.storage.v1.FrontendNvmeService/CreateNvmeSubsystem")
    assert "NOT_FOUND" not in "\n".join(method_lines(method, Plainly()))


def test_fields_tell_what_goes_for_them() -> None:
    spec = "\n".join(message_lines(MESSAGES["NvmeSubsystemSpec"], Plainly()))
    assert re.search(r"^\| `psk`&nbsp;\d \| bytes \| optional<br>secret \|", spec, re.MULTILINE)
    subsystem = message_lines(MESSAGES["NvmeSubsystem"], Plainly())
    assert "- names: `nvmeSubsystems/{subsystem}`" in subsystem
    text = "\n".join(subsystem)
    assert "| `name`&nbsp;1 | string | identifier |" in text
    assert "| `status`&nbsp;3 | [NvmeSubsystemStatus] | output only |" in text
    encrypted = "\n".join(message_lines(MESSAGES["QosVolume"], Plainly()))
    assert "name of " in encrypted


def test_a_message_names_the_members_of_its_oneofs() -> None:
    lines = message_lines(MESSAGES["NvmeControllerSpec"], Plainly())
    assert any(line.startswith("At most one of `pcie_id`, `fabrics_id`: ") for line in lines)


def test_an_enum_lists_its_values_with_numbers() -> None:
    (file,) = (one for one in catalog().files if one.name.endswith("/opicommon.proto"))
    lines = enum_lines(file.enum_types_by_name["NvmeTransportType"])
    assert any(re.match(r"\| `NVME_TRANSPORT_TYPE_TCP` \| \d \| TCP", line) for line in lines)


def test_text_cannot_break_a_page() -> None:
    assert plain("a <b> `<c>`") == "a \\<b> `<c>`"
    assert cell("a|b\nc\n\nd <e>") == "a\\|b c<br>d \\<e>"
    assert table(("x",), []) == []


def test_the_written_part_of_the_index_is_kept(tmp_path: Path) -> None:
    index = tmp_path / apidocs.INDEX
    index.write_text(f"# Ours\n\n{apidocs.MARK}\n\nold\n")
    assert apidocs.write(tmp_path) > 30
    assert index.read_text().startswith(f"# Ours\n\n{apidocs.MARK}\n\n## Services\n")
    assert apidocs.drift(tmp_path) == []
    (tmp_path / "stale.md").write_text("")
    (tmp_path / "inventory.md").write_text("")
    assert apidocs.drift(tmp_path) == ["stale: stale.md", "differs: inventory.md"]


def test_an_index_without_its_mark_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match="has no line"):
        apidocs.render(tmp_path)
