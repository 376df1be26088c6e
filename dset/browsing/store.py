"""The table of an index: SQLite in a temporary folder, one writer and any number of readers at a time (its WAL mode)."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dset.errors import StorageError

Matcher = Callable[[int], bool]
_TABLES = """
CREATE TABLE answers(
 n INTEGER PRIMARY KEY, shown INTEGER, status TEXT, label TEXT, model TEXT, length INTEGER, cost REAL, row INTEGER,
 seconds REAL, tokens INTEGER, at TEXT, id TEXT, picture INTEGER, outline INTEGER, offset INTEGER, size INTEGER,
 crc INTEGER
);
CREATE TABLE previews(n INTEGER PRIMARY KEY, question TEXT, answer TEXT, reason TEXT);
"""
NEWEST = "CREATE INDEX IF NOT EXISTS newest ON answers(shown, at)"
IDS = "CREATE INDEX IF NOT EXISTS ids ON answers(id, shown)"


class Store:
    """The file. `writing` in one thread at a time; `reading` in any."""

    def __init__(self, path: Path) -> None:
        """`path`: a file that is not there yet. Raises StorageError."""
        self._path = path
        self._free: list[Reader] = []
        self._lock = threading.Lock()
        self._is_closed = False
        with told(path):
            self._writer = self._connect()
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA synchronous=OFF")  # it is made anew with each start of the program
            self._writer.executescript(_TABLES)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=60)
        connection.execute("PRAGMA cache_size=-16000")
        connection.execute("PRAGMA temp_store=FILE")
        return connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, taken back where the block fails. Raises StorageError."""
        with told(self._path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator["Reader"]:
        """What stands there at one moment, whatever is written meanwhile. Raises StorageError."""
        with told(self._path):
            with self._lock:
                if self._is_closed:
                    raise StorageError("the index is closed")
                reader = self._free.pop() if self._free else None
            reader = reader or Reader(self._connect())
            try:
                reader.begin()
                yield reader
            finally:
                self._give_back(reader)

    def _give_back(self, reader: "Reader") -> None:
        with contextlib.suppress(sqlite3.Error):
            reader.end()
        with self._lock:
            if not self._is_closed:
                self._free.append(reader)
                return
        reader.close()

    @property
    def path(self) -> Path:
        """Of the file, to be attached to another one."""
        return self._path

    def close(self) -> None:
        """Close the file; who reads just now ends first. A second call does nothing."""
        with self._lock:
            free, self._free, self._is_closed = self._free, [], True
        for reader in free:
            reader.close()
        self._writer.close()


class Reader:
    """A connection that reads, with the function `hit(n)` of SQL."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._matches: Matcher = bool
        connection.execute("PRAGMA query_only=1")
        connection.create_function("hit", 1, self._hit)

    def _hit(self, n: int) -> bool:
        return self._matches(n)

    def begin(self) -> None:
        """From here on everything is read as of one moment."""
        self._connection.execute("BEGIN")

    def end(self) -> None:
        """Nothing more is read of that moment."""
        self._matches = bool
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def match(self, matches: Matcher) -> None:
        """What `hit(n)` says until `end`."""
        self._matches = matches

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of an answer."""
        found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return found

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """What SQLite says of the file at `path`, as a StorageError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(
            f"{path}: {error}; the index is a temporary file: make room in its folder, then start anew"
        ) from None
