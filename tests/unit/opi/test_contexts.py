"""Files of contexts: which count, which wins, whom they trust, what is said of mistakes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opi.contexts import (
    Context,
    ContextError,
    ContextFile,
    Contexts,
    Overrides,
    is_loopback,
    read_contexts,
    read_file,
    user_file,
    with_port,
)

DPU = "contexts: [{{name: {0}, address: '{0}.example:1', insecure: true}}]\ncurrent-context: {0}\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config")}


def put(path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DPU.format(name))
    return path


def test_the_nearest_file_wins_and_all_are_known(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    put(user_file(environment), "home")
    put(tmp_path / "dpulab-b" / "opictl.yml", "labb")
    put(tmp_path / "dpulab-a" / "opictl.yml", "laba")
    found = read_contexts(environment, tmp_path)
    assert [one.name for one in found.all()] == ["laba", "labb", "home"]
    assert found.current == "laba"
    put(tmp_path / "opictl.yml", "here")
    assert read_contexts(environment, tmp_path).choose(Overrides()).address == "here.example:1"


def test_a_named_file_is_the_only_one(tmp_path: Path, environment: dict[str, str]) -> None:
    put(tmp_path / "opictl.yml", "here")
    named, other = put(tmp_path / "x.yml", "named"), put(tmp_path / "y.yml", "other")
    variable = {**environment, "OPICTL_CONFIG": str(named)}
    assert [one.name for one in read_contexts(variable, tmp_path).all()] == ["named"]
    assert [one.name for one in read_contexts(variable, tmp_path, str(other)).all()] == ["other"]
    assert list(read_contexts(environment, tmp_path, str(tmp_path / "none.yml")).all()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away takes root")
def test_a_lab_file_of_somebody_else_is_not_trusted(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    os.chown(put(tmp_path / "opictl.yml", "trap"), 12345, -1)
    assert list(read_contexts(environment, tmp_path).all()) == []


FLAGS = {
    "nothing": (Overrides(), "dpu.example:1", True),
    "an address on this machine": (Overrides(address="127.0.0.1"), "127.0.0.1:50051", True),
    "an address elsewhere": (Overrides(address="rack7"), "rack7:50051", False),
    "an address over a context": (Overrides(address="a:1", context="two"), "a:1", False),
    "a named context over the current one": (Overrides(context="two"), "two.example:2", False),
    "clear text as asked": (Overrides(address="a:1", insecure=True), "a:1", True),
    "TLS as asked": (Overrides(address="::1", insecure=False), "[::1]:50051", False),
    "TLS files mean TLS": (Overrides(tls_ca="ca.pem"), "dpu.example:1", False),
    "TLS files on this machine": (
        Overrides(address="localhost", tls_ca="ca.pem"),
        "localhost:50051",
        False,
    ),
}


@pytest.mark.parametrize(("flags", "address", "insecure"), FLAGS.values(), ids=FLAGS.keys())
def test_flags_over_contexts(flags: Overrides, address: str, insecure: bool) -> None:
    known = (Context("dpu", "dpu.example:1", insecure=True), Context("two", "two.example:2"))
    chosen = Contexts((ContextFile(Path("f"), known, "dpu"),)).choose(flags)
    assert (chosen.address, chosen.insecure) == (address, insecure)


def test_without_any_context_it_is_this_machine() -> None:
    chosen = Contexts().choose(Overrides())
    assert (chosen.address, chosen.insecure) == ("127.0.0.1:50051", True)


def test_tls_files_lie_beside_the_file_that_names_them(tmp_path: Path) -> None:
    path = tmp_path / "c.yml"
    path.write_text(
        "contexts:\n- {name: a, address: b, tls-ca: ca.pem, tls-cert: /etc/c.pem,"
        " tls-key: keys/k.pem, tls-server-name: dpu1}\n"
    )
    [one] = read_file(path).contexts
    assert (one.tls_ca, one.tls_cert) == (str(tmp_path / "ca.pem"), "/etc/c.pem")
    assert (one.tls_key, one.tls_server_name) == (str(tmp_path / "keys/k.pem"), "dpu1")
    assert not one.insecure


def test_what_is_saved_is_read_back_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.yml"
    first = ContextFile(path).with_context(Context("a", "b:1", tls_ca="/ca.pem"))
    file = ContextFile(path, first.contexts, "a").with_context(Context("a", "c:2", insecure=True))
    file.save()
    assert read_file(path) == file
    assert [one.address for one in file.contexts] == ["c:2"]
    assert path.stat().st_mode & 0o777 == 0o600


ERRORS = {
    "a list": ("[]", "not a file of contexts", "it has `contexts: [{name, address}]`"),
    "contexts that are no list": ("contexts: {a: b}", "not a file of contexts", "it has "),
    "no address": ("contexts: [{name: a}]", "a context has at least `name` and `address`", ""),
    "a word": ("contexts: [a]", "a context has at least `name` and `address`", ""),
    "an unknown key": (
        "contexts: [{name: a, address: b, tls: x}]",
        "context 'a': unknown key 'tls'",
        "known: address, insecure, name, tls-ca, tls-cert, tls-key, tls-server-name",
    ),
    "not YAML": ("contexts: [", "not valid YAML: ", ""),
}


@pytest.mark.parametrize(("text", "message", "hint"), ERRORS.values(), ids=ERRORS.keys())
def test_error_texts(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = tmp_path / "c.yml"
    path.write_text(text)
    with pytest.raises(ContextError) as caught:
        read_file(path)
    assert caught.value.message.startswith(f"{path}: {message}")
    assert caught.value.hint.startswith(hint)


def test_names_that_are_unknown_or_not_unique() -> None:
    one = Context("a", "b", source=Path("x.yml"))
    twice = Contexts((ContextFile(Path("x.yml"), (one,)), ContextFile(Path("y.yml"), (one,))))
    with pytest.raises(ContextError, match="2 contexts are called 'a'"):
        twice.find("a")
    with pytest.raises(ContextError) as caught:
        twice.find("b")
    assert (caught.value.message, caught.value.hint) == (
        "no context is called 'b'",
        "there are: a",
    )
    with pytest.raises(ContextError) as caught:
        Contexts().find("b")
    assert caught.value.hint == "`opictl context add` makes one"


@pytest.mark.parametrize(
    ("address", "full"),
    [
        ("dpu1", "dpu1:50051"),
        ("dpu1:", "dpu1:50051"),
        ("dpu1:7", "dpu1:7"),
        ("10.0.0.1", "10.0.0.1:50051"),
        ("::1", "[::1]:50051"),
        ("[::1]", "[::1]:50051"),
        ("[::1]:7", "[::1]:7"),
        ("unix:/run/opi.sock", "unix:/run/opi.sock"),
    ],
)
def test_addresses_get_a_port(address: str, full: str) -> None:
    assert with_port(address) == full


@settings(deadline=None)
@given(st.ip_addresses())
def test_addresses_keep_their_port(address: object) -> None:
    text = f"[{address}]" if ":" in str(address) else str(address)
    assert with_port(str(address)) == f"{text}:50051"
    assert with_port(f"{text}:7") == f"{text}:7"
    assert is_loopback(str(address)) == is_loopback(f"{text}:7")


PIECES = st.sampled_from(
    [
        *("contexts:", " [", "]", "{", "}", "name: a", "address: b", ", ", "\n", "- ", "  ", "&x"),
        *("current-context: ", "insecure: true", "!!int x", "*x", "tls-ca: [1]", "\x00", "1: 2"),
    ]
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PIECES, max_size=14).map("".join).map(str.encode) | st.binary(max_size=30))
def test_any_bytes_are_contexts_or_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fuzz.yml"
    path.write_bytes(data)
    try:
        file = read_file(path)
    except ContextError as error:
        said = error.message
    else:
        said = str(path)
        assert all(one.name and one.address for one in file.contexts)
    assert said.startswith(str(path))
