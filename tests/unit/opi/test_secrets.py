"""Every field that looks like a secret is one, or there is a reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from opi.behavior import is_secret
from opi.catalog import catalog

SUSPICIOUS = re.compile(
    r"key|psk|pass(word|wd|phrase)|secret|token|private|priv|credential|cert|auth|pin$|md5|"
    r"digest|salt|nonce|seed|community"
)
"""Parts of names that secrets have."""

NOT_SECRET = {
    "page_token": "a place in a list",
    "next_page_token": "a place in a list",
    "auth_message_digest": "which digest, such as md5 (RFC 2328, section D)",
    "cert": "certificates are public",
    "cacert": "certificates are public",
    "cert_policy": "an object identifier that a certificate has (RFC 5280, section 4.2.1.4)",
    "pubkey": "public by definition",
    "raw_public_key": "public by definition",
    "hasprivkey": "whether there is one",
    "xauth": "the name of a method",
    "xauth_id": "a user's name",
    "remote_xauth_id": "a user's name",
    "reauth": "name of the connection to authenticate again",
    "rekey_time": "a time",
    "reauth_time": "a time",
    "encr_keysize": "bits of a key",
    "integ_keysize": "bits of a key",
}
"""Fields that hold text or bytes and look like secrets: why they are none, by name."""


def fields(message: Any) -> Iterator[Any]:
    yield from message.fields
    for nested in message.nested_types:
        if not nested.GetOptions().map_entry:
            yield from fields(nested)


def suspects() -> list[Any]:
    """Fields that can hold a secret, by what they are called. Groups of fields hold none alone."""
    every = (field for message in catalog().messages() for field in fields(message))
    texts = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}
    return [one for one in every if one.type in texts and SUSPICIOUS.search(one.name.lower())]


def test_whatever_looks_like_a_secret_is_one_or_has_a_reason_not_to_be() -> None:
    unexplained = {
        one.full_name for one in suspects() if not is_secret(one) and one.name not in NOT_SECRET
    }
    assert unexplained == set()


def test_no_secret_is_excused() -> None:
    assert not {one.full_name for one in suspects() if is_secret(one) and one.name in NOT_SECRET}


def test_no_excuse_is_left_over() -> None:
    every = {field.name for message in catalog().messages() for field in fields(message)}
    assert NOT_SECRET.keys() <= every
