"""Entries as conversations (chat) and as instructions (alpaca), for those who train models."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from dset.errors import UsageError
from dset.exports import instructions
from dset.exports.entries import Entry
from dset.exports.gather import Gathered
from dset.exports.instructions import Classes, is_text
from dset.exports.spool import Rows
from dset.wording import counted

FORMATS = frozenset({"chat", "alpaca"})
Tell = Callable[[str], None]
Message = dict[str, str]
_encode = json.JSONEncoder(ensure_ascii=False).encode
_NEEDED = "messages; or question and final_answer; or instruction and output; or prompt and response; or question and answer; or problem and solution; or text and summary, paraphrase, entities or the task's label; or source_text and target_text"


def jsonl(rows: Rows, kind: str, found: Gathered, tell: Tell) -> Iterator[bytes]:
    """A line for each entry that has what is needed. Raises UsageError that says what that is where none has.

    In a small part of a split there may be none.
    """
    systems = {id_: run.system for origin in found.origins for id_, run in origin.runs.items() if run.system}
    classes = instructions.classes(found)
    left = written = 0
    for entry in rows:
        messages = _messages(entry, classes, systems)
        if not messages:
            left += 1
            continue
        written += 1
        line = {"messages": messages} if kind == "chat" else _alpaca(entry, classes, messages)
        yield _encode(line).encode() + b"\n"
    if left and not written and 2 * len(rows) >= len(found.spool.order):
        raise UsageError(
            f"no entry can become {kind}: that needs the fields {_NEEDED}; here are {', '.join(rows.fields)}"
        )
    if left:
        tell(f"{kind}: {counted(left, 'entry', 'entries')} left out, which lack what it needs")


def _messages(entry: Entry, classes: Classes, systems: dict[str, str]) -> list[Message]:
    """The conversation; [] where the entry holds none."""
    if isinstance(entry.get("messages"), list):
        return _conversation(entry["messages"])
    if is_text(entry.get("final_answer")) and "question" in entry:
        return _asked(entry, systems)
    exchange = instructions.of(entry, classes)
    if exchange is None:
        return []
    user = "\n\n".join(part for part in (exchange.instruction, exchange.about) if part)
    return [{"role": "user", "content": user}, {"role": "assistant", "content": exchange.output}]


def _conversation(messages: list[Any]) -> list[Message]:
    """The messages as they stand; [] where one of them is none."""
    fine = all(isinstance(one, dict) and is_text(one.get("role")) and "content" in one for one in messages)
    return messages if fine else []


def _asked(entry: Entry, systems: dict[str, str]) -> list[Message]:
    """A plain run's question and answer, with the system prompt that its run sent."""
    about = entry.get("metadata")
    system = systems.get(str(about.get("run")), "") if isinstance(about, dict) else ""
    sent = entry.get("messages")
    try:
        own = _conversation(json.loads(sent)) if isinstance(sent, str) and sent else []
    except (ValueError, TypeError, RecursionError):
        own = []
    if not own and not is_text(entry.get("question")):
        return []
    messages = own or [{"role": "user", "content": entry["question"]}]
    if system and messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": system})
    answer = {"role": "assistant", "content": entry["final_answer"]}
    if is_text(entry.get("thoughts")):
        answer["thinking"] = entry["thoughts"]  # where Harmony's templates look for it (trl, dataset formats)
    return [*messages, answer]


def _alpaca(entry: Entry, classes: Classes, messages: list[Message]) -> Message:
    exchange = None if entry.get("messages") or entry.get("final_answer") else instructions.of(entry, classes)
    if exchange is not None:
        return {"instruction": exchange.instruction, "input": exchange.about, "output": exchange.output}
    turns = [one for one in messages if one["role"] != "system"]
    earlier = "\n\n".join(f"{one['role']}: {one['content']}" for one in turns[:-2])
    instruction = turns[-2]["content"] if len(turns) > 1 else ""
    return {"instruction": instruction, "input": earlier, "output": turns[-1]["content"] if turns else ""}
