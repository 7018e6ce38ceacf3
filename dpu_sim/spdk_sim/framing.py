"""Requests on SPDK's JSON-RPC socket: JSON values one after the other, without any framing.

Sans-IO: bytes go in, values come out. A syntax error ends the connection without an answer, as
spdk_tgt does; so does a value that is larger than `LIMIT` or nested deeper than `DEPTH`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

LIMIT = 1 << 20
"""Largest request, in bytes; those of SPDK's own tools stay far below."""

DEPTH = 64
"""How deep arrays and objects may nest; SPDK's parser has the same limit."""

LONGEST_TOKEN = 4096
"""Of what is no string, in bytes."""

_TOKEN = re.compile(
    rb"""(?P<space>[ \t\r\n]+)
       | (?P<open>[\[{]) | (?P<close>[\]}]) | [,:]
       | -?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?=[ \t\r\n,:\[\]{}"])
       | true | false | null""",
    re.VERBOSE,
)
"""All but strings. A number is one only once something else follows: more digits might."""

_CHARACTERS = re.compile(rb'(?:[^"\\\x00-\x1f]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
"""What may be in a string."""

_ESCAPE_BEGUN = re.compile(rb"(?:\\(?:u[0-9a-fA-F]{0,3})?)?")
"""What may be at the end of what has arrived of a string."""

_QUOTE = ord('"')

_BEGUN = re.compile(
    rb"""(?:-?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]*)?)?
       | t(?:r(?:u)?)? | f(?:a(?:l(?:s)?)?)? | n(?:u(?:l)?)?)?""",
    re.VERBOSE,
)
"""A token, no string, of which more may come."""

_PAIRS = {b"]": b"[", b"}": b"{"}


class FramingError(Exception):
    """The peer sent what is no JSON, or too much of it."""


class Splitter:
    """Cuts a stream of bytes into JSON values."""

    def __init__(self) -> None:
        self._bytes = b""
        self._seen = 0
        self._string = 0
        """Up to where a string has been looked at that begins at `_seen`; 0 for none."""
        self._open: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Any]:
        """Take bytes; yield the values that are complete. Raises FramingError."""
        self._bytes += data
        while self._value_is_complete():
            value = _parse(self._bytes[: self._seen])
            self._bytes, self._seen = self._bytes[self._seen :], 0
            yield value
        if len(self._bytes) > LIMIT:
            raise FramingError(f"a request of more than {LIMIT} bytes")

    def _value_is_complete(self) -> bool:
        """Go on through the tokens up to the end of a value, or of what has arrived."""
        while self._seen < len(self._bytes):
            if self._bytes[self._seen] == _QUOTE:
                if not self._string_is_complete():
                    return False
                space = False
            elif token := _TOKEN.match(self._bytes, self._seen):
                self._seen = token.end()
                self._track(token)
                space = bool(token["space"])
            else:
                self._check_begun()
                return False
            if not self._open and not space:
                return True
        return False

    def _string_is_complete(self) -> bool:
        """Go on in a string from where we were: what was looked at once is not looked at again."""
        token = _CHARACTERS.match(self._bytes, self._string or self._seen + 1)
        assert token is not None  # it matches nothing, too
        self._string = token.end()
        if self._bytes[self._string : self._string + 1] == b'"':
            self._seen, self._string = self._string + 1, 0
            return True
        if not _ESCAPE_BEGUN.fullmatch(self._bytes, self._string):
            self._refuse(self._string)
        return False

    def _check_begun(self) -> None:
        """Raise FramingError unless a token has begun of which more may come."""
        long = len(self._bytes) - self._seen > LONGEST_TOKEN
        if long or not _BEGUN.fullmatch(self._bytes, self._seen):
            self._refuse(self._seen)

    def _refuse(self, where: int) -> NoReturn:
        raise FramingError(f"no JSON at {self._bytes[where : where + 20]!r}")

    def _track(self, token: re.Match[bytes]) -> None:
        if token["open"]:
            self._open.append(token["open"])
            if len(self._open) > DEPTH:
                raise FramingError(f"nested more than {DEPTH} deep")
        elif token["close"] and (not self._open or self._open.pop() != _PAIRS[token["close"]]):
            raise FramingError(f"{token['close'].decode()} closes nothing")


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FramingError(str(error)) from error


def _refuse(constant: str) -> NoReturn:
    raise FramingError(f"{constant} is no JSON")
