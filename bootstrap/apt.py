"""apt: which mirror this machine uses, and installing the few packages that set-up needs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import LOGS, BootstrapError, Step, say, step
from bootstrap.privilege import as_root, refuse_when_told
from bootstrap.process import Limits, probe, run_logged

APT_FOLDER = Path("/etc/apt")
RETRIES = ("-o", "Acquire::Retries=3")
DEBIAN_SUITES = {"stable", "oldstable", "testing", "unstable", "sid"} | {
    "bullseye", "bookworm", "trixie", "forky",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One repository of a sources file (sources.list(5)), suites and components as written."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where Debian packages come from; `security` is '' when the machine names no such source."""

    main: str
    security: str = ""


def parse_one_line(text: str) -> Iterator[Source]:
    """Yield the binary sources of the one-line format: `deb [options] URI SUITE [COMPONENT...]`."""
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        match = re.match(r"deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*(.*)$", line)
        if match:
            uri, suite, components = match.groups()
            yield Source((uri,), (suite,), tuple(components.split()))


def parse_deb822(text: str) -> Iterator[Source]:
    """Yield the enabled binary sources of the deb822 format: paragraphs of `Field: values`."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = _deb822_fields(paragraph)
        enabled = fields.get("enabled", ["yes"])[:1] != ["no"]
        if enabled and "deb" in fields.get("types", []):
            yield Source(
                tuple(fields.get("uris", [])),
                tuple(fields.get("suites", [])),
                tuple(fields.get("components", [])),
            )


def _deb822_fields(paragraph: str) -> dict[str, list[str]]:
    """Split a paragraph into lower-case field names and their words, continuation lines joined."""
    fields: dict[str, list[str]] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            fields.setdefault(name, []).extend(line.split())
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        fields[name] = value.split()
    return fields


def read_sources(folder: Path = APT_FOLDER) -> list[Source]:
    """Read every sources file of the machine; unreadable ones are left out."""
    found: list[Source] = []
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix not in {".list", ".sources"} or not path.is_file():
            continue
        parse = parse_deb822 if path.suffix == ".sources" else parse_one_line
        found.extend(parse(path.read_text(errors="replace")))
    return found


def debian_mirror(sources: Sequence[Source]) -> Mirror | None:
    """Pick the Debian mirror among the sources; None when there is none (Ubuntu, bare apt)."""
    main = _first_uri(sources, lambda suite: suite in DEBIAN_SUITES)
    if not main:
        return None
    return Mirror(main, _first_uri(sources, lambda suite: suite.endswith("-security")))


def _first_uri(sources: Sequence[Source], wanted: Callable[[str], bool]) -> str:
    for source in sources:
        plain = [uri for uri in source.uris if re.match(r"https?://", uri)]
        if plain and "main" in source.components and any(map(wanted, source.suites)):
            return plain[0].rstrip("/")
    return ""


def installed(package: str) -> bool:
    """Whether dpkg has the package unpacked and configured."""
    return "ok installed" in probe(["dpkg-query", "-W", "-f", "${Status}", package]).stdout


def available(package: str) -> bool:
    """Whether apt knows an installable version of the package."""
    policy = probe(["apt-cache", "policy", package]).stdout
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def ensure_packages(packages: Sequence[str], why: str) -> None:
    """Install what is missing of `packages`, after saying so.

    Raises BootstrapError naming the command where installing is forbidden or impossible.
    """
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    install = ["apt-get", *RETRIES, "install", "-y", "--no-install-recommends", *missing]
    if not shutil.which("apt-get"):
        raise BootstrapError(
            f"{why}, and this machine has no apt-get",
            f"install {' '.join(missing)} with the machine's package manager, then try again",
        )
    refuse_when_told(install, why)
    command = as_root(
        ["env", "DEBIAN_FRONTEND=noninteractive", *install], f"installing {' '.join(missing)}"
    )
    say(f"{why}: installing {' '.join(missing)} with apt-get")
    with step("apt", "refreshing the package lists") as current:
        _refresh(current)
        current.line(f"installing {' '.join(missing)}")
        run_logged(command, LOGS / "apt-install.log", current, limits=Limits(total=1200))


def _refresh(current: Step) -> None:
    """Refresh the lists; a repository that fails need not be one that the packages come from."""
    command = as_root(["apt-get", *RETRIES, "update"], "refreshing the package lists")
    try:
        run_logged(command, LOGS / "apt-update.log", current, limits=Limits(total=600))
    except BootstrapError:
        current.line(f"some repositories did not answer, see {LOGS / 'apt-update.log'}")
