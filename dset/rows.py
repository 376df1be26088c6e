"""The rows of q.csv as numbers: a million of them must fit beside everything else."""

from array import array
from collections.abc import Iterator
from itertools import count

# What the status cell of a row says; 0 for nothing.
ERROR, BLOCKED, ODD, OTHER, EMPTY = 1, 2, 4, 8, 16
BOOKMARKED = ERROR | BLOCKED
_SUSPECTS = 5  # that are told of at most
_WORDS = {ERROR: "ERROR", BLOCKED: "BLOCKED"}
_STATES = {"": 0, "ERROR": ERROR, "BLOCKED": BLOCKED}


def state_of(cell: str) -> int:
    """What a trimmed status cell says: ODD beside our own word in another case, OTHER for the user's own text."""
    state = _STATES.get(cell)
    if state is None:
        word = _STATES.get(cell.upper())
        state = OTHER if word is None else word | ODD
    return state


def word_of(state: int) -> str:
    """The bookmark: ERROR, BLOCKED or ''."""
    return _WORDS.get(state & BOOKMARKED, "")


class Keys:
    """The 80-bit key of each row, 10 bytes each."""

    def __init__(self) -> None:
        self.high, self.low = array("Q"), array("H")

    def add(self, halves: tuple[int, int]) -> None:
        """The next row's key, as contents.digest gives it."""
        self.high.append(halves[0])
        self.low.append(halves[1])

    def __getitem__(self, at: int) -> int:
        return self.high[at] << 16 | self.low[at]

    def __iter__(self) -> Iterator[int]:
        return (high << 16 | low for high, low in zip(self.high, self.low, strict=True))


class Rows:
    """Every data row in order: where it begins in the copy, what its status cell says, what it is known by.

    19 bytes a row, and 10 more for each further way to know it (by the columns that earlier prompts named).
    """

    def __init__(self, first: int, ways: int) -> None:
        """`first`: the number of the first data row, as a spreadsheet counts it."""
        self.first = first
        self.offsets, self.states = array("Q"), bytearray()
        self.keys = [Keys() for _ in range(ways)]
        self.suspects: list[tuple[int, str]] = []  # (row, status cell) that looks like a cut question

    def __len__(self) -> int:
        return len(self.states)

    def state(self, number: int, cell: str, *, empty: bool) -> int:
        """What the status cell of row `number` says; one that reads on like prose is noted."""
        state = state_of(cell.strip())
        if empty:
            return state | EMPTY
        if state & OTHER and cell.startswith(" ") and len(self.suspects) < _SUSPECTS:
            self.suspects.append((number, cell))
        return state

    def offset(self, number: int) -> int:
        """Where row `number` begins."""
        return self.offsets[number - self.first]

    def known_by(self, number: int) -> list[int]:
        """What row `number` is known by: now first."""
        return [keys[number - self.first] for keys in self.keys]

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """(number, state, key) of each row."""
        return zip(count(self.first), self.states, self.keys[0], strict=False)

    def numbers_above_error(self) -> list[int]:
        """The rows with something to ask above the first ERROR; none where there is no ERROR."""
        at = next((at for at, state in enumerate(self.states) if state & ERROR), 0)
        return [self.first + one for one in range(at) if not self.states[one] & EMPTY]
