"""Where the resources of a DPU are kept: one SQLite file in the state directory.

Reads are direct: a few microseconds of the event loop. Writes go through a thread of their own,
which puts whatever has gathered into one transaction and waits for the disk (WAL,
synchronous=FULL): a change that is reported done survives SIGKILL and loss of power.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, Self

from dpu_sim.api.errors import resource_exhausted, unavailable
from dpu_sim.api.locks import Locks
from dpu_sim.api.migrations import StoreError, migrate, transaction

__all__ = ["Abandon", "Change", "Intend", "Put", "Record", "Remove", "Store", "StoreError"]

FILE_NAME = "opid.db"
LOCK_NAME = "opid.lock"

_BATCH = 256
"""At most so many changes share a transaction."""

_COLUMNS = "kind, name, parent, message, requested, revision, created, updated"

_log = logging.getLogger(__name__)


class Record(NamedTuple):
    """A stored resource.

    Attributes:
        kind: short name of its message, such as "NvmeSubsystem".
        name: as servers return it.
        parent: name of its parent, "" for a top-level resource.
        message: the resource, serialized.
        requested: the body of the Create request, serialized.
        revision: 1 when created, one more with each update.
        created: Unix time in seconds.
        updated: Unix time in seconds.
    """

    kind: str
    name: str
    parent: str
    message: bytes
    requested: bytes
    revision: int
    created: float
    updated: float


@dataclass(frozen=True, slots=True)
class Put:
    """Create or replace a resource.

    Attributes:
        kind, name, parent, message: see `Record`.
        requested: see `Record`; None keeps what is there.
        references: (field path, name of the resource that it refers to), for delete protection.
    """

    kind: str
    name: str
    parent: str
    message: bytes
    requested: bytes | None = None
    references: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Remove:
    """Forget a resource."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Intend:
    """Remember that the device is about to get `message`; the Put or Remove of the name ends it."""

    kind: str
    name: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Abandon:
    """Forget an Intend: the device has not got it, or has it no more."""

    kind: str
    name: str


Change = Put | Remove | Intend | Abandon


