"""The Answer record and the journal, output.json: one answer a line, and the lines are the truth."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import quick_json, raw_bodies
from dset.contents import Question
from dset.errors import JournalError
from dset.replies import Reply
from dset.tallies import Tally

Record = dict[str, Any]
Records = Iterator[Record]
_HEAD = b'{"metadata": {"id": "'  # how each line of ours begins: the id is found without parsing the line
_FIRST_ANSWERS = re.compile(rb'(?:[0-9a-f]{20}")*\Z')
_KEY = 21  # bytes: the key, and the quotation mark that tells a first answer from a further one
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK = 1 << 20
_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a question, with how it was got."""

    question: Question
    reply: Reply
    timestamp: str  # UTC, ISO 8601 with Z
    model: str  # as the service names it, else as it was asked for
    endpoint: str  # provider/name of the key's variable/model
    run: str
    seconds: float  # of the request that was answered
    attempts: int  # requests sent for it, this one included
    cost_usd: float | None = None
    data: Any = None  # the parsed object where a schema asked for one


def metadata(question: Question, **figures: Any) -> Record:
    """The `metadata` of a line, id first; `figures` follow the question in the order they are given."""
    record: Record = {"id": question.id, "row": question.row, "timestamp": figures.pop("timestamp", None)}
    record["question"] = question.text
    if question.image:
        record["image"] = question.image
    if question.messages:
        record["messages"] = question.messages
    if question.sample is not None:
        record["sample"] = question.sample
    return record | figures | {"columns": dict(question.columns)}


def as_record(answer: Answer) -> Record:
    """The answer as output.json keeps it."""
    reply = answer.reply
    response: Record = {"reasoning": reply.reasoning, "answer": reply.answer}
    if answer.data is not None:
        response["data"] = answer.data
    return {
        "metadata": metadata(
            answer.question,
            timestamp=answer.timestamp,
            model=answer.model,
            endpoint=answer.endpoint,
            run=answer.run,
            finish_reason=reply.finish_reason,
            prompt_tokens=reply.prompt_tokens,
            cached_tokens=reply.cached_tokens,
            completion_tokens=reply.completion_tokens,
            reasoning_tokens=reply.reasoning_tokens,
            cost_usd=answer.cost_usd,
            seconds=answer.seconds,
            attempts=answer.attempts,
            **raw_bodies.mark(reply),
        ),
        "response": response,
    }


def as_line(record: Mapping[str, Any]) -> bytes:
    """One line of JSON Lines, newline included. Characters stand as they are, but for what UTF-8 cannot hold."""
    text = _encode(record)
    try:
        return text.encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        text = _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
        return text.encode("utf-8") + b"\n"


def lines_of(path: Path, end: int | None = None) -> Iterator[bytes]:
    """The lines of a JSON Lines file with their ends, up to byte `end`. Cut at LF only: U+2028 and the like are text."""
    if not path.exists():
        return
    left = path.stat().st_size if end is None else end
    with path.open("rb") as stream:
        for line in stream:
            if left <= 0:
                return
            yield line[:left]
            left -= len(line)


def _loads(line: bytes) -> Any:
    try:
        return quick_json.parse(line)
    except ValueError:  # it takes no lone surrogate, which we write as an escape
        return json.loads(line)


def parse(line: bytes) -> Record:
    """A whole line as a record. Raises ValueError where it is none."""
    try:
        record = _loads(line.removeprefix(b"\xef\xbb\xbf"))
        valid = isinstance(record["metadata"], dict) and "response" in record
    except (RecursionError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from None
    if not valid:
        raise ValueError("no answer's record")
    return dict(record)


def read(path: Path, end: int | None = None) -> Records:
    """Every record of the journal up to byte `end`, parsed. Raises JournalError at the first damaged line."""
    for _, record in scan(path, end):
        if isinstance(record, JournalError):
            raise record
        yield record


def scan(path: Path, end: int | None = None) -> Iterator[tuple[int, Record | JournalError]]:
    """(line number, record) of the journal up to byte `end`; for a damaged line what is to be said of it."""
    for number, line in enumerate(lines_of(path, end), 1):
        if line.strip():
            try:
                yield number, parse(line)
            except ValueError:
                yield number, _damaged(path, number, line)


def tally(path: Path, end: int | None = None, *, trusted: bool) -> Tally:
    """Who is answered, and the user's columns in the lines that were parsed.

    `trusted`: nothing touched the file since our last exit, so ids are taken without parsing.
    """
    counted, number = Tally(), 0
    for block in _blocks_of(path, end):
        if trusted and (keys := _plain_keys(block)) is not None:
            counted.add_first(keys)
            number += len(keys)
            continue
        for line in block.split(b"\n")[:-1]:
            number += 1
            if line.strip():
                try:
                    counted.add_record(parse(line)["metadata"])
                except ValueError:
                    raise _damaged(path, number, line) from None
    return counted


def _blocks_of(path: Path, end: int | None) -> Iterator[bytes]:
    """The file up to byte `end` in pieces of whole lines, each with its newline."""
    if not path.exists():
        return
    left = path.stat().st_size if end is None else end
    with path.open("rb") as stream:
        while left > 0 and (block := stream.read(min(_BLOCK, left))):
            if not block.endswith(b"\n"):
                block += stream.readline()
            left -= len(block)
            yield (block[:left] if left < 0 else block).removesuffix(b"\n") + b"\n"


def _plain_keys(block: bytes) -> list[int] | None:
    """The keys of its lines where all of them are first answers as we write them; else None.

    No newline stands inside a line, so the head after one is the beginning of a record.
    """
    before, *rest = (b"\n" + block).split(b"\n" + _HEAD)
    heads = [one[:_KEY] for one in rest]
    if before or len(rest) != block.count(b"\n") or not _FIRST_ANSWERS.match(b"".join(heads)):
        return None
    return [int(head[:-1], 16) for head in heads]


def _damaged(path: Path, number: int, line: bytes) -> JournalError:
    shown = ascii(line[:60].decode("utf-8", "replace"))[1:-1]
    return JournalError(
        f"{path} line {number} is damaged and nothing is asked until it is mended: it begins {shown} - "
        "correct that line, or delete it to have its question asked again"
    )
