"""Who a client is by its certificate: over HTTP the same as over gRPC."""

from __future__ import annotations

from dpu_sim.api.call import Identity
from dpu_sim.api.tls import peer_identity


def test_names_that_say_nothing_of_a_caller_are_left_out() -> None:
    """As ssl.SSLObject.getpeercert gives them: a directory name is no text."""
    directory = ("DirName", ((("commonName", "admin"),),))
    alternatives = (directory, ("Registered ID", "1.2.3"), ("DNS", "monitor.example.com"))
    identity = peer_identity({"subject": (), "subjectAltName": alternatives})
    assert identity == Identity("", ("monitor.example.com",))
    assert str(identity) == "monitor.example.com"
    nameless = peer_identity({"subject": (), "subjectAltName": (directory,)})
    assert nameless is not None
    assert (nameless.names, str(nameless)) == ((), "(a certificate without names)")


def test_addresses_are_spelled_as_grpc_spells_them() -> None:
    alternatives = (("IP Address", "0:0:0:0:0:0:0:1"), ("IP Address", "127.0.0.1"))
    identity = peer_identity({"subject": (), "subjectAltName": alternatives})
    assert identity == Identity("", ("::1", "127.0.0.1"))


def test_the_common_name_comes_first() -> None:
    subject = ((("countryName", "CH"),), (("commonName", "alice"),))
    identity = peer_identity({"subject": subject, "subjectAltName": (("URI", "spiffe://lab/a"),)})
    assert identity is not None
    assert identity.names == ("alice", "spiffe://lab/a")


def test_without_a_certificate_nobody_is_known() -> None:
    assert peer_identity(None) is None
    assert peer_identity({}) is None
