"""What must be true of the files, each told by the bytes alone: nothing of the program reads them here."""

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.crash import bill
from tests.crash.service import said
from tests.crash.sheet import BLOCKED, FAULTY, ROWS, Sheet, on_disk, own_words, saved_by_user
from tests.crash.user import ABOVE, DRAFT, HISTORY

FOLDER = Path("dset_generator")
ONE: Mapping[str, str] = {BLOCKED: "BLOCKED"}
BOTH: Mapping[str, str] = {BLOCKED: "BLOCKED", FAULTY: "ERROR"}
_FILES = frozenset("output.json output.csv output.txt rejected.json runs.json run.log .state.json".split())
_TORN = frozenset({"output.json.torn", "rejected.json.torn"})
_NOTE = {".progress.json"}  # never synced: a power cut may take it
_GUARDED = re.compile("''*[=+\\-@\t\r＝＋－＠]")
_SAVED = re.compile(r"saved row \d+ (\S+)\Z")
_RULE = "-" * 50


class BreachError(Exception):
    """A promise that was not kept."""


def must(true: bool, what: str) -> None:
    """Raise unless it is true."""
    if not true:
        raise BreachError(what)


def snapshot() -> dict[str, tuple[int, bytes]]:
    """Every file here and in the temporary folder: its time and its bytes."""
    found = {}
    for folder in (Path(), ABOVE / "tmp"):
        for path in sorted(folder.rglob("*")):
            status = path.stat()
            found[str(path)] = (status.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
    return found


def saved_lines(*paths: Path) -> list[str]:
    """What the program said it had saved."""
    lines = [line for path in paths if path.exists() for line in path.read_text().split("\n")]
    return [line for line in lines if _SAVED.match(line)]


def _ids(lines: Sequence[str]) -> list[str]:
    return [match[1] for line in lines if (match := _SAVED.match(line))]


def _journal(*, whole: bool = True) -> list[dict[str, Any]]:
    path = FOLDER / "output.json"
    records = []
    *lines, last = path.read_bytes().split(b"\n") if path.exists() else [b""]
    must(not (whole and last), "output.json ends in half a line")
    for line in [*lines, last]:
        try:
            records += [json.loads(line)] if line else []
        except ValueError:
            must(not whole, f"output.json holds {line[:60]!r}")
    return records


def check_saved(said_lines: Sequence[str]) -> None:
    """Each answer that was said to be saved stands in the journal."""
    there = {record["metadata"]["id"] for record in _journal(whole=False)}
    lost = [one for one in _ids(said_lines) if one not in there]
    must(not lost, f"said to be saved and lost: {lost}")


def _user_sheet() -> tuple[Sheet, dict[str, str]]:
    sheets = saved_by_user(HISTORY, ABOVE)
    found = on_disk(Path("q.csv").read_bytes(), sheets[-1:])
    if found is None:
        raise BreachError("q.csv is not what the user saved last, status cells aside")
    return found


def _wanted() -> Counter[str]:
    """How many answers each text wants."""
    sheet, _ = _user_sheet()
    mended = "CRASH_MENDED" in os.environ
    passed_over = {BLOCKED, "blank"} | (set() if mended else {FAULTY})
    return Counter(ROWS[name].text for name in sheet.names if name not in passed_over)


def check_journal() -> list[dict[str, Any]]:
    """Every question stands in the journal as often as in q.csv, each time with an answer of its own."""
    records, wanted, sheet = _journal(), _wanted(), _user_sheet()[0]
    found = Counter(record["metadata"]["question"] for record in records)
    edited = ROWS["old"].text
    if "old" not in sheet.names and found[edited] == 1:
        del found[edited]  # asked before it was edited
    must(found == wanted, f"output.json has {dict(found - wanted)} too many, {dict(wanted - found)} too few")
    ids = [record["metadata"]["id"] for record in records]
    must(len(set(ids)) == len(ids), "an id stands twice in output.json")
    answers = [record["response"]["answer"] for record in records]
    must(len(set(answers)) == len(answers), "an answer stands twice in output.json")
    for record in records:
        question, answer = record["metadata"]["question"], record["response"]["answer"]
        must(answer.startswith(said(question) + " #"), f"{question!r} has the answer {answer[:60]!r}")
    return records


def check_all(bookmarks: Mapping[str, str]) -> None:
    """The three files agree, and q.csv has these bookmarks and no others."""
    records = check_journal()
    _check_csv(records)
    _check_txt(records)
    sheet, statuses = _user_sheet()
    wanted = {**own_words(sheet.names), **bookmarks}
    wrong = {name: word for name, word in statuses.items() if name and word != wanted[name]}
    must(not wrong, f"status cells of q.csv: {wrong}")
    for name in ("rejected.json", "runs.json"):
        for line in (FOLDER / name).read_bytes().split(b"\n"):
            must(not line or _is_json(line) or name == "runs.json", f"{name} holds {line[:60]!r}")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _stored(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(one) < 0xE000 else one for one in text.replace("\0", "\u2400"))


def _check_csv(records: Sequence[dict[str, Any]]) -> None:
    text = (FOLDER / "output.csv").read_bytes().decode("utf-8-sig")
    heading, *rows = csv.reader(io.StringIO(text, newline=""))
    must(heading[:4] == ["timestamp", "question", "thoughts", "final_answer"], "the heading of output.csv")
    plain = [[cell[1:] if _GUARDED.match(cell) else cell for cell in row[:6]] for row in rows]
    wanted = [
        [
            _stored(str(cell))
            for cell in (
                record["metadata"]["timestamp"],
                record["metadata"]["question"],
                record["response"]["reasoning"] or "",
                record["response"]["answer"],
                record["metadata"]["row"],
                record["metadata"]["id"],
            )
        ]
        for record in records
    ]
    must(plain == wanted, "output.csv is not what output.json says")
    must({len(row) for row in rows} == {len(heading)}, "a row of output.csv has too few cells or too many")


def _check_txt(records: Sequence[dict[str, Any]]) -> None:
    blocks = []
    for record in records:
        thought = record["response"]["reasoning"]
        blocks.append(
            f"Timestamp: {record['metadata']['timestamp']}\nQuestion: {record['metadata']['question']}\n"
            + (f"Thought Process: {thought}\n" if thought else "")
            + f"Final Answer: {record['response']['answer']}\n{_RULE}\n\n"
        )
    wanted = _stored("".join(blocks)).encode()
    must((FOLDER / "output.txt").read_bytes() == wanted, "output.txt is not what output.json says")


def check_bill(before: Sequence[bill.Item], said_lines: Sequence[str], in_flight: int) -> None:
    """Nothing that was saved was bought again; nothing was bought twice but what was on its way at a crash.

    `before`: what was on the bill at the crash; `said_lines`: all that was ever said to be saved.
    """
    items = bill.read(HISTORY, ABOVE)
    texts = {record["metadata"]["id"]: record["metadata"]["question"] for record in _journal()}
    bought, wanted = bill.counted(items, bill.OK), _wanted() | Counter({ROWS["old"].text: 1})
    saved = Counter(texts[one] for one in set(_ids(said_lines)))
    must(bought >= saved, f"saved and never bought: {dict(saved - bought)}")
    refused = bill.counted(items, bill.REFUSAL)
    twice = (bought - wanted) + (refused - Counter(refused.keys()))
    must(twice.total() <= in_flight, f"bought twice: {dict(twice)}; {in_flight} were on their way")
    must(bill.counted(items, bill.OUTAGE).total() <= 1, "an outage that the service did not have")
    at_crash = saved_lines(HISTORY / ".oracle", ABOVE / ".oracle")
    kept = Counter(texts[one] for one in _ids(at_crash))
    again = bill.counted(items[len(before) :], bill.OK) - (wanted - kept)
    must(not again, f"saved, and sent again: {dict(again)}")


def check_litter() -> None:
    """Nothing lies about that was not there before or is part of the dataset."""
    here = {path.name for path in Path().iterdir()} - {HISTORY.name, DRAFT.name}
    copies = {name for name in here if re.fullmatch(r"q\.csv\.bak\d*", name)}
    if "CRASH_USER" in os.environ:  # the user saves at the very moment: a copy of that may be kept
        here -= copies
        for name in copies:
            known = on_disk(Path(name).read_bytes(), saved_by_user(HISTORY, ABOVE))
            must(known is not None, f"{name} is nothing that the user saved")
    must(here == {"q.csv", FOLDER.name}, f"left lying about: {sorted(here - {'q.csv', FOLDER.name})}")
    there = {path.name for path in FOLDER.iterdir()} - _TORN - _NOTE
    if "CRASH_RC" not in os.environ:  # a power cut may leave a view with holes, which is set aside
        there = {name for name in there if not re.fullmatch(r"output\.(csv|txt)\.bak\d+", name)}
    must(there == _FILES, f"the output folder: {sorted(there ^ _FILES)}")
    left = sorted(path.name for path in (ABOVE / "tmp").iterdir())
    must(not left, f"left in the temporary folder: {left}")
