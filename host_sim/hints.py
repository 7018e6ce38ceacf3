"""What to do about an error of the command line, where the message alone does not tell."""

from __future__ import annotations

_HINTS = (
    (
        ":8009: Connection refused",
        "8009 is discovery's own port; a listener of a subsystem tells too: -s 4420, or its port",
    ),
    (
        "Connection refused",
        "nothing listens there: is the target up, with a listener at this address and port?",
    ),
    (
        "closed by the peer",
        "a listener for TLS does that to whoever comes without: --tls and --tls-key",
    ),
    ("No route to host", "is the machine up, and its link?"),
    ("Network is unreachable", "this host has no route to that address"),
    (": no answer in ", "is the machine up, and the way to it?"),
    ("is not allowed to connect", "the target decides who is; -q says who this host is"),
    ("no secret of this host is given", "-S has it, or a file that holds it: -S @FILE"),
    ("no such namespace", "`nvmesim list` shows what there is"),
    ("nothing is connected", "`nvmesim connect` does"),
    ("is not connected", "`nvmesim list-subsys` shows what is"),
    ("is not attached", "`nvmesim attached` shows what is"),
)


def hint_for(message: str) -> str:
    """The hint for a message of an error; "" where it says all."""
    return next((hint for part, hint in _HINTS if part in message), "")
