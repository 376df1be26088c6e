"""The service of a crash run: what it says to each row of the sheet, and what it notes before it says it."""

import os
import subprocess
import sys
from dataclasses import replace

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request
from tests.crash import bill, user
from tests.crash.sheet import BLOCKED, FAULTY, ROWS
from tests.crash.user import ABOVE, HISTORY

PREFIX = "answer this question: "  # of the program's own prompt
HARD = (
    '=1+1\r\n"x",\'y\'\n{"a": [1}\n\u2028\u0000\ud800 ----\rTimestamp: now\nFinal Answer: no\n'
    + "-" * 50
    + "\n\n"
)
_LATENCY = float(os.environ.get("CRASH_LATENCY", "0"))


def said(text: str) -> str:
    """How the answer to a question begins; its number on the bill follows."""
    return HARD if text == ROWS["hard"].text else f"The answer to: {text}"


def script(request: Request) -> Behaviour:
    """Note the question on the bill, let the user save q.csv where it is time for it, reply."""
    text = request.text.removeprefix(PREFIX).replace("\r\n", "\n")
    text = next((row.text for row in ROWS.values() if row.text.replace("\r\n", "\n") == text), text)
    before = bill.read(HISTORY, ABOVE)
    kind = _kind(text, before)
    bill.add(ABOVE, bill.Item(text, kind))
    if text == ROWS["twin"].text:
        _let_user("edit")
    return replace(_reply(text, kind, len(before)), delay=_LATENCY)


def _kind(text: str, before: list[bill.Item]) -> str:
    if text == ROWS[BLOCKED].text:
        return bill.REFUSAL
    if text == ROWS[FAULTY].text and not os.environ.get("CRASH_MENDED"):
        return bill.FAULT
    if text == ROWS["shaky"].text and not any(item.text == text for item in before):
        return bill.OUTAGE
    return bill.OK


def _reply(text: str, kind: str, number: int) -> Behaviour:
    if kind == bill.REFUSAL:
        return faults.content_exists_risk()
    if kind == bill.FAULT:
        return faults.context_too_long()
    if kind == bill.OUTAGE:
        return faults.overloaded()
    return faults.ok(f"{said(text)} #{number}", "A thought." if number % 2 else None)


def _let_user(verb: str) -> None:
    """The user saves q.csv: in a process of its own where faults hit this one."""
    if "LD_PRELOAD" not in os.environ or "KILLAT_TRACE" in os.environ:
        user.save(verb)
        return
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    subprocess.run([sys.executable, "-P", "-m", "tests.crash.user", verb], env=environment, check=True)
