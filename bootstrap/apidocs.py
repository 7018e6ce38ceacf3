"""Generate the API reference, docs/api/, from the interface definitions, or check it.

    python -m bootstrap.apidocs            write the pages, remove stale ones
    python -m bootstrap.apidocs --check    exit 1 and name the files that differ

One page for each .proto file. A method is on the page of the resource it works on, and the request
and the answer that nothing else uses are described with it. Reads the generated Python: run
`python -m bootstrap.proto` first.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FileDescriptor,
    MethodDescriptor,
)

from bootstrap.apimarkdown import (
    cell,
    enum_lines,
    inner_name,
    message_lines,
    method_lines,
    paragraphs,
    plain,
    table,
)
from bootstrap.console import ROOT, BootstrapError
from bootstrap.descriptors import compile_protos
from bootstrap.generated import differences, read_files, replace
from opi.catalog import Catalog, Method, Service, catalog
from opi.comments import comment, summary
from opi.resources import resources

TARGET = ROOT / "docs" / "api"
INDEX = "README.md"
MARK = "<!-- What follows is generated from proto/ by `make proto`. -->"
"""In the index the text above this line is written by hand, and kept."""
NOTE = "<!-- Generated from proto/ by `make proto`; not edited by hand. -->"
Element = Descriptor | EnumDescriptor | MethodDescriptor


@dataclass(eq=False)
class Page:
    """What is described on one page."""

    file: FileDescriptor
    intro: str
    """The comment at the head of the file: "API: subject" and further paragraphs."""
    methods: list[Method] = field(default_factory=list)
    messages: list[Descriptor] = field(default_factory=list)
    enums: list[EnumDescriptor] = field(default_factory=list)

    @property
    def name(self) -> str:
        """File name, such as "storage-frontend-nvme.md"."""
        parts = self.file.package.removeprefix("opi_api.").removeprefix("network.").split(".")
        stem = Path(self.file.name).stem
        words = parts[:1] if parts[0] == stem else [parts[0], stem]
        return "-".join(words).replace("_", "-") + ".md"

    @property
    def title(self) -> str:
        """Heading: the API, and the file within it."""
        return f"{self.intro.partition(':')[0]}: {Path(self.file.name).stem}"

    @property
    def subject(self) -> str:
        """What the page is about, the first paragraph without the API's name."""
        text = " ".join(self.intro.split("\n\n")[0].partition(":")[2].split())
        return text[:1].upper() + text[1:] if text[1:2].islower() else text


class Reference:
    """All pages, and where each element is described."""

    def __init__(self, source: Catalog, intros: dict[str, str]) -> None:
        self.source = source
        self.pages = [Page(file, intros[file.name]) for file in source.files]
        self._by_file = {page.file.name: page for page in self.pages}
        self._own = _own_messages(source)
        self._homes: dict[str, tuple[Page, str]] = {}
        for method in source.methods():
            self._add_method(method)
        for page in self.pages:
            self._add_types(page, page.file.message_types_by_name.values())
            for enum in page.file.enum_types_by_name.values():
                self._add_enum(page, enum)

    def is_own(self, message: Descriptor) -> bool:
        """Whether a message is described with the one method that uses it."""
        return message.full_name in self._own

    def page_of(self, method: Method) -> Page:
        """The page of the resource; failing that, of the answer; failing that, of the service."""
        kind = resources().of(method)
        answer = method.descriptor.output_type.file.name
        file = kind.descriptor.file.name if kind else answer
        return self._by_file.get(file) or self._by_file[_file(method).name]

    def address(self, element: Element, page: Page | None) -> str:
        """Where an element is described, as seen from a page; '' if nowhere."""
        home, anchor = self._homes.get(element.full_name, (None, ""))
        if home is None:
            return ""
        return f"#{anchor}" if home is page else f"{home.name}#{anchor}"

    def service_link(self, service: Service) -> str:
        """Markdown: a service's name, leading to its section, from any page but its own."""
        descriptor = service.descriptor
        page = self._by_file[descriptor.file.name]
        return f"[{descriptor.name}]({page.name}#{_anchor(str(descriptor.name))})"

    def _add_method(self, method: Method) -> None:
        page = self.page_of(method)
        page.methods.append(method)
        descriptor = method.descriptor
        home = page, _anchor(method.name)
        self._homes[descriptor.full_name] = home
        for message in (descriptor.input_type, descriptor.output_type):
            if self.is_own(message):
                self._homes[message.full_name] = home

    def _add_types(self, page: Page, messages: Iterable[Descriptor]) -> None:
        for message in messages:
            if message.GetOptions().map_entry:
                continue
            if not self.is_own(message):
                page.messages.append(message)
                self._homes[message.full_name] = page, _anchor(inner_name(message))
            self._add_types(page, message.nested_types)
            for enum in message.enum_types:
                self._add_enum(page, enum)

    def _add_enum(self, page: Page, enum: EnumDescriptor) -> None:
        page.enums.append(enum)
        self._homes[enum.full_name] = page, _anchor(inner_name(enum))


