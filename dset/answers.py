"""The Answer record and the journal, output.json: one answer a line, and the lines are the truth."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files, raw_bodies
from dset.errors import JournalError
from dset.questions import Question, content_key
from dset.replies import Reply

Record = dict[str, Any]
Records = Iterator[Record]
_HEAD = b'{"metadata": {"id": "'  # how each line of ours begins: the id is found without parsing the line
_ID = re.compile(r"([0-9a-f]{20})(?:-([1-9][0-9]{0,8}))?\Z")
_HEAD_ID = re.compile(re.escape(_HEAD) + rb'([0-9a-f]{20})(?:-([1-9][0-9]{0,8}))?"')
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLOCK = 1 << 20


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
    text = json.dumps(record, ensure_ascii=False)
    if _SURROGATE.search(text):
        text = _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text.encode("utf-8") + b"\n"


class Tally:
    """How many answers each content has, how many rows have claimed one, and the highest number given out.

    Equal rows are interchangeable: as many of them count as done as there are answers. A million contents take
    about 90 MB: the counts are few and shared, only the keys are each its own.
    """

    def __init__(self) -> None:
        self._counts: dict[int, tuple[int, int, int]] = {}
        self._shared: dict[tuple[int, int, int], tuple[int, int, int]] = {}
        self.total = 0
        self.claimed = 0

    def _set(self, key: int, counts: tuple[int, int, int]) -> None:
        self._counts[key] = self._shared.setdefault(counts, counts)

    def add(self, key: int, number: int = 1) -> None:
        """An answer to `key` stands in the journal as its `number`-th."""
        answers, claimed, highest = self._counts.get(key, (0, 0, 0))
        self._set(key, (answers + 1, claimed, max(highest, number)))
        self.total += 1

    def claim(self, key: int) -> bool:
        """Take one answer for a row; False where none is left."""
        answers, claimed, highest = self._counts.get(key, (0, 0, 0))
        if claimed >= answers:
            return False
        self._set(key, (answers, claimed + 1, highest))
        self.claimed += 1
        return True

    def issue(self, key: int) -> int:
        """The number of the next answer to `key`, never given out before."""
        answers, claimed, highest = self._counts.get(key, (0, 0, 0))
        self._set(key, (answers, claimed, highest + 1))
        return highest + 1

    def release(self) -> None:
        """Forget every claim, so that the rows can be gone through again."""
        for key, (answers, claimed, highest) in self._counts.items():
            if claimed:
                self._set(key, (answers, 0, highest))
        self.claimed = 0


def identify(metadata: Mapping[str, Any]) -> tuple[int, int]:
    """(content key, number) of a record; the original tool's records have no id and are known by their question."""
    match = _ID.match(str(metadata.get("id", "")))
    if match:
        return int(match[1], 16), int(match[2] or 1)
    return content_key(str(metadata.get("question", "")), str(metadata.get("image", ""))), 1


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


def parse(line: bytes) -> Record:
    """A whole line as a record. Raises ValueError where it is none."""
    try:
        record = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        valid = isinstance(record["metadata"], dict) and "response" in record
    except (RecursionError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from None
    if not valid:
        raise ValueError("no answer's record")
    return dict(record)


def read(path: Path, end: int | None = None) -> Records:
    """Every record of the journal up to byte `end`, parsed. Raises JournalError at the first damaged line."""
    for number, line in enumerate(lines_of(path, end), 1):
        if line.strip():
            try:
                yield parse(line)
            except ValueError:
                raise _damaged(path, number, line) from None


def tally(path: Path, *, trusted: bool, end: int | None = None) -> Tally:
    """Who is answered. `trusted`: nothing touched the file since our last exit, so ids are taken without parsing."""
    counted = Tally()
    for number, line in enumerate(lines_of(path, end), 1):
        plain = trusted and b"\0" not in line and line.endswith(b"}\n") and line.count(_HEAD) == 1
        if plain and (match := _HEAD_ID.match(line)):
            counted.add(int(match[1], 16), int(match[2] or 1))
            continue
        if not line.strip():
            continue
        try:
            counted.add(*identify(parse(line)["metadata"]))
        except ValueError:
            raise _damaged(path, number, line) from None
    return counted


def _damaged(path: Path, number: int, line: bytes) -> JournalError:
    shown = ascii(line[:60].decode("utf-8", "replace"))[1:-1]
    return JournalError(
        f"{path} line {number} is damaged and nothing is asked until it is mended: it begins {shown} - "
        "correct that line, or delete it to have its question asked again"
    )


def recover(path: Path) -> int:
    """Make the end of a JSON Lines file whole again; returns the bytes that were cut off.

    A whole last line that lacks only its newline is kept. A torn one, and what a power cut filled with NULs, is
    cut back and kept in `<name>.torn`.
    """
    if not path.exists():
        return 0
    good, tail = _tail(path)
    if not tail:
        return 0
    if _is_whole(tail):
        files.append(path, b"\n")
        return 0
    if not _follows_a_record(path, good):
        return 0  # no journal of ours: it is refused by its first line, and nothing is cut off
    files.append(path.with_name(path.name + ".torn"), tail + b"\n")
    files.cut(path, good)
    return len(tail)


def _follows_a_record(path: Path, end: int) -> bool:
    """The line before byte `end` is a record, or there is none."""
    last = b""
    for line in lines_of(path, end):
        last = line
    try:
        return not last.strip() or bool(parse(last))
    except ValueError:
        return False


def sound_size(path: Path) -> int:
    """The bytes of the file that stand, whatever `recover` would cut off."""
    good, tail = _tail(path)
    return good + (len(tail) if _is_whole(tail) else 0)


def _is_whole(tail: bytes) -> bool:
    """A whole record that lacks only its newline."""
    if b"\0" in tail or b"\n" in tail:
        return False
    try:
        parse(tail)
    except ValueError:
        return False
    return True


def _tail(path: Path) -> tuple[int, bytes]:
    """(where it begins, the bytes) of the end that is no run of whole lines: torn, or holding NULs."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start, data = size, b""
        while start > 0:
            step = min(_BLOCK, start)
            start -= step
            stream.seek(start)
            data = stream.read(step) + data
            end = _before_nul(data)
            # The last line that is kept must be seen whole: NULs may stand before the part of it that was read.
            if start == 0 or data.rfind(b"\n", 0, max(0, end - 1)) >= 0:
                return start + end, data[end:]
    return 0, data


def _before_nul(data: bytes) -> int:
    """The end of the last line before the run of lines that reaches the end of `data` and holds NULs."""
    end = data.rfind(b"\n") + 1
    tail_has_nul = b"\0" in data[end:]
    lines = data[:end].split(b"\n")[:-1]
    while lines and (b"\0" in lines[-1]):
        end -= len(lines.pop()) + 1
        tail_has_nul = True
    return end if tail_has_nul else data.rfind(b"\n") + 1
