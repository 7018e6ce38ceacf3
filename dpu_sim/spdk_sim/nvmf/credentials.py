"""The keys of hosts: from their names in the keyring, or files, to what proves who they are."""

from __future__ import annotations

import logging

from dpu_sim.spdk_sim.nvmf.authentication import GROUPS, HASHES, Credentials
from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from dpu_sim.spdk_sim.nvmf.subsystem import Host
from dpu_sim.spdk_sim.nvmf.target import Target
from nvmetcp.auth import Secret
from nvmetcp.errors import LocalProtocolError
from nvmetcp.psk import ConfiguredPsk, derive
from nvmetcp.status import Status

_log = logging.getLogger("dpu_sim.spdk_sim.nvmf")


def credentials(target: Target, host: Host) -> Credentials | None:
    """What a host has to prove, None if nothing. Raises CommandError: its key cannot be had."""
    if host.dhchap_key is None:
        return None
    settings = target.settings
    hashes = tuple(one for one in HASHES if one.name.lower() in settings.dhchap_digests)
    groups = tuple(one for one in GROUPS if one.name.lower() in settings.dhchap_dhgroups)
    try:
        mine = host.dhchap_ctrlr_key
        controller = None if mine is None else Secret.parse(target.secret(mine))
        return Credentials(Secret.parse(target.secret(host.dhchap_key)), controller, hashes, groups)
    except (OSError, LocalProtocolError) as error:
        # Without its key a host must not get in.
        _log.error("no key of %s: %s", host.nqn, error)
        raise CommandError(Status.CONNECT_INVALID_HOST) from None


def tls_keys(target: Target) -> dict[str, bytes]:
    """The keys of all hosts that have one, by the identities that they may use with TLS."""
    found: dict[str, bytes] = {}
    for subsystem in target:
        for host in subsystem.hosts.values():
            if host.psk is None:
                continue
            try:
                psk = ConfiguredPsk.parse(target.secret(host.psk))
                for version in (0, 1):
                    key = derive(psk, host.nqn, subsystem.nqn, version)
                    found[key.identity] = key.key
            except (OSError, LocalProtocolError) as error:
                _log.error("no key of %s: %s", host.nqn, error)
    return found
