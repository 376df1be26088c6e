"""A q.csv that the program plans: made with its heading, then only ever extended. A person may open and edit it."""

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dset import files
from dset.errors import QuestionsError
from dset.questions import Sheet

_HALVES = re.compile("[\ud800-\udfff]")


def kind_of(folder: Path) -> str:
    """What plan.json in a folder is of: "captions", "task", or "" where there is none or it cannot be read."""
    path = folder / "plan.json"
    if not os.path.isfile(path):  # a pipe would be waited for without end
        return ""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    return "task" if "task" in document else str(document.get("kind") or "")


def create(path: Path, heading: Sequence[str]) -> None:
    """An empty q.csv with its heading, as a spreadsheet opens it right."""
    files.replace(path, [b"\xef\xbb\xbf", _lines([heading], ",").encode("utf-8")])


def extend(path: Path, heading: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Make the file where there is none, and add the rows that ask what no row of it asks. Raises QuestionsError."""
    files.make_folder(path.parent)
    if not path.exists():
        create(path, heading)
    with Sheet(path) as sheet:
        asked = (sheet.question(record, ()) for _, record in sheet.records())
        known = {(question.text, question.image) for question in asked}
    new = [row for row in rows if (row.get("question", ""), row.get("image", "")) not in known]
    if new:
        add(path, new, [name for name in heading if name in {"question", "image"}])


def unreadable(error: QuestionsError) -> QuestionsError:
    """The error with what helps here: nothing stands in the file that is not known from elsewhere."""
    what = re.sub(r"[,;] (or )?try --encoding \S+", "", str(error))  # a plain run's help
    return QuestionsError(f"{what}; or delete the file: it is made anew")


def add(path: Path, rows: Iterable[Mapping[str, str]], needed: Sequence[str] = ()) -> None:
    """Write further rows, {column: cell}, behind those that stand, in one step, as somebody may have saved the file since.

    Cells whose column somebody took out are left out, but for the `needed` ones: QuestionsError.
    """
    with Sheet(path) as sheet:
        columns, codec = sheet.columns, sheet.codec
        names = dict(columns.own) | {columns.question: "question", columns.image: "image"}
        names.pop(-1, None)
        if missing := [name for name in needed if name not in names.values()]:
            raise QuestionsError(
                f"{path}: its column {missing[0]} is gone; undo that, or delete the file: it is made anew"
            )
        cells = [[row.get(names.get(at, ""), "") for at in range(columns.width)] for row in rows]
        fresh = _lines(cells, columns.delimiter)
    old = path.read_bytes()
    end = "" if old.decode(codec, "ignore").endswith(("\n", "\r")) else "\r\n"
    files.replace(path, [old, (end + fresh).encode(codec)])


def _lines(rows: Iterable[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    # Half a character, as a file's name may hold, cannot be kept in any encoding.
    return _HALVES.sub("\ufffd", text.getvalue())
