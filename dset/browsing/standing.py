"""Which lines of rejected.json still speak for their row: the last one about it, unless output.json has its answer."""

import sqlite3
from collections.abc import Iterable

from dset.browsing import store

Hidden = tuple[int, str, str, str]  # n, status, label, model
_REFUSALS = "SELECT n, status, label, model FROM answers WHERE id = ? AND shown = 1 AND n % 2 = 1 ORDER BY n"
_IS_ANSWERED = "SELECT 1 FROM answers WHERE id = ? AND n % 2 = 0 LIMIT 1"


def after_answers(connection: sqlite3.Connection, ids: Iterable[str]) -> list[Hidden]:
    """Hide the rejections of rows that have just been answered; those that are shown no longer."""
    found = [one for id_ in ids for one in connection.execute(_REFUSALS, (id_,)).fetchall()]
    return _hidden(connection, found)


def after_rejections(connection: sqlite3.Connection, ids: Iterable[str]) -> list[Hidden]:
    """Hide, of the rejections of these rows, all but the last one, and all where the row is answered."""
    connection.execute(store.IDS)
    hidden: list[Hidden] = []
    for id_ in dict.fromkeys(ids):
        found = connection.execute(_REFUSALS, (id_,)).fetchall()
        is_answered = connection.execute(_IS_ANSWERED, (id_,)).fetchone()
        hidden += found if is_answered else found[:-1]
    return _hidden(connection, hidden)


def _hidden(connection: sqlite3.Connection, found: list[Hidden]) -> list[Hidden]:
    connection.executemany("UPDATE answers SET shown = 0 WHERE n = ?", [(one[0],) for one in found])
    return found
