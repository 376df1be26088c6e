"""Entries as conversations (chat) and as instructions (alpaca), for those who train models."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dset.errors import UsageError
from dset.exports.entries import Entry
from dset.exports.gather import Gathered
from dset.exports.spool import Rows
from dset.wording import counted

FORMATS = frozenset({"chat", "alpaca"})
Tell = Callable[[str], None]
Message = dict[str, str]
_encode = json.JSONEncoder(ensure_ascii=False).encode
_NEEDED = "messages; or question and final_answer; or instruction and output; or prompt and response; or question and answer; or problem and solution; or text and summary, paraphrase, entities or the task's label; or source_text and target_text"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One instruction, what it is about, and what is right to say."""

    instruction: str
    about: str
    output: str


def jsonl(rows: Rows, kind: str, found: Gathered, tell: Tell) -> Iterator[bytes]:
    """A line for each entry that has what is needed. Raises UsageError that says what that is where none has."""
    systems = {id_: run.system for origin in found.origins for id_, run in origin.runs.items() if run.system}
    left = written = 0
    for entry in rows:
        messages = _messages(entry, found.label, systems)
        if not messages:
            left += 1
            continue
        written += 1
        line = {"messages": messages} if kind == "chat" else _alpaca(entry, found.label, messages)
        yield _encode(line).encode() + b"\n"
    if left and not written:
        raise UsageError(
            f"no entry can become {kind}: that needs the fields {_NEEDED}; here are {', '.join(rows.fields)}"
        )
    if left:
        tell(f"{kind}: {counted(left, 'entry', 'entries')} left out, which lack what it needs")


def _messages(entry: Entry, label: str, systems: dict[str, str]) -> list[Message]:
    """The conversation; [] where the entry holds none."""
    if isinstance(entry.get("messages"), list):
        return _conversation(entry["messages"])
    if _text(entry.get("final_answer")) and "question" in entry:
        return _asked(entry, systems)
    exchange = _exchange(entry, label)
    if exchange is None:
        return []
    user = "\n\n".join(part for part in (exchange.instruction, exchange.about) if part)
    return [{"role": "user", "content": user}, {"role": "assistant", "content": exchange.output}]


def _conversation(messages: list[Any]) -> list[Message]:
    """The messages as they stand; [] where one of them is none."""
    fine = all(isinstance(one, dict) and _text(one.get("role")) and "content" in one for one in messages)
    return messages if fine else []


def _asked(entry: Entry, systems: dict[str, str]) -> list[Message]:
    """A plain run's question and answer, with the system prompt that its run sent."""
    about = entry.get("metadata")
    system = systems.get(str(about.get("run")), "") if isinstance(about, dict) else ""
    messages: list[Message] = [{"role": "system", "content": system}] if system else []
    sent = entry.get("messages")
    try:
        own = _conversation(json.loads(sent)) if isinstance(sent, str) and sent else []
    except (ValueError, TypeError, RecursionError):
        own = []
    if not own and not _text(entry.get("question")):
        return []
    messages += own or [{"role": "user", "content": entry["question"]}]
    answer = {"role": "assistant", "content": entry["final_answer"]}
    if _text(entry.get("thoughts")):
        answer["thinking"] = entry["thoughts"]  # where Harmony's templates look for it (trl, dataset formats)
    return [*messages, answer]


def _alpaca(entry: Entry, label: str, messages: list[Message]) -> Message:
    exchange = None if "messages" in entry or "final_answer" in entry else _exchange(entry, label)
    if exchange is not None:
        return {"instruction": exchange.instruction, "input": exchange.about, "output": exchange.output}
    turns = [one for one in messages if one["role"] != "system"]
    earlier = "\n\n".join(f"{one['role']}: {one['content']}" for one in turns[:-2])
    instruction = turns[-2]["content"] if len(turns) > 1 else ""
    return {"instruction": instruction, "input": earlier, "output": turns[-1]["content"] if turns else ""}


def _exchange(entry: Entry, label: str) -> Exchange | None:
    """The first of the usual pairs of fields that the entry has whole."""
    for asked, answered, instruction in _PAIRS:
        if _text(entry.get(asked)) and _said(entry.get(answered)):
            output = _said(entry[answered])
            if instruction:
                return Exchange(_told(instruction, entry), entry[asked], output)
            return Exchange(entry[asked], _background(entry), output)
    if _text(entry.get("text")) and label and _said(entry.get(label)):
        return Exchange(
            f"Classify the text: what is its {label.replace('_', ' ')}?", entry["text"], _said(entry[label])
        )
    return None


_PAIRS = (
    ("instruction", "output", ""),
    ("instruction", "response", ""),
    ("prompt", "completion", ""),
    ("prompt", "response", ""),
    ("question", "answer", ""),
    ("problem", "solution", ""),
    ("problem", "answer", ""),
    ("question", "solution", ""),
    ("text", "summary", "Summarize the text."),
    ("text", "paraphrase", "Paraphrase the text."),
    ("text", "entities", "Find the named entities in the text and list them as JSON."),
    ("source_text", "target_text", "Translate the text{from}{to}."),
)


def _told(instruction: str, entry: Entry) -> str:
    """The instruction with the languages of a translation, where the entry names them."""
    for word, name in (("from", "source_lang"), ("to", "target_lang")):
        language = entry.get(name)
        instruction = instruction.replace(f"{{{word}}}", f" {word} {language}" if _text(language) else "")
    return instruction


def _background(entry: Entry) -> str:
    """What the question is about: input or context, and the choices, lettered."""
    parts = [entry[name] for name in ("input", "context") if _text(entry.get(name))]
    choices = entry.get("choices")
    if isinstance(choices, list) and choices:
        lettered = (f"{chr(ord('A') + number % 26)}. {_said(one)}" for number, one in enumerate(choices))
        parts.append("\n".join(lettered))
    return "\n\n".join(parts)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _said(value: Any) -> str:
    """The value as text; '' for none and for an empty one."""
    if isinstance(value, str):
        return value if value.strip() else ""
    return "" if value is None else _encode(value)
