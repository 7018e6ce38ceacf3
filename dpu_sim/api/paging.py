"""Pages of lists (google.aip.dev/158).

A page token says behind which name the next page begins. It is signed with the store's secret
for one method and one parent, so that it stays good over restarts and while others create and
delete, and so that nobody can make one up.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

DEFAULT_SIZE = 50
MAX_SIZE = 250

_SIGNATURE = 16
"""Bytes of HMAC-SHA256 that a token carries."""


def page_size(asked: int) -> int:
    """How many resources a page has: 50 when not asked for, at most 250.

    Raises:
        ValueError: negative.
    """
    if asked < 0:
        raise ValueError("must not be negative")
    return min(asked, MAX_SIZE) or DEFAULT_SIZE


class PageTokens:
    """The tokens of one store."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, scope: str, last: str) -> str:
        """The token for the page behind the name `last` of the list `scope`."""
        return urlsafe_b64encode(self._sign(scope, last) + last.encode()).decode().rstrip("=")

    def last(self, scope: str, token: str) -> str:
        """The name behind which the page begins; "" for no token, which is the first page.

        Raises:
            ValueError: not a token that we gave for this list.
        """
        if not token:
            return ""
        problem = "must be the next_page_token of an earlier page of the same list"
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
            name = raw[_SIGNATURE:].decode()
        except ValueError:
            raise ValueError(problem) from None
        if not hmac.compare_digest(raw[:_SIGNATURE], self._sign(scope, name)):
            raise ValueError(problem)
        return name

    def _sign(self, scope: str, last: str) -> bytes:
        text = f"{scope}\0{last}".encode()
        return hmac.digest(self._secret, text, "sha256")[:_SIGNATURE]
