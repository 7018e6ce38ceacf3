"""Flags of fields: their names, and that what they set is what the message has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opi.behavior import is_secret
from opi.resources import ResourceType, is_reference, resources
from opictl.areas import area_nouns, area_resources
from opictl.calls import method_command
from opictl.errors import CommandError
from opictl.fields import RESERVED, Leaf, flag_names_of, leaves, options, put
from opictl.fields import given as values_given
from opictl.vocabulary import AREAS, FLAGS

KINDS = {kind.kind: kind for kind in resources().types}


def flags(kind: str) -> dict[str, str]:
    return {name: leaf.dotted for leaf, name in flag_names_of(KINDS[kind]).items()}


def parsed(kind: ResourceType, arguments: list[str]) -> Any:
    """The message that these flags make."""
    command = click.Command("x", params=list(options(flag_names_of(kind), lambda _: None)))
    with command.make_context("x", arguments) as ctx:
        message: Any = kind.message()
        put(message, values_given(leaves(kind.descriptor), ctx.params), resources())
        return message


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "NvmeSubsystem",
            {
                "nqn": "spec.nqn",
                "serial-number": "spec.serial_number",
                "model-number": "spec.model_number",
                "max-namespaces": "spec.max_namespaces",
                "hostnqn": "spec.hostnqn",
                "psk": "spec.psk",
            },
        ),
        (
            "Svi",
            {
                "vrf": "spec.vrf",
                "bridge": "spec.logical_bridge",
                "mac": "spec.mac_address",
                "gateway": "spec.gw_ip_prefix",
                "enable-bgp": "spec.enable_bgp",
                "remote-as": "spec.remote_as",
            },
        ),
        ("VirtioScsiLun", {"target": "target_name_ref", "volume": "volume_name_ref"}),
    ],
)
def test_flags_are_the_short_ends_of_paths(kind: str, expected: dict[str, str]) -> None:
    assert flags(kind) == expected


def test_what_is_ambiguous_says_more() -> None:
    found = flags("NvmeController")
    assert found["min-limit-rd-iops-kiops"] == "spec.min_limit.rd_iops_kiops"
    assert found["max-limit-rd-iops-kiops"] == "spec.max_limit.rd_iops_kiops"


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_fields_share_a_flag(kind: str) -> None:
    names = list(flag_names_of(KINDS[kind]).values())
    assert len(names) == len(set(names))
    assert not RESERVED.intersection(names)


@pytest.mark.parametrize("owner", FLAGS)
def test_names_chosen_by_hand_are_of_fields_that_there_are(owner: str) -> None:
    paths = {leaf.dotted for leaf in leaves(KINDS[owner].descriptor)}
    assert FLAGS[owner].keys() <= paths


def test_all_spellings_of_a_flag_set_the_field() -> None:
    for flag in ("--policy", "--security-policy", "--spec-security-policy-name-ref"):
        rule = parsed(KINDS["SecurityRule"], [flag, "pol1"])
        assert rule.spec.security_policy_name_ref == "securitypolicys/pol1"


# -- values


def texts_of(leaf: Leaf) -> st.SearchStrategy[str]:
    """Texts that a field takes, in the form in which it shows them again."""
    form = leaf.form
    assert form is not None
    words = st.text("abcdefghij0123456789.:/-", min_size=1, max_size=12)
    if form.choices:
        return st.sampled_from(form.choices)
    numbers: dict[str, tuple[int, int]] = {"INT": (1, 2**31 - 1), "SIZE": (1, 2**31 - 1)}
    if form.metavar in numbers:
        return st.integers(*numbers[form.metavar]).map(str)
    fixed = {
        "MAC": st.binary(min_size=6, max_size=6).map(lambda b: b.hex(":")),
        "PREFIX": st.ip_addresses(v=4).map(lambda a: f"{a}/24"),
        "ADDRESS": st.ip_addresses(v=4).map(str),
        "PROTOCOL": st.sampled_from(["tcp", "udp", "47", "2"]),
        "PORT[-PORT]": st.sampled_from(["80", "8000-8080"]),
        "DURATION": st.sampled_from(["30s", "1h"]),
        "BYTES": st.binary(max_size=8).map(lambda b: f"hex:{b.hex()}"),
        "TYPE:NUMBER": st.sampled_from(["vxlan:100", "dot1q:10"]),
    }
    return fixed.get(form.metavar, words)


SETTABLE = [
    (kind, leaf)
    for kind in KINDS.values()
    for leaf in leaves(kind.descriptor)
    if leaf.form and not leaf.is_switch and not is_secret(leaf.field)
]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flag_sets_its_field_and_nothing_else(data: st.DataObject) -> None:
    kind, leaf = data.draw(st.sampled_from(SETTABLE))
    text = data.draw(texts_of(leaf))
    ipv6 = leaf.field.full_name.endswith(("v6_prefix", "ipv6_virtual_router_ip"))
    if ipv6 or (leaf.form and leaf.form.metavar == "BYTES" and text == "hex:"):
        return
    message = parsed(kind, [f"--{flag_names_of(kind)[leaf]}", text])
    here = message
    for name in leaf.path[:-1]:
        assert [field.name for field, _ in here.ListFields()] == [name]
        here = getattr(here, name)
    value = getattr(here, leaf.path[-1])
    assert leaf.form is not None
    shown = [leaf.form.show(one) for one in (value if leaf.field.is_repeated else [value])]
    if is_reference(leaf.field):
        assert shown[0].endswith(text.rsplit("/", 1)[-1]) or shown == [text]
    else:
        assert shown == [leaf.form.show(leaf.form.parse(text))]


def test_lists_take_commas_and_repetition_alike() -> None:
    one = parsed(KINDS["BridgePort"], ["--bridges", "lb1a,lb2a"])
    other = parsed(KINDS["BridgePort"], ["--bridges", "lb1a", "--bridges", "lb2a"])
    assert one == other
    assert list(one.spec.logical_bridges) == ["logicalBridges/lb1a", "logicalBridges/lb2a"]


@pytest.mark.parametrize(
    "text",
    [
        "attrs.priority=7,attrs.action=allow,attrs.match.l3_match.proto_num=tcp",
        "{attrs: {priority: 7, action: allow, match: {l3_match: {proto_num: tcp}}}}",
        '{"attrs": {"priority": 7, "action": 1, "match": {"l3Match": {"protoNum": 6}}}}',
    ],
)
def test_messages_in_a_list_are_fields_or_yaml(text: str) -> None:
    rule, other = parsed(
        KINDS["SecurityPolicy"], ["--rules", text, "--rules", "rule_name=x"]
    ).spec.rules
    assert (rule.attrs.priority, rule.attrs.action) == (7, 1)
    assert rule.attrs.match.l3_match.proto_num == 6
    assert other.rule_name == "x"


def test_switches_know_yes_and_no() -> None:
    policy = KINDS["SecurityPolicy"]
    assert parsed(policy, ["--stateless"]).spec.stateless
    no = parsed(policy, ["--no-stateless"])
    assert not no.spec.stateless
    assert no.HasField("spec")


def test_the_branches_of_a_choice_exclude_each_other() -> None:
    with pytest.raises(CommandError, match="exclude each other"):
        parsed(KINDS["SecurityRule"], ["--protocol", "tcp", "--proto-wild-card", "any"])


# -- secrets


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "psk").write_text("s3cret\n")
    peer = parsed(KINDS["IkePeer"], ["--psk", f"@{tmp_path}/psk"])
    assert peer.peer_auth.psk == "s3cret"
    subsystem = parsed(KINDS["NvmeSubsystem"], ["--psk", f"@{tmp_path}/psk"])
    assert subsystem.spec.psk == b"s3cret"


def test_binary_keys_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\x00\n")
    volume = parsed(KINDS["EncryptedVolume"], ["--key", f"@{tmp_path}/key"])
    assert volume.key == b"\xff\x00\n"


@pytest.mark.parametrize("typed", ["s3cret\n", "text:s3cret\n", "hex:733363726574\n"])
def test_a_secret_comes_through_a_pipe(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert parsed(KINDS["NvmeSubsystem"], ["--psk", "-"]).spec.psk == b"s3cret"


@pytest.mark.parametrize("kind", ["IkePeer", "NvmeSubsystem"])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(kind: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        parsed(KINDS[kind], ["--psk", "hunter2"])
    assert "hunter2" not in caught.value.message


# -- methods


def test_a_request_with_one_field_takes_it_without_a_flag() -> None:
    area = AREAS["offload"]
    method = area_nouns(area)["session"].methods["get"]
    command = method_command(method, "get", area_resources(area))
    assert [one.metavar for one in command.params[:1]] == ["[SESSION_ID]"]


def test_a_field_of_the_request_wins_over_a_global_flag() -> None:
    area = AREAS["ipsec"]
    from opictl.areas import area_methods

    command = method_command(area_methods(area)["initiate"], "initiate", area_resources(area))
    (timeout,) = [one for one in command.params if "--timeout" in one.opts]
    assert timeout.name == "field_timeout"