@dataclass(frozen=True)
class _From:
    """Links as seen from one page."""

    reference: Reference
    page: Page | None

    def link(self, element: Element) -> str:
        """Markdown: the element's name, leading to its description if we have one."""
        address = self.reference.address(element, self.page)
        name = element.name if isinstance(element, MethodDescriptor) else inner_name(element)
        return f"[{name}]({address})" if address else element.full_name

    def is_own(self, message: Descriptor) -> bool:
        """Whether a message is described with the one method that uses it."""
        return self.reference.is_own(message)


def render(target: Path = TARGET) -> dict[str, str]:
    """Every page by file name.

    Raises BootstrapError if the definitions do not compile, or the index in `target` has no MARK.
    """
    reference = Reference(catalog(), _intros())
    pages = {page.name: _text(_page(page, reference)) for page in reference.pages}
    assert len(pages) == len(reference.pages), "two pages of one name"
    return {INDEX: _text(_index(reference, _introduction(target))), **pages}


def _introduction(target: Path) -> str:
    """What is written by hand."""
    index = target / INDEX
    text, mark, _ = (index.read_text() if index.is_file() else "").partition(MARK)
    if not mark:
        raise BootstrapError(f"{index} has no line {MARK}", "the text above it is kept as it is")
    return text


def drift(target: Path = TARGET) -> list[str]:
    """Say how `target` differs from what would be generated now; empty when it does not."""
    return differences(read_files(target, [".md"]), render(target))


def write(target: Path = TARGET) -> int:
    """Bring `target` up to date; return how many files were written or removed."""
    return replace(target, read_files(target, [".md"]), render(target))


def _intros() -> dict[str, str]:
    """The comment at the head of each file, without the licence."""
    syntax = 12  # field number in FileDescriptorProto (descriptor.proto)
    return {
        file.name: "\n".join(line.strip() for line in text.splitlines()).partition("\n\n")[2]
        for file in compile_protos().file
        for location in file.source_code_info.location
        if list(location.path) == [syntax]
        for text in location.leading_detached_comments[:1]
    }


def _own_messages(source: Catalog) -> set[str]:
    """Messages that one method takes or gives, and nothing else uses."""
    uses: Counter[str] = Counter()
    for method in source.methods():
        uses.update(
            (method.descriptor.input_type.full_name, method.descriptor.output_type.full_name)
        )
    held = {
        one.message_type.full_name
        for message in source.messages()
        for part in _with_nested(message)
        for one in part.fields
        if one.message_type
    }
    kinds = {kind.descriptor.full_name for kind in resources().types}
    once = {name for name, count in uses.items() if count == 1}
    return {name for name in once - held - kinds if not name.startswith("google.")}


def _with_nested(message: Descriptor) -> Iterator[Descriptor]:
    yield message
    for nested in message.nested_types:
        yield from _with_nested(nested)


