"""Who is answered: how many answers each content has, in as little memory as a million of them need."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from dset.contents import content_key

_ID = re.compile(r"([0-9a-f]{20})(?:-([1-9][0-9]{0,8}))?\Z")
_Count = tuple[int, int, int, int]
_NONE: _Count = (0, 0, 0, 0)


class Tally:
    """How many answers each content has, how many rows have claimed one, and the highest number given out.

    Equal rows are interchangeable: as many of them count as done as there are answers. A million contents take
    about 80 MB: the counts are few and shared, only the keys are each its own.
    """

    def __init__(self) -> None:
        self._counts: dict[int, _Count] = {}
        self._shared: dict[_Count, _Count] = {}
        self._after_claim: dict[_Count, _Count] = {}
        self._round = 0  # a claim of an earlier round is none
        self.total = 0
        self.claimed = 0
        self.columns: dict[str, None] = {}  # the user's, of the records that were parsed

    def _set(self, key: int, answers: int, claimed: int, highest: int) -> None:
        counts = (answers, claimed, highest, self._round)
        self._counts[key] = self._shared.setdefault(counts, counts)

    def _of(self, key: int) -> tuple[int, int, int]:
        """(answers, how many of them are claimed, the highest number given out)."""
        answers, claimed, highest, claimed_in = self._counts.get(key, _NONE)
        return answers, claimed if claimed_in == self._round else 0, highest

    def add(self, key: int, number: int = 1) -> None:
        """An answer to `key` stands in the journal as its `number`-th."""
        answers, claimed, highest = self._of(key)
        self._set(key, answers + 1, claimed, max(highest, number))
        self.total += 1

    def add_record(self, metadata: Mapping[str, Any]) -> None:
        """The journal holds a record with this metadata."""
        self.add(*identify(metadata))
        columns = metadata.get("columns")
        if isinstance(columns, dict):
            self.columns.update(dict.fromkeys(columns))

    def claim(self, key: int) -> bool:
        """Take one answer for a row; False where none is left."""
        counts = self._counts.get(key)
        if counts is None:
            return False
        after = self._after_claim.get(counts)  # few are different: found once, not for each of a million rows
        if after is None:
            answers, claimed, highest = self._of(key)
            after = _NONE if claimed >= answers else (answers, claimed + 1, highest, self._round)
            self._after_claim[counts] = after
        if after is _NONE:
            return False
        self._counts[key] = after
        self.claimed += 1
        return True

    def issue(self, key: int) -> int:
        """The number of the next answer to `key`, never given out before."""
        answers, claimed, highest = self._of(key)
        self._set(key, answers, claimed, highest + 1)
        return highest + 1

    def add_first(self, keys: Collection[int]) -> None:
        """An answer to each of these stands in the journal as its first."""
        once = dict.fromkeys(keys, (1, 0, 1, self._round))
        if len(once) == len(keys) and self._counts.keys().isdisjoint(once.keys()):
            self._counts.update(once)
            self.total += len(keys)
        else:
            for key in keys:
                self.add(key)

    @property
    def twice(self) -> int:
        """Answers beyond the highest number given out: of ids that stand in more than one line."""
        return sum(max(0, answers - highest) for answers, _, highest, _ in self._counts.values())

    def release(self) -> None:
        """Forget every claim, so that the rows can be gone through again."""
        self._round += 1
        self._after_claim.clear()
        self.claimed = 0


def identify(metadata: Mapping[str, Any]) -> tuple[int, int]:
    """(content key, number) of a record; the original tool's records have no id and are known by their question."""
    match = _ID.match(str(metadata.get("id", "")))
    if match:
        return int(match[1], 16), int(match[2] or 1)
    return content_key(str(metadata.get("question", "")), str(metadata.get("image", ""))), 1