class Store:
    """The resources of one DPU, for one process and one event loop.

    Attributes:
        locks: locks on the names in it.
        secret: 32 random bytes that belong to it for good, for signatures.
    """

    def __init__(self, directory: Path) -> None:
        """Open the store in `directory`; create both when missing, migrate the schema.

        Raises:
            StoreError: another process uses it, it is damaged, of a newer version, unreadable.
        """
        self.locks = Locks()
        self._path = directory / FILE_NAME
        with _explained(self._path):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _take(directory / LOCK_NAME)
        try:
            with _explained(self._path):
                writing, self._db = self._open()
        except BaseException:
            os.close(self._lock)
            raise
        self._writer = _Writer(writing)

    def _open(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        """Connections to write and to read with, both to a sound store of our schema."""
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        writing = _connect(self._path)
        try:
            _check(writing)
            migrate(writing)
            _tune(writing)  # only now: it changes the file
            self.secret = _secret(writing)
            return writing, _tune(_connect(self._path))
        except BaseException:
            writing.close()
            raise

    async def close(self) -> None:
        """Let running changes end, then release the file."""
        await self.locks.drain()
        await asyncio.to_thread(self._writer.close)
        self._db.close()
        os.close(self._lock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- reading: what is committed ------------------------------------------------------------

    def get(self, kind: str, name: str) -> Record | None:
        """The resource of this kind and name."""
        query = f"SELECT {_COLUMNS} FROM resources WHERE kind = ? AND name = ?"  # noqa: S608 (constants)
        row = self._db.execute(query, (kind, name)).fetchone()
        return Record._make(row) if row else None

    def message(self, kind: str, name: str) -> bytes | None:
        """The message of this resource alone."""
        query = "SELECT message FROM resources WHERE kind = ? AND name = ?"
        row = self._db.execute(query, (kind, name)).fetchone()
        return row[0] if row else None

    def page(self, kind: str, parent: str | None, after: str, limit: int) -> list[Record]:
        """Resources of a kind by name: at most `limit` behind the name `after` ("" for all).

        Args:
            parent: of this parent only; None for those of every parent.
        """
        of_parent = "" if parent is None else "parent = ? AND "
        query = (
            f"SELECT {_COLUMNS} FROM resources "  # noqa: S608 (constants)
            f"WHERE {of_parent}kind = ? AND name > ? ORDER BY name LIMIT ?"
        )
        values = (kind, after, limit) if parent is None else (parent, kind, after, limit)
        return [Record._make(row) for row in self._db.execute(query, values)]

    def kinds(self, name: str) -> list[str]:
        """The kinds of the resources that have this name; several kinds share a collection."""
        query = "SELECT kind FROM resources WHERE name = ? ORDER BY kind"
        return [kind for (kind,) in self._db.execute(query, (name,))]

    def children(self, name: str) -> list[str]:
        """The names of the resources directly below this one."""
        query = "SELECT name FROM resources WHERE parent = ? ORDER BY name"
        return [child for (child,) in self._db.execute(query, (name,))]

    def dependants(self, kind: str, name: str) -> list[str]:
        """The names of the other resources that refer to this one."""
        query = (
            "SELECT DISTINCT owner.name FROM refs JOIN resources owner ON owner.id = refs.owner "
            "WHERE target = ? AND NOT (owner.kind = ? AND owner.name = ?) ORDER BY owner.name"
        )
        return [owner for (owner,) in self._db.execute(query, (name, kind, name))]

    def references(self) -> list[tuple[str, str]]:
        """All (name of a resource, name that it refers to)."""
        query = "SELECT owner.name, target FROM refs JOIN resources owner ON owner.id = refs.owner"
        return list(self._db.execute(query))

    def everything(self) -> list[Record]:
        """All resources in the order of their creation."""
        query = f"SELECT {_COLUMNS} FROM resources ORDER BY id"  # noqa: S608 (constants)
        return [Record._make(row) for row in self._db.execute(query)]

    def intent(self, kind: str, name: str) -> bytes | None:
        """The message of the Intend for this resource that nothing has ended."""
        query = "SELECT message FROM intents WHERE kind = ? AND name = ?"
        row = self._db.execute(query, (kind, name)).fetchone()
        return bytes(row[0]) if row else None

    def intents(self) -> list[tuple[str, str]]:
        """(kind, name) of every Intend that nothing has ended."""
        return list(self._db.execute("SELECT kind, name FROM intents ORDER BY kind, name"))

    # -- writing -------------------------------------------------------------------------------

    async def commit(self, *changes: Change) -> None:
        """Make changes, all or none; they are durable when this returns.

        Intend and Abandon alone outlive the process but not a loss of power, which takes away what
        the device has, too: they need not wait for the disk.

        Raises:
            ApiError: RESOURCE_EXHAUSTED when the disk is full, UNAVAILABLE when it fails.
        """
        await self._writer.commit(changes)


class _Writer:
    """The thread that writes. Changes that wait while it writes share the next transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    async def commit(self, changes: Sequence[Change]) -> None:
        loop = asyncio.get_running_loop()
        job = _Job(tuple(changes), loop, loop.create_future())
        self._queue.put(job)
        await job.future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._db.close()

    def _run(self) -> None:
        while job := self._queue.get():
            batch = [job]
            while len(batch) < _BATCH and not self._queue.empty():
                if (following := self._queue.get()) is None:
                    self._queue.put(None)
                    break
                batch.append(following)
            self._write(batch)

    def _write(self, batch: list[_Job]) -> None:
        try:
            durable = any(job.durable for job in batch)
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            with transaction(self._db):
                for job in batch:
                    self._apply(job)
        except Exception as error:  # noqa: BLE001 (whoever waits for the job gets to know)
            for job in batch:
                job.error = job.error or error
        for job in batch:
            job.report()

    def _apply(self, job: _Job) -> None:
        """Make one job's changes within the transaction; an error of its own undoes them alone."""
        self._db.execute("SAVEPOINT job")
        try:
            for change in job.changes:
                _apply(self._db, change)
        except sqlite3.IntegrityError as error:
            self._db.execute("ROLLBACK TO job")
            job.error = error
        self._db.execute("RELEASE job")


class _Job:
    """Changes that somebody waits for."""

    __slots__ = ("changes", "error", "future", "loop")

    def __init__(
        self,
        changes: tuple[Change, ...],
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[None],
    ) -> None:
        self.changes = changes
        self.loop = loop
        self.future = future
        self.error: Exception | None = None

    @property
    def durable(self) -> bool:
        """Whether somebody is told that it is done, so that it has to outlive a loss of power."""
        return any(isinstance(change, Put | Remove) for change in self.changes)

    def report(self) -> None:
        self.loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        if self.future.done():  # cancelled
            return
        if self.error is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(_refusal(self.error))


def _put(db: sqlite3.Connection, put: Put) -> None:
    now = time.time()
    values = (put.kind, put.name, put.parent, put.message, put.requested or b"", now, now)
    update = ", requested = excluded.requested" if put.requested is not None else ""
    _abandon(db, put)
    row = db.execute(
        f"INSERT INTO resources ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, 1, ?, ?) "  # noqa: S608 (constants)
        "ON CONFLICT (kind, name) DO UPDATE SET message = excluded.message, "
        f"revision = revision + 1, updated = excluded.updated{update} RETURNING id",
        values,
    ).fetchone()
    db.execute("DELETE FROM refs WHERE owner = ?", row)
    db.executemany("INSERT INTO refs VALUES (?, ?, ?)", [row + one for one in put.references])


def _remove(db: sqlite3.Connection, remove: Remove) -> None:
    _abandon(db, remove)
    db.execute("DELETE FROM resources WHERE kind = ? AND name = ?", (remove.kind, remove.name))


def _intend(db: sqlite3.Connection, intend: Intend) -> None:
    values = (intend.kind, intend.name, intend.message)
    db.execute("INSERT OR REPLACE INTO intents VALUES (?, ?, ?)", values)


def _abandon(db: sqlite3.Connection, change: Change) -> None:
    db.execute("DELETE FROM intents WHERE kind = ? AND name = ?", (change.kind, change.name))


def _apply(db: sqlite3.Connection, change: Change) -> None:
    match change:
        case Put():
            _put(db, change)
        case Remove():
            _remove(db, change)
        case Intend():
            _intend(db, change)
        case Abandon():
            _abandon(db, change)


def _refusal(error: Exception) -> Exception:
    """What the caller is told of a failed write; defects stay as they are."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL:
        return resource_exhausted("the disk that keeps the DPU's state is full", "state-dir")
    if isinstance(error, sqlite3.OperationalError):
        _log.error("the store cannot be written: %s", error)
        return unavailable("the DPU's state cannot be written; nothing was changed")
    return error


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def _tune(db: sqlite3.Connection) -> sqlite3.Connection:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    return db


def _check(db: sqlite3.Connection) -> None:
    """Raises StoreError when the file is damaged."""
    problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise StoreError(f"is damaged ({problem}){_WAY_OUT}")


def _secret(db: sqlite3.Connection) -> bytes:
    with transaction(db):
        new = secrets.token_bytes(32)
        db.execute("INSERT OR IGNORE INTO settings VALUES ('secret', ?)", (new,))
        row = db.execute("SELECT value FROM settings WHERE key = 'secret'").fetchone()
    return bytes(row[0])


def _take(path: Path) -> int:
    """Lock the state directory for this process; the file descriptor holds the lock."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode(errors="replace").strip()
        os.close(lock)
        raise StoreError(
            f"is in use by process {holder or 'unknown'}; stop that, or give another --state-dir"
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


_WAY_OUT = "; restore it from a copy, or move it away to start with an empty store"


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong on opening into a StoreError that names the file."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"{path} {error}") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"{error.filename or path} cannot be used: {reason}") from error
    except sqlite3.DatabaseError as error:
        damaged = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        text = f"is damaged ({error}){_WAY_OUT}" if damaged else f"cannot be used: {error}"
        raise StoreError(f"{path} {text}") from error
