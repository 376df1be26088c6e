"""What a journal comes to: answers, tokens, money, by endpoint; its lines are read without parsing them."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dset import answers
from dset.costs import DEAREST, Bill, Tokens
from dset.watching import lenient

_ENDPOINTS = 1_000  # that are kept apart
_HEAD = re.compile(
    rb'\{"metadata": \{"id": "([0-9a-f]{20}(?:-\d{1,9})?)", "row": \d+, "timestamp": "([^"\\]{0,40})"'
)
# Inside a text every quotation mark is escaped: what looks like these is the metadata, not anybody's words.
_BEGINS = b', "model": '
_TEXT = rb'(?:null|"[^"\\]*")'  # a name with an escape in it is read by a parser
_COUNT = rb"(?:null|(\d{1,15}))"
_NUMBER = rb"(?:null|(\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?))"
_FIGURES = re.compile(
    b', "model": %b, "endpoint": (%b), "run": (%b), "finish_reason": %b, ' % (_TEXT, _TEXT, _TEXT, _TEXT)
    + b'"prompt_tokens": %b, "cached_tokens": %b, "completion_tokens": %b, ' % (_COUNT, _COUNT, _COUNT)
    + b'"reasoning_tokens": %b, "cost_usd": %b, "seconds": %b, ' % (_COUNT, _NUMBER, _NUMBER)
)


class Entry(NamedTuple):
    """What counts of an answer."""

    id: str
    at: str  # ISO 8601
    run: str
    cost_usd: float | None
    seconds: float | None


class Ledger:
    """Adds up lines of output.json; each is told to `heard` as well."""

    def __init__(self, heard: Callable[[Entry], None]) -> None:
        self._heard = heard
        self.begin()

    def begin(self) -> None:
        """Nothing was read yet."""
        self.answers = self.damaged = 0
        self.tokens, self.bill = Tokens(), Bill()
        self.endpoints: Counter[str] = Counter()
        self._texts: dict[bytes, str] = {}

    def add(self, lines: list[bytes]) -> None:
        """Take in whole lines."""
        for line in lines:
            head = _HEAD.match(line)
            found = head and _FIGURES.match(line, line.find(_BEGINS, head.end()))
            if head and found:
                self._add(head, found)
            elif line:
                self._add_parsed(line)

    def _add(self, head: re.Match[bytes], found: re.Match[bytes]) -> None:
        endpoint, run, prompt, cached, completion, reasoning, cost, seconds = found.groups()
        tokens = self.tokens
        if prompt is None and completion is None:
            tokens.untold += 1
        tokens.prompt += int(prompt or 0)
        tokens.cached += int(cached or 0)
        tokens.completion += int(completion or 0)
        tokens.reasoning += int(reasoning or 0)
        name, at = head.groups()
        usd = float(cost) if cost else None
        took = float(seconds) if seconds else None
        entry = Entry(name.decode(), at.decode("ascii", "replace"), self._plain(run), usd, took)
        self._close(entry, self._plain(endpoint))

    def _plain(self, value: bytes) -> str:
        """What stands between the quotation marks; '' for null. Few are different."""
        text = self._texts.get(value)
        if text is None:
            if len(self._texts) > _ENDPOINTS:
                self._texts.clear()
            text = self._texts[value] = value[1:-1].decode("utf-8", "replace") if value != b"null" else ""
        return text

    def _add_parsed(self, line: bytes) -> None:
        """A line of the original tool, of another program, or damaged."""
        try:
            about = answers.parse(line)["metadata"]
        except ValueError:
            self.damaged += bool(line.strip())
            return
        self.tokens.count(sound(about))
        cost = lenient.amount(about.get("cost_usd"))
        name, at, run = (lenient.text(about.get(one), 200) for one in ("id", "timestamp", "run"))
        entry = Entry(name, at, run, cost, lenient.amount(about.get("seconds")))
        self._close(entry, lenient.text(about.get("endpoint"), 200))

    def _close(self, entry: Entry, endpoint: str) -> None:
        self.answers += 1
        self.bill.add(entry.cost_usd if (entry.cost_usd or 0) <= DEAREST else None)
        if endpoint in self.endpoints or len(self.endpoints) < _ENDPOINTS:
            self.endpoints[endpoint] += 1
        self._heard(entry)


def sound(about: Mapping[str, Any]) -> dict[str, Any]:
    """The counts of a record's metadata that can be counts."""
    return {name: value for name, value in about.items() if lenient.optional(value) is not None}
