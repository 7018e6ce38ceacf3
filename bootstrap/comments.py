"""Comments of the interface definitions by the full name of what they describe.

protoc keeps comments in the source info of a descriptor set (`--include_source_info`) and leaves
them out of generated Python. The table made of them ships with the package, see `opi.comments`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto


def comment_table(files: Iterable[FileDescriptorProto]) -> str:
    """The table as JSON: full name -> comment, one entry per line."""
    table = dict(sorted(entry for file in files for entry in comments(file)))
    return json.dumps(table, indent=0, ensure_ascii=False) + "\n"


def comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    """The full name of every commented element of a file, with its leading comment.

    Names are those of `google.protobuf.descriptor`, except that an enum's values are named below
    the enum ("pkg.Color.RED"), where the language's scoping has them beside it.
    """
    for location in file.source_code_info.location:
        text = _plain(location.leading_comments)
        name = _full_name(file, location.path)
        if text and name:
            yield name, text


def _full_name(file: FileDescriptorProto, path: Sequence[int]) -> str:
    """What a source location's path leads to (descriptor.proto, SourceCodeInfo); '' if unnamed.

    The path alternates between the number of a repeated field and an index into it.
    """
    names = [file.package]
    element: Any = file
    for number, index in zip(path[::2], path[1::2], strict=False):
        field = element.DESCRIPTOR.fields_by_number.get(number)
        if field is None or not field.is_repeated or field.message_type is None:
            return ""
        element = getattr(element, field.name)[index]
        names.append(getattr(element, "name", ""))
    return ".".join(names) if len(path) == 2 * (len(names) - 1) > 0 and all(names) else ""


def _plain(comment: str) -> str:
    """The comment without the space that follows each `//`."""
    return "\n".join(line.removeprefix(" ").rstrip() for line in comment.splitlines()).strip()
