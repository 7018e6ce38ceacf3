"""`python3 -m bootstrap.doclinks`: every relative link in the documentation leads to a file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bootstrap.console import ROOT

SKIPPED = {".git", ".venv", "build", "results", "node_modules", ".pytest_cache", ".hypothesis"}
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)")


def documents(root: Path) -> Iterator[Path]:
    """Yield the Markdown files of the project."""
    for path in sorted(root.rglob("*.md")):
        if SKIPPED.isdisjoint(path.relative_to(root).parts):
            yield path


def links(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and target of each link; code blocks are blanked, not parsed."""
    plain = FENCE.sub(lambda block: "\n" * block.group(0).count("\n"), text)
    for number, line in enumerate(plain.splitlines(), start=1):
        for match in LINK.finditer(line):
            yield number, match.group(1)


def broken_links(root: Path) -> list[str]:
    """Return `file:line: target` for every relative link to nothing."""
    found = []
    for document in documents(root):
        for number, target in links(document.read_text()):
            path = target.split("#", 1)[0]
            if not path or re.match(r"[a-z][a-z0-9+.-]*:", path):
                continue
            base = root if path.startswith("/") else document.parent
            if not (base / path.lstrip("/")).exists():
                found.append(f"{document.relative_to(root)}:{number}: {target}")
    return found


def main() -> int:
    """Print the broken links; exit code 1 when there are any."""
    found = broken_links(ROOT)
    for line in found:
        sys.stdout.write(f"{line}\n")
    count = sum(1 for _ in documents(ROOT))
    sys.stdout.write(f"{count} documents, {len(found)} broken links\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
