"""Pre-shared keys of TLS for NVMe/TCP: interchange format, identity, and derivation."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from nvmetcp.auth import ALGORITHMS, decode_checked, encode_checked, mac
from nvmetcp.auth_messages import HASH_SIZES, Hash
from nvmetcp.errors import LocalProtocolError

PREFIX = "NVMeTLSkey-1"
_SALT = b" NVMe-over-Fabrics"


def _extract(hash_id: int, key: bytes) -> bytes:
    return mac(hash_id, bytes(HASH_SIZES[Hash(hash_id)]), key)


def _expand_label(hash_id: int, key: bytes, label: str, context: str) -> bytes:
    size = HASH_SIZES[Hash(hash_id)]
    full, encoded = f"tls13 {label}".encode(), context.encode()
    if len(encoded) > 255:
        raise LocalProtocolError("the names are too long for the key's context")
    info = size.to_bytes(2, "big") + bytes((len(full),)) + full + bytes((len(encoded),)) + encoded
    return HKDFExpand(ALGORITHMS[hash_id](), size, info).derive(key)


@dataclass(frozen=True, slots=True, repr=False)
class ConfiguredPsk:
    """A key as it is configured; `hash` derives the retained key from it, 0 keeps it as it is."""

    key: bytes
    hash: int = Hash.SHA256

    @classmethod
    def parse(cls, text: str) -> ConfiguredPsk:
        """Read `NVMeTLSkey-1:0N:BASE64:`. Raises LocalProtocolError saying what is wrong."""
        parts = text.strip().split(":")
        if len(parts) != 4 or parts[0] != PREFIX or parts[3]:
            raise LocalProtocolError(f"PSK: not of the form {PREFIX}:0N:BASE64:")
        if parts[1] not in ("00", "01", "02"):
            raise LocalProtocolError(f"PSK: unknown hash {parts[1]!r}")
        key = decode_checked(parts[2], "PSK")
        if len(key) not in (32, 48):
            raise LocalProtocolError(f"PSK: {len(key)} bytes, not 32 or 48")
        return cls(key, int(parts[1]))

    def text(self) -> str:
        """Return the key in interchange format."""
        return f"{PREFIX}:{self.hash:02d}:{encode_checked(self.key)}:"

    @property
    def cipher(self) -> int:
        """The hash of the cipher suite that goes with the key's size."""
        return Hash.SHA256 if len(self.key) == 32 else Hash.SHA384

    def retained(self, hostnqn: str) -> bytes:
        """Return the key that `hostnqn` keeps."""
        if not self.hash:
            return self.key
        return _expand_label(self.hash, _extract(self.hash, self.key), "HostNQN", hostnqn)


@dataclass(frozen=True, slots=True, repr=False)
class TlsPsk:
    """What TLS is given: an identity and a key."""

    identity: str
    key: bytes


def digest(hash_id: int, key: bytes, hostnqn: str, subnqn: str) -> str:
    """Return the digest of a retained (or generated) key that identities of version 1 carry."""
    code = mac(hash_id, key, f"{hostnqn} {subnqn}".encode(), _SALT)
    return base64.b64encode(code).decode()


def generated(hash_id: int, session_key: bytes, challenge1: bytes, challenge2: bytes) -> bytes:
    """Return the key that a DH-HMAC-CHAP exchange leaves behind, for TLS."""
    return mac(hash_id, session_key, challenge1, challenge2)


def tls_key(hash_id: int, key: bytes, context: str) -> bytes:
    """Return the key for TLS from a retained or generated one."""
    return _expand_label(hash_id, _extract(hash_id, key), "nvme-tls-psk", context)


def derive(psk: ConfiguredPsk, hostnqn: str, subnqn: str, version: int = 1) -> TlsPsk:
    """Return identity and key of a configured key. `version` is 0 or 1, of the identity."""
    cipher = psk.cipher
    key = psk.retained(hostnqn)
    names = f"{hostnqn} {subnqn}"
    if version == 0:
        identity = context = f"NVMe0R{cipher:02d} {names}"
    elif version == 1:
        check = digest(cipher, key, hostnqn, subnqn)
        identity, context = f"NVMe1R{cipher:02d} {names} {check}", f"{cipher:02d} {check}"
    else:
        raise LocalProtocolError(f"PSK identity of version {version}")
    return TlsPsk(identity, tls_key(cipher, key, context))
