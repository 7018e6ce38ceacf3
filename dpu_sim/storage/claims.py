"""Places on the target that resources have taken, or are just taking.

The store tells of them too, but only once a change is committed. Until then another resource that
wants the same place would take what it finds there for what an interrupted creation left.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from dpu_sim.api.errors import failed_precondition

P = TypeVar("P", bound=Hashable)


class Claims(Generic[P]):
    """Names of resources by the places that they have."""

    def __init__(self) -> None:
        self._owners: dict[P, str] = {}

    def places(self) -> list[P]:
        """All that are taken."""
        return list(self._owners)

    def other(self, place: P, name: str) -> str:
        """The other resource that has a place; '' for none."""
        owner = self._owners.get(place, "")
        return "" if owner == name else owner

    @contextmanager
    def taking(self, place: P, name: str, what: str) -> Iterator[None]:
        """A place is this resource's from here on, unless what is done within fails.

        Args:
            what: the place in words, for the error.

        Raises:
            ApiError: FAILED_PRECONDITION, it is another's.
        """
        if other := self.other(place, name):
            raise failed_precondition(f"{what} is {other}'s", [other], "IN_USE", "has it")
        had = place in self._owners
        self._owners[place] = name
        try:
            yield
        except BaseException:
            if not had:
                self._owners.pop(place, None)
            raise

    def leave(self, place: P, name: str) -> None:
        """A place is this resource's no more."""
        if self._owners.get(place) == name:
            del self._owners[place]
