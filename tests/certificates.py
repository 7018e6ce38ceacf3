"""Certificates for tests: an authority and what it signs, as PEM files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Pair(NamedTuple):
    """A certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """A certification authority; its certificate is the file `certificate`."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = _builder(name, self._key, self._name, days=1)
        signed = builder.add_extension(constraints, critical=True).sign(self._key, hashes.SHA256())
        self.certificate = _write(folder / f"{name.replace(' ', '-')}.pem", signed)

    def issue(self, name: str, *alternatives: str, days: int = 1, file: str = "") -> Pair:
        """Sign a certificate for a common name, on loopback or for others.

        Args:
            name: common name.
            alternatives: DNS names besides; 127.0.0.1 is always there.
            days: how long from now it is valid; negative for an expired one.
            file: stem of the files' names; `name` if empty.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.IPAddress(ip_address("127.0.0.1"))]
        names += [x509.DNSName(alternative) for alternative in alternatives]
        builder = _builder(name, key, self._name, days)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        stem = file or name
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = Pair(_write(self._folder / f"{stem}.pem", certificate), self._folder / f"{stem}.key")
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pair


def credentials(authority: Authority, pair: Pair | None = None) -> grpc.ChannelCredentials:
    """What a client needs to trust the authority's servers, and to show its own certificate."""
    roots = authority.certificate.read_bytes()
    if pair is None:
        return grpc.ssl_channel_credentials(roots)
    return grpc.ssl_channel_credentials(roots, pair.key.read_bytes(), pair.certificate.read_bytes())


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * _DAY)
        .not_valid_after(now + days * _DAY)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _write(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path
