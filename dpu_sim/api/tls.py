"""TLS for both edges: certificates that may be replaced while we run, and who our clients are."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc

from dpu_sim.api.call import Identity
from dpu_sim.errors import ConfigError
from dpu_sim.file_watch import WatchedFiles

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: our certificate chain and key, and who signs our clients' certificates."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        authorities = (self.client_ca,) if self.client_ca else ()
        return (self.certificate, self.key, *authorities)


@dataclass(frozen=True, slots=True)
class _Material:
    """The same certificates in the forms that gRPC and the standard library want."""

    grpc: grpc.ServerCertificateConfiguration
    context: ssl.SSLContext


class Tls:
    """Server certificates, read anew for the next connection when their files have changed.

    Versions before TLS 1.2 are refused (RFC 8996). With a client CA, so is every client without a
    certificate of it.
    """

    def __init__(self, files: TlsFiles) -> None:
        """Read the files. Raises ConfigError: names the file and the reason."""
        self.mutual = files.client_ca is not None
        self._watched = WatchedFiles(files.paths, lambda: _load(files), _complain)
        self._in_grpc = self._watched.current()

    def grpc_credentials(self) -> grpc.ServerCredentials:
        """Credentials for a gRPC server's port."""
        changed: Any = self._changed  # the stubs do not know that it may return None
        return grpc.dynamic_ssl_server_credentials(
            self._in_grpc.grpc, changed, require_client_authentication=self.mutual
        )

    def ssl_context(self) -> ssl.SSLContext:
        """A context for a server of the standard library."""
        context = self._watched.current().context
        # Called in every handshake, with or without a server name (SSL_CTX_set_tlsext_servername_
        # callback); certificate, key and CA are then those of the context that it puts in place.
        context.sni_callback = self._replace
        return context

    def reload(self) -> None:
        """Read the files now, whether they look changed or not; the next connection sees it."""
        self._watched.reload()

    def _changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What gRPC asks before a handshake: new certificates, or None to keep the old."""
        current = self._watched.current()
        if current is self._in_grpc:
            return None
        self._in_grpc = current
        return current.grpc

    def _replace(self, connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        connection.context = self._watched.current().context


def peer_identity(certificate: Mapping[str, Any] | None) -> Identity | None:
    """The identity in a client certificate, as `ssl.SSLObject.getpeercert` gives it."""
    if not certificate:
        return None
    subject = (pair for part in certificate.get("subject", ()) for pair in part)
    common_name = next((value for key, value in subject if key == "commonName"), "")
    alternatives = certificate.get("subjectAltName", ())
    named = tuple(_NAMES[kind](value) for kind, value in alternatives if kind in _NAMES)
    return Identity(common_name, named)


def _address(text: str) -> str:
    """An address as gRPC spells it: OpenSSL writes IPv6 in full."""
    return str(ip_address(text.strip()))


_NAMES: Mapping[str, Callable[[str], str]] = {
    "DNS": str,
    "URI": str,
    "email": str,
    "IP Address": _address,
}
"""Kinds of alternative names that tell who somebody is, those that gRPC passes on."""


def _complain(error: ConfigError) -> None:
    _log.error("the certificates stay as they were: %s", error)


def _load(files: TlsFiles) -> _Material:
    certificate, key = _read(files.certificate), _read(files.key)
    authorities = _read(files.client_ca) if files.client_ca else None
    configuration = grpc.ssl_server_certificate_configuration(
        [(key, certificate)], root_certificates=authorities
    )
    return _Material(configuration, _context(files))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A resumed session would outlive the client's certificate and CA.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    _load_pair(context, files)
    if files.client_ca is not None:
        _load_authorities(context, files.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _load_pair(context: ssl.SSLContext, files: TlsFiles) -> None:
    # Checked alone first: of a pair, OpenSSL does not say which file is at fault.
    _load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), files.certificate)
    try:
        # A key with a password would make OpenSSL ask for it on the terminal.
        context.load_cert_chain(files.certificate, files.key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise ConfigError(f"{files.key}: is not the key of {files.certificate}") from None
        text = "is not a private key in PEM form without a password"
        raise ConfigError(f"{files.key}: {text}") from None


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except (ssl.SSLError, OSError):
        raise ConfigError(f"{path}: holds no certificate in PEM form") from None
