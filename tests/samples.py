"""Questions, replies, answers and rejections to test with, each with defaults that a test may override."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dset import answers, lanes, settings
from dset.answers import Answer, Record
from dset.budgets import Budget
from dset.contents import Question, content_key
from dset.endpoints import Endpoint
from dset.failover import Failover
from dset.failures import Kind
from dset.lanes import Lane
from dset.limits import Limits
from dset.rejections import Rejection
from dset.replies import Reply
from dset.slots import Rules
from dset.spending import Spending

NOW = "2026-11-21T12:00:00Z"


def question(text: str = "Why?", row: int = 2, number: int = 1, **more: Any) -> Question:
    """A row of q.csv; `more` as the fields of Question."""
    image, messages = more.pop("image", ""), more.pop("messages", "")
    columns: Mapping[str, str] = more.pop("columns", {})
    status, key = more.pop("status", ""), content_key(text, image, messages)
    return Question(row, key, text, image, messages, columns, status, number=number, **more)


def reply(answer: str = "Because.", reasoning: str | None = None, **more: Any) -> Reply:
    """What a service answered; `more` as the fields of Reply."""
    figures: dict[str, Any] = {
        "model": "deepseek-flash",
        "finish_reason": "stop",
        "prompt_tokens": 10,
        "cached_tokens": 4,
        "completion_tokens": 5,
        "reasoning_tokens": 0,
    }
    return Reply(answer, reasoning, **(figures | more))


def answer(asked: Question | None = None, came: Reply | None = None, **more: Any) -> Answer:
    """An answer to `asked`; `more` as the fields of Answer."""
    figures: dict[str, Any] = {
        "timestamp": NOW,
        "model": "deepseek-flash",
        "endpoint": "deepseek/DEEPSEEK_API_KEY/deepseek-flash",
        "run": "20261121T120000Z-0000",
        "seconds": 1.5,
        "attempts": 1,
    }
    return Answer(asked or question(), came or reply(), **(figures | more))


def answers_to(*texts: str, **more: Any) -> list[Answer]:
    """An answer to each of these questions, in rows 2, 3, 4 …"""
    return [
        answer(question(text, row, **more), reply(f"answer to {text}")) for row, text in enumerate(texts, 2)
    ]


def rejection(asked: Question | None = None, kind: str = Kind.OUTAGE, **more: Any) -> Rejection:
    """A row that ended without an answer; `more` as the fields of Rejection."""
    return Rejection(asked or question(), kind, **({"reason": "it broke", "settings": "f1"} | more))


def record(text: str = "Why?", **more: Any) -> Record:
    """A line of output.json, parsed."""
    return answers.as_record(answer(question(text, **more)))


def original(text: str = "Why?", said: str = "Because.", thoughts: str | None = None) -> Record:
    """A record as the original tool wrote it."""
    return {
        "metadata": {"timestamp": NOW, "question": text},
        "response": {"reasoning": thoughts, "answer": said},
    }


def write_lines(path: Path, records: Iterable[Record]) -> bytes:
    """Write a JSON Lines file; returns its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(answers.as_line, records)))
    return path.read_bytes()


def read_lines(path: Path) -> list[Any]:
    """The lines of a JSON Lines file, parsed."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line] if path.exists() else []


# Texts that break what reads or shows them: quotes, line ends of every kind, what files cannot hold, what terminals
# and spreadsheets run, and what looks like a piece of our own outputs.
HOSTILE = (
    "nul \0 in it",
    "lone \ud83d half and its other \ude00 half",
    "\ud83d\ude00",
    "separators \u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e end",
    "ends \r\n of \r every \n kind\r",
    "\n\n  blank lines round it \n\n",
    "text\n\n" + "-" * 50 + "\n\nTimestamp: x\nQuestion: a fake one\nFinal Answer: a fake one\n" + "-" * 50,
    'a","b"\r\n2026-11-21T00:00:00Z,fake,,fake,9,id,m,1,1,,1\r\n"""',
    '{"metadata": {"id": "00000000000000000000", "row": 9}, "response": {"answer": "x"}}\n{"metadata": {"id": "',
    "\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\ red \x9b31m \u202egnp.exe \u2066x\u2069 \x07",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "'=already guarded",
    "''",
    "'plain",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
    '"', ",", ";", "\\", "\\N", "\ufeffmark", "NULL", "\u200b", "١٢٣", "ภาษาไทย น้ำ", "👩‍👩‍👧",
    "NaN", "[" * 2000, "x" * 40_000,
)  # fmt: skip


def lane(model: str = "asked-for", concurrency: int | None = None, **more: Any) -> Lane:
    """An endpoint in use; `more` as the fields of Endpoint."""
    fields: dict[str, Any] = {
        "provider": "p",
        "base_url": "http://127.0.0.1:9",
        "key_name": "none",
        "key": None,
    }
    fields |= {"max_tokens_name": "max_tokens", "is_deepseek": False, "is_local": True}
    off_peak = bool(more.pop("off_peak", False))
    if isinstance(more.get("limits"), dict):
        more["limits"] = Limits(**more["limits"])
    return lanes.make(Endpoint(model=model, **(fields | more)), concurrency, off_peak=off_peak)


def failover(*used: Lane, budget: float | None = None, **rules: Any) -> Failover:
    """What hands out slots at these lanes; `rules` as the fields of Rules, `tell` for the lines."""
    tell, note = rules.pop("tell", lambda line: None), rules.pop("note", lambda: None)
    return Failover(used or [lane()], Rules(**rules), Budget(budget), tell, note)


def spending(**flags: Any) -> Spending:
    """What requests cost with these flags."""
    return Spending(settings.load({name: str(value) for name, value in flags.items()}, {}))
