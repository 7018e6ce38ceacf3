"""The store: what survives, what it refuses to open, and what happens when the disk is full."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.api.migrations import APPLICATION_ID, MIGRATIONS, Migration, migrate
from dpu_sim.api.store import Abandon, Change, Intend, Put, Record, Remove, Store, StoreError
from tests.unit.dpu_sim.api.device import refused

FILE = "opid.db"


def on_store(folder: Path, work: Callable[[Store], Awaitable[Any]]) -> Any:
    """Open a store, do `work`, close it."""

    async def main() -> Any:
        async with Store(folder) as store:
            return await work(store)

    return asyncio.run(main())


def put(name: str, message: bytes = b"m", **fields: Any) -> Put:
    return Put("Kind", name, fields.pop("parent", ""), message, **fields)


async def nothing(_: Store) -> None:
    pass


def content(store: Store) -> dict[str, bytes]:
    return {one.name: one.message for one in store.everything()}


# -- what survives


def test_what_is_committed_is_there_at_once_and_after_a_restart(tmp_path: Path) -> None:
    async def write(store: Store) -> Record:
        await store.commit(put("a", requested=b"r", references=(("f", "b"),)))
        await store.commit(put("a", b"m2"))
        await store.commit(put("b"), put("c"), Remove("Kind", "c"))
        return found(store)

    def found(store: Store) -> Record:
        one = store.get("Kind", "a")
        assert one is not None
        assert (one.message, one.requested, one.revision) == (b"m2", b"r", 2)
        assert one.created <= one.updated
        assert content(store) == {"a": b"m2", "b": b"m"}
        assert store.references() == []  # the second Put has none
        return one

    async def read(store: Store) -> Record:
        return found(store)

    assert on_store(tmp_path, write) == on_store(tmp_path, read)


def test_its_secret_stays_the_same_and_is_its_own(tmp_path: Path) -> None:
    async def secret(store: Store) -> bytes:
        return store.secret

    first = on_store(tmp_path / "a", secret)
    assert len(first) == 32
    assert on_store(tmp_path / "a", secret) == first != on_store(tmp_path / "b", secret)


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    async def modes(_: Store) -> list[int]:
        folder = tmp_path / "state"
        return [path.stat().st_mode & 0o77 for path in (folder, *folder.iterdir())]

    assert set(on_store(tmp_path / "state", modes)) == {0}


def test_changes_of_one_commit_are_made_together_or_not_at_all(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        broken: Any = Put("Kind", "b", "", None)  # type: ignore[arg-type]
        with pytest.raises(sqlite3.IntegrityError):
            await store.commit(put("a"), broken)
        assert content(store) == {}
        results = await asyncio.gather(
            store.commit(put("c")),
            store.commit(put("d"), broken),
            store.commit(put("e")),
            return_exceptions=True,
        )
        assert [type(one) for one in results] == [type(None), sqlite3.IntegrityError, type(None)]
        assert content(store) == {"c": b"m", "e": b"m"}

    on_store(tmp_path, work)


def test_what_waits_while_the_disk_is_slow_shares_the_next_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, batches = threading.Event(), list[int]()

    async def work(store: Store) -> None:
        writer = store._writer
        write = writer._write

        def slow(batch: list[Any]) -> None:
            gate.wait(10)
            batches.append(len(batch))
            write(batch)

        monkeypatch.setattr(writer, "_write", slow)
        commits = [asyncio.ensure_future(store.commit(put(f"{n:04}"))) for n in range(600)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*commits)
        assert len(store.everything()) == sum(batches) == 600
        assert max(batches) <= 256
        assert len(batches) <= 5  # the first may have come alone

    on_store(tmp_path, work)


def test_a_caller_who_stops_waiting_stops_no_change_and_no_other_caller(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        gone = asyncio.ensure_future(store.commit(put("a")))
        await asyncio.sleep(0)
        gone.cancel()
        await store.commit(put("b"))
        assert content(store).keys() == {"a", "b"}

    on_store(tmp_path, work)


def test_only_intents_do_without_the_disk(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        def synchronous() -> int:
            return int(store._writer._db.execute("PRAGMA synchronous").fetchone()[0])

        full, normal = 2, 1
        for change, expected in (
            (Intend("Kind", "a", b"m"), normal),
            (put("a"), full),
            (Abandon("Kind", "a"), normal),
            (Remove("Kind", "a"), full),
        ):
            await store.commit(change)
            assert synchronous() == expected, change

    on_store(tmp_path, work)


@pytest.mark.parametrize("end", [put("a"), Remove("Kind", "a"), Abandon("Kind", "a")])
def test_an_intent_ends_with_the_change_that_it_announced(tmp_path: Path, end: Change) -> None:
    async def work(store: Store) -> None:
        await store.commit(Intend("Kind", "a", b"1"))
        await store.commit(Intend("Kind", "a", b"2"), Intend("Kind", "b", b"3"))
        assert store.intents() == [("Kind", "a"), ("Kind", "b")]
        assert store.intent("Kind", "a") == b"2"
        await store.commit(end)
        assert store.intents() == [("Kind", "b")]
        assert store.intent("Kind", "a") is None

    on_store(tmp_path, work)


# -- reading


def test_pages_children_dependants_and_kinds(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        for name in ("p/1", "p/2", "q/1"):
            await store.commit(put(name, parent=name[0], references=(("f", "t"), ("g", "t"))))
        await store.commit(Put("Other", "p/1", "p", b"", references=(("f", "p/1"),)))
        names = [one.name for one in store.page("Kind", None, "", 9)]
        assert names == ["p/1", "p/2", "q/1"]
        assert [one.name for one in store.page("Kind", "p", "p/1", 9)] == ["p/2"]
        assert [one.name for one in store.page("Kind", None, "", 2)] == ["p/1", "p/2"]
        assert store.kinds("p/1") == ["Kind", "Other"]
        assert store.children("p") == ["p/1", "p/1", "p/2"]
        assert store.dependants("T", "t") == ["p/1", "p/2", "q/1"]
        assert store.dependants("Other", "p/1") == []  # it does not stand in its own way
        assert store.dependants("Kind", "p/1") == ["p/1"]
        await store.commit(Remove("Kind", "p/1"))
        assert store.dependants("T", "t") == ["p/2", "q/1"]

    on_store(tmp_path, work)


names = st.text(alphabet="ab/-é~", min_size=1, max_size=4)
changes = st.lists(st.tuples(st.booleans(), names, st.binary(max_size=3)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(commits=st.lists(changes, max_size=4))
def test_it_holds_what_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, commits: list[list[tuple[bool, str, bytes]]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    model: dict[str, bytes] = {}

    async def write(store: Store) -> None:
        for one in commits:
            await store.commit(*(put(n, m) if keep else Remove("Kind", n) for keep, n, m in one))
            for keep, name, message in one:
                model.update({name: message}) if keep else model.pop(name, None)
            assert content(store) == model
            assert [r.name for r in store.page("Kind", None, "", 99)] == sorted(
                model, key=str.encode
            )

    async def read(store: Store) -> None:
        assert content(store) == model

    on_store(folder, write)
    on_store(folder, read)
    shutil.rmtree(folder)


# -- opening


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_a_store_of_every_earlier_version_is_brought_up_to_date(
    tmp_path: Path, version: int
) -> None:
    db = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    migrate(db, MIGRATIONS[:version])
    if version:
        row = ("Kind", "a", "", b"m", b"r", 1, 1.0, 2.0)
        columns = "kind, name, parent, message, requested, revision, created, updated"
        db.execute(f"INSERT INTO resources ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO settings VALUES ('secret', ?)", (b"s" * 32,))
    db.close()

    async def work(store: Store) -> None:
        if version:
            assert store.everything() == [Record("Kind", "a", "", b"m", b"r", 1, 1.0, 2.0)]
            assert store.secret == b"s" * 32
        await store.commit(put("b"), Intend("Kind", "c", b""))

    on_store(tmp_path, work)
    db = sqlite3.connect(tmp_path / FILE)
    assert db.execute("SELECT max(version) FROM migrations").fetchone() == (len(MIGRATIONS),)
    db.close()


RELEASED = (
    "ed44e0a6",
    "a9206a19",
)


def test_a_step_that_stores_have_gone_through_never_changes() -> None:
    """Another schema is another step: stores out there will not go through this one again."""
    digests = tuple(
        hashlib.sha256("".join("\0".join(step.statements).split()).encode()).hexdigest()[:8]
        for step in MIGRATIONS
    )
    assert digests[: len(RELEASED)] == RELEASED


def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    bad = Migration("bad", ("CREATE TABLE x (a)", "NONSENSE"))
    db = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, [*MIGRATIONS, bad])
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'x'").fetchone() == (0,)
    db.close()
    on_store(tmp_path, nothing)


def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        on_store(folder, nothing)
    return str(caught.value)


def test_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    on_store(tmp_path, nothing)
    db = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    newer = len(MIGRATIONS) + 1
    db.execute("INSERT INTO migrations VALUES (?, 'future', '')", (newer,))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    before = (tmp_path / FILE).read_bytes()
    assert refusal(tmp_path) == (
        f"{tmp_path / FILE} was written by a newer opid: its schema is version {newer}, this one "
        f"knows up to {newer - 1}; start the newer version, or give another --state-dir"
    )
    assert (tmp_path / FILE).read_bytes() == before


def test_the_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("CREATE TABLE bookmarks (url)")
    db.commit()
    db.close()
    before = (tmp_path / FILE).read_bytes()
    text = "is an SQLite file of another program; give another --state-dir"
    assert refusal(tmp_path) == f"{tmp_path / FILE} {text}"
    assert (tmp_path / FILE).read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {FILE, "opid.lock"}


@pytest.mark.parametrize("damage", ["text", "truncated", "holes"])
def test_a_damaged_file_is_refused_with_a_way_out(tmp_path: Path, damage: str) -> None:
    async def fill(store: Store) -> None:
        await store.commit(*(put(f"{n:04}", os.urandom(400)) for n in range(200)))

    on_store(tmp_path, fill)
    path = tmp_path / FILE
    data = bytearray(path.read_bytes())
    if damage == "text":
        data[:] = b"once upon a time " * 100
    elif damage == "truncated":
        del data[len(data) // 2 :]
    else:
        # The second half holds nothing but resources, which nobody reads on start.
        for start in range(len(data) // 8192 * 4096, len(data), 4096):
            data[start : start + 64] = bytes(64)
    path.write_bytes(data)
    text = refusal(tmp_path)
    assert text.startswith(f"{path} is damaged (")
    assert text.endswith("; restore it from a copy, or move it away to start with an empty store")
    assert path.read_bytes() == data


def test_a_second_process_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from dpu_sim.api.store import Store\n"
        "async def main():\n"
        "    Store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        text = f"is in use by process {other.pid}; stop that, or give another --state-dir"
        assert refusal(tmp_path) == f"{tmp_path / FILE} {text}"
        other.kill()
    on_store(tmp_path, nothing)  # whoever dies lets go


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    where = tmp_path / "file" / "state"
    assert refusal(where) == f"{where} cannot be used: Not a directory"


def test_it_is_marked_as_ours(tmp_path: Path) -> None:
    on_store(tmp_path, nothing)
    db = sqlite3.connect(tmp_path / FILE)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    db.close()


# -- a full disk (SQLite's own limit; with a real file system: test_opid_crash.py)


def test_on_a_full_disk_nothing_is_half_made_and_later_it_goes_on(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        db = store._writer._db
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 20}")
        kept = 0
        async with refused("RESOURCE_EXHAUSTED") as refusal:
            while True:
                await store.commit(put(f"a{kept}", os.urandom(3000)), put(f"b{kept}"))
                kept += 1
        assert "disk" in refusal.error.message
        assert kept > 2
        before = content(store)
        assert before.keys() == {f"{letter}{n}" for letter in "ab" for n in range(kept)}
        both = await asyncio.gather(
            store.commit(put("c", os.urandom(9000))), store.commit(put("d")), return_exceptions=True
        )
        assert isinstance(both[0], Exception)
        assert content(store).keys() - before.keys() <= {"d"}
        await store.commit(Remove("Kind", "a0"))
        await store.commit(put("e"))
        assert "e" in content(store)

    on_store(tmp_path, work)
