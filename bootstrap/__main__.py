"""`python3 -m bootstrap COMMAND`: the entry point that the Makefile calls before any venv exists.

This file alone must stay readable for interpreters older than the project supports: it is what
tells their users so. Everything else is imported after that check.
"""

from __future__ import annotations

import os
import re
import sys

OLDEST = (3, 11)


def newer_interpreters(path: str) -> list[str]:
    """Return the names of the interpreters in the folders of `path` that are new enough."""
    found = set()
    for folder in filter(os.path.isdir, path.split(os.pathsep)):
        for name in os.listdir(folder):  # noqa: PTH208 - pathlib is not needed for names
            match = re.match(r"python3\.(\d+)$", name)
            if match and int(match.group(1)) >= OLDEST[1]:
                found.add(name)
    return sorted(found)


def complaint(version: tuple[int, int], path: str) -> str:
    """Return what to tell the user of an interpreter of this `version`, '' when it will do."""
    if version >= OLDEST:
        return ""
    found = newer_interpreters(path)
    name = found[-1] if found else "python3.11"
    advice = f"{name} is here: run" if found else f"install {name} or newer, then run"
    return (
        f"error: dpulab needs Python {OLDEST[0]}.{OLDEST[1]} or newer, "
        f"this is {version[0]}.{version[1]}\n  hint: {advice} `make PYTHON={name} lab-up`"
    )


if __name__ == "__main__":
    text = complaint(sys.version_info[:2], os.environ.get("PATH", ""))
    if text:
        sys.exit(text)
    from bootstrap.main import main

    sys.exit(main(sys.argv[1:]))
