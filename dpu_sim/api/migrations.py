"""The store's schema, as the ordered steps that lead to it.

A step that has been released never changes; a new schema is a new step at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dpu_sim.errors import ConfigError

APPLICATION_ID = 0x6F706964
"""Marks an SQLite file as ours ("opid" in ASCII; SQLite's PRAGMA application_id)."""


class StoreError(ConfigError):
    """The store cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Migration:
    """One step: what it is for, and its statements."""

    title: str
    statements: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        "resources, their references, settings",
        (
            # `id` keeps the order of creation. `requested` is the body of the Create request, to
            # tell whether a second one asks for the same.
            """
            CREATE TABLE resources (
                id INTEGER PRIMARY KEY,
                kind TEXT NOT NULL,
                name TEXT NOT NULL,
                parent TEXT NOT NULL,
                message BLOB NOT NULL,
                requested BLOB NOT NULL,
                revision INTEGER NOT NULL,
                created REAL NOT NULL,
                updated REAL NOT NULL,
                UNIQUE (kind, name)
            )
            """,
            "CREATE INDEX resources_by_parent ON resources (parent, kind, name)",
            "CREATE INDEX resources_by_name ON resources (name)",
            """
            CREATE TABLE refs (
                owner INTEGER NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
                field TEXT NOT NULL,
                target TEXT NOT NULL
            )
            """,
            "CREATE INDEX refs_by_owner ON refs (owner)",
            "CREATE INDEX refs_by_target ON refs (target)",
            "CREATE TABLE settings (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        ),
    ),
    Migration(
        "changes that have begun on the device",
        (
            """
            CREATE TABLE intents (
                kind TEXT NOT NULL,
                name TEXT NOT NULL,
                message BLOB NOT NULL,
                PRIMARY KEY (kind, name)
            ) WITHOUT ROWID
            """,
        ),
    ),
)


def migrate(db: sqlite3.Connection, steps: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a store to the schema of this version, each step in a transaction of its own.

    Raises:
        StoreError: the file is no store, or of a newer version.
        sqlite3.Error: it cannot be read or written.
    """
    _claim(db)
    done = db.execute("SELECT max(version) FROM migrations").fetchone()[0] or 0
    if done > len(steps):
        raise StoreError(
            f"was written by a newer opid: its schema is version {done}, this one knows up to "
            f"{len(steps)}; start the newer version, or give another --state-dir"
        )
    for version, step in enumerate(steps[done:], done + 1):
        with transaction(db):
            for statement in step.statements:
                db.execute(statement)
            db.execute("INSERT INTO migrations VALUES (?, ?, datetime())", (version, step.title))


def _claim(db: sqlite3.Connection) -> None:
    """Make an empty file ours. Raises StoreError when somebody else's data is in it."""
    if db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        return
    if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreError("is an SQLite file of another program; give another --state-dir")
    with transaction(db):
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(
            "CREATE TABLE migrations (version INTEGER PRIMARY KEY, title TEXT, applied TEXT)"
        )


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """What is done within becomes durable as a whole when the block ends, or not at all."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # some errors have ended it already
            db.execute("ROLLBACK")
        raise
