"""Reading the machine's apt sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bootstrap import apt
from bootstrap.apt import Mirror, Source, debian_mirror, parse_deb822, parse_one_line
from bootstrap.console import BootstrapError

ONE_LINE = """\
# a comment
deb http://mirror.example.org/debian/ bookworm main contrib  # trailing
deb-src http://mirror.example.org/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://vendor.example.org/linux bookworm stable
deb http://security.example.org/debian-security bookworm-security main
"""
DEB822 = """\
Types: deb deb-src
# a comment between fields
URIs: http://mirror.example.org/debian
Suites: trixie
 trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.example.org/debian
Suites: trixie
Components: main
Enabled: no

Types: deb
URIs: http://security.example.org/debian-security/
Suites: trixie-security
Components: main
"""


def test_one_line_sources_are_read_without_options_and_comments() -> None:
    first, vendor, security = parse_one_line(ONE_LINE)
    expected = Source(("http://mirror.example.org/debian/",), ("bookworm",), ("main", "contrib"))
    assert first == expected
    assert vendor.uris == ("https://vendor.example.org/linux",)
    assert security.suites == ("bookworm-security",)


def test_deb822_joins_continuation_lines_and_leaves_out_disabled_paragraphs() -> None:
    main, security = parse_deb822(DEB822)
    assert main.suites == ("trixie", "trixie-updates")
    assert main.uris == ("http://mirror.example.org/debian",)
    assert security.suites == ("trixie-security",)


@pytest.mark.parametrize("sources", [[*parse_one_line(ONE_LINE)], [*parse_deb822(DEB822)]])
def test_the_mirror_is_debians_own_and_comes_with_security(sources: list[Source]) -> None:
    assert debian_mirror(sources) == Mirror(
        "http://mirror.example.org/debian", "http://security.example.org/debian-security"
    )


def test_a_vendors_repository_alone_is_no_mirror() -> None:
    line = "deb https://vendor.example.org/linux/debian bookworm stable"
    assert debian_mirror([*parse_one_line(line)]) is None


def test_an_ubuntu_machine_has_no_debian_mirror() -> None:
    line = "deb http://mirror.example.org/ubuntu noble main universe"
    assert debian_mirror([*parse_one_line(line)]) is None


def test_mirror_lists_that_are_no_urls_are_passed_over() -> None:
    lines = "deb mirror+file:/etc/apt/list trixie main\ndeb http://m.example.org/debian trixie main"
    assert debian_mirror([*parse_one_line(lines)]) == Mirror("http://m.example.org/debian")


def test_both_formats_are_read_from_their_places(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://a.example.org/debian trixie main\n")
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (folder / "debian.sources").write_text(DEB822)
    (folder / "old.list.save").write_text("deb http://b.example.org/debian trixie main\n")
    found = [source.uris[0] for source in apt.read_sources(tmp_path)]
    assert found == [
        "http://a.example.org/debian",
        "http://mirror.example.org/debian",
        "http://security.example.org/debian-security/",
    ]


@settings(max_examples=150)
@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    for source in [*parse_one_line(text), *parse_deb822(text)]:
        assert isinstance(source, Source)


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(["trixie", "noble", "trixie-updates", "x-pgdg"]), min_size=1),
    st.lists(st.sampled_from(["main", "contrib"]), min_size=1),
)
def test_what_is_written_as_deb822_is_read_back(suites: list[str], components: list[str]) -> None:
    text = (
        f"Types: deb\nURIs: http://m.example.org/d\nSuites: {' '.join(suites)}\n"
        f"Components: {' '.join(components)}\n"
    )
    expected = Source(("http://m.example.org/d",), tuple(suites), tuple(components))
    assert [*parse_deb822(text)] == [expected]


def test_what_is_installed_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "installed", lambda _: True)
    monkeypatch.setattr(apt, "run_logged", lambda *_, **__: pytest.fail("ran apt-get"))
    apt.ensure_packages(["one", "two"], "a reason")


def test_forbidden_installing_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "installed", lambda name: name == "one")
    monkeypatch.setattr("bootstrap.apt.shutil.which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setenv("DPULAB_NO_INSTALL", "1")
    with pytest.raises(BootstrapError) as caught:
        apt.ensure_packages(["one", "two"], "no engine answers")
    assert caught.value.message == "no engine answers, and DPULAB_NO_INSTALL is set"
    assert caught.value.hint.endswith("install -y --no-install-recommends two")


def test_a_machine_without_apt_is_told_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "installed", lambda _: False)
    monkeypatch.setattr("bootstrap.apt.shutil.which", lambda _: None)
    with pytest.raises(BootstrapError, match="this machine has no apt-get") as caught:
        apt.ensure_packages(["docker.io"], "no engine answers")
    assert "install docker.io with the machine's package manager" in caught.value.hint