def _page(page: Page, reference: Reference) -> Iterator[str]:
    to = _From(reference, page)
    source = f"../../proto/{page.file.name}"
    yield from (NOTE, "", f"# {page.title}", "")
    yield from paragraphs("\n\n".join([page.subject, *page.intro.split("\n\n")[1:]]))
    yield from (f"Package `{page.file.package}`, [{page.file.name}]({source}).", "")
    yield from _services(page, reference)
    sections = {inner_name(one): message_lines(one, to) for one in page.messages}
    yield from _elements("Messages", sections)
    yield from _elements("Enums", {inner_name(one): enum_lines(one) for one in page.enums})


def _elements(heading: str, sections: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """A heading and the elements below it by name; nothing if there are none."""
    if sections:
        yield from (f"## {heading}", "")
    for name in sorted(sections):
        yield from (f"### {name}", "", *sections[name])


def _services(page: Page, reference: Reference) -> Iterator[str]:
    """The services of a file, then the methods that are described on its page."""
    here = [one for one in reference.source.services.values() if one.descriptor.file is page.file]
    others = {method.service: None for method in page.methods} | {one.name: None for one in here}
    for name in others:
        service = reference.source.services[name]
        methods = [one for one in page.methods if one.service == name]
        listed = list(service.methods.values()) if service in here else methods
        yield from (f"## {service.descriptor.name}", "")
        yield from _about(service, here, reference)
        yield from _methods(listed, _From(reference, page))
        for method in methods:
            yield from (f"### {method.name}", "")
            yield from method_lines(method, _From(reference, page))


def _about(service: Service, here: Sequence[Service], reference: Reference) -> list[str]:
    if service in here:
        return paragraphs(comment(service.descriptor))
    return [f"These are some of the methods of {reference.service_link(service)}.", ""]


def _methods(methods: Sequence[Method], to: _From) -> list[str]:
    rows = [
        (
            to.link(method.descriptor),
            "<br>".join(f"`{one.verb} {one.path}`" for one in method.bindings),
            cell(summary(method.descriptor)),
        )
        for method in methods
    ]
    if not any(route for _, route, _ in rows):
        return table(("method", ""), [(name, said) for name, _, said in rows])
    return table(("method", "HTTP", ""), rows)


def _index(reference: Reference, introduction: str) -> Iterator[str]:
    to = _From(reference, None)
    yield from (introduction + MARK, "", "## Services", "")
    rows = [
        (
            reference.service_link(one),
            f"`{one.descriptor.file.package}`",
            str(len(one.methods)),
            cell(summary(one.descriptor)),
        )
        for one in reference.source.services.values()
    ]
    yield from table(("service", "package", "methods", ""), rows)
    yield from ("## Resources", "")
    kinds = sorted(resources().types, key=lambda one: (one.descriptor.file.package, one.kind))
    yield from table(
        ("kind", "package", "names", "methods"),
        [
            (
                to.link(kind.descriptor),
                f"`{kind.descriptor.file.package}`",
                f"`{kind.pattern}`",
                " ".join(verb for verb in kind.methods),
            )
            for kind in kinds
        ],
    )
    yield from ("## Pages", "")
    yield from table(
        ("page", "subject"),
        [(f"[{plain(page.title)}]({page.name})", cell(page.subject)) for page in reference.pages],
    )


def _file(method: Method) -> FileDescriptor:
    return method.descriptor.containing_service.file


def _anchor(heading: str) -> str:
    """What GitHub makes of a heading that is a name."""
    return heading.lower().replace(".", "")


def _text(lines: Iterator[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bootstrap.apidocs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail on drift")
    check = parser.parse_args(argv).check
    try:
        if not check:
            sys.stderr.write(f"apidocs: {write()} files changed below {TARGET.relative_to(ROOT)}\n")
            return 0
        found = drift()
    except BootstrapError as error:
        sys.stderr.write(f"apidocs: {error}\n")
        return 1
    for line in found:
        sys.stderr.write(f"apidocs: {line}\n")
    if found:
        sys.stderr.write("apidocs: run `make proto` and commit the result\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
