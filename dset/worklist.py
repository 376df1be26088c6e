"""What is to do: each row of q.csv against the journal and rejected.json. Decides; asks and writes nothing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dset import rows
from dset.contents import Question
from dset.failures import Kind
from dset.plans import Plan, Rules
from dset.questions import Sheet
from dset.rejections import DONE_BEFORE, INVALID, Known, Register
from dset.rows import Rows
from dset.tallies import Tally

_PAID_IN_VAIN = frozenset({Kind.CUT_SHORT.value, INVALID})


class _Row(NamedTuple):
    number: int
    state: int  # what its status cell says, as dset.rows has it
    key: int


def plan(sheet: Sheet, tally: Tally, register: Register, rules: Rules) -> Plan:
    """Decide for every row. Uses up the claims of `tally`; raises QuestionsError where q.csv cannot be read."""
    found = sheet.rows(rules.ways)
    made = Plan(sheet, rules, suspects=found.suspects)
    deferred: dict[int, list[_Row]] = defaultdict(list)
    decider = _Decider(made, found, tally, register, rules)
    single, claim, failed, done = rules.samples == 1, tally.claim, register.contents(), 0
    for number, state, key in found:
        if single and not state and key not in failed and claim(key):  # what most rows of a large file are
            done += 1
        elif state & rows.EMPTY:
            made.empty += 1
        elif state & rows.BOOKMARKED or key in failed:
            deferred[key].append(_Row(number, state, key))  # equal rows without a bookmark claim first
        elif single and claim(key):
            done += 1
        else:
            decider.settle(_Row(number, state, key), None)
    made.done += done
    made.rows = len(found) - made.empty
    for key, equal in deferred.items():
        decider.settle_equal(equal, _failures(register, key))
    made.gone = max(0, tally.total - tally.claimed)
    if rules.limit is not None:
        made.beyond = max(0, len(made.first) + len(made.later) - rules.limit)
    return made


def _failures(register: Register, key: int) -> list[Known]:
    return [known for known in register.of(key) if known.kind != DONE_BEFORE]


class _Decider:
    def __init__(self, made: Plan, found: Rows, tally: Tally, register: Register, rules: Rules) -> None:
        self.made, self.found, self.tally, self.register, self.rules = made, found, tally, register, rules

    def settle_equal(self, equal: Sequence[_Row], known: list[Known]) -> None:
        """Rows of one content: what failed goes to the row that failed, the answers to the others."""
        failures = self._shared_out(equal, {one.row: one for one in known})  # the last line about a row wins

        newness = {id(one): place for place, one in enumerate(known)}

        def claims_last(row: _Row) -> tuple[bool, bool, bool, int, int]:
            one = failures.get(row.number)  # what failed long ago may have been answered since
            is_marked = bool(row.state & rows.BOOKMARKED)
            is_fresh = one is not None and one.pending
            return is_fresh, one is not None, is_marked, newness.get(id(one), -1), row.number

        for row in sorted(equal, key=claims_last):
            self.settle(row, failures.get(row.number))

    def _shared_out(self, equal: Sequence[_Row], known: Mapping[int, Known]) -> dict[int, Known]:
        """Each failure to one row, by the row's number.

        Rows move between runs, and a bookmark moves with its row; the number in rejected.json does not. So it is
        believed where the cell says so too, or could not be written; else the failure is a bookmarked row's.
        """
        marks = {row.number: (not row.state & rows.BOOKMARKED, not row.state) for row in equal}
        shared = {
            number: one
            for number, one in known.items()
            if number in marks and (one.pending or marks[number] != (True, True))
        }
        moved = [one for number, one in reversed(list(known.items())) if number not in shared]
        free = sorted(marks.keys() - shared.keys(), key=lambda number: (marks[number], number))
        shared.update(zip(free, moved, strict=False))
        for row in equal:
            if (
                row.state & rows.BOOKMARKED
                and row.number not in shared
                and (one := self._under_earlier_prompt(row))
            ):
                shared[row.number] = one
        return shared

    def _under_earlier_prompt(self, row: _Row) -> Known | None:
        """What rejected.json says of the row by the columns that an earlier prompt named."""
        for key in self.found.known_by(row.number)[1:]:
            if known := _failures(self.register, key):
                self.made.unanswered.add(key)
                return next((one for one in reversed(known) if one.row == row.number), known[-1])
        return None

    def settle(self, row: _Row, known: Known | None) -> None:
        """Decide for one row; `known` is what rejected.json says of it."""
        made, bookmark = self.made, rows.word_of(row.state)
        claims = self._claim(row)
        claimed = len(claims)
        if claimed == self.rules.samples:
            made.done += 1
            made.by_earlier_prompt += any(key != row.key for key in claims)
            if bookmark:
                made.cells[row.number] = ""
            return
        if known:
            made.unanswered.add(row.key)
        word = self._word(row, known)
        is_ours = bool(bookmark) or not row.state  # other text in the cell is the user's
        stands = word == bookmark and not row.state & rows.ODD
        if known and word and not stands and known.pending and is_ours:
            made.cells[row.number] = word
        if word and is_ours:
            made.marked[word].append(row.number)
        if word == "BLOCKED" and not self._wanted_again(known):
            made.blocked += 1
        elif word == "ERROR" and known and known.kind in _PAID_IN_VAIN and not self._wanted_again(known):
            made.held[known.kind] += 1
        else:
            entries = made.first if word else made.later
            for sample in range(claimed + 1, self.rules.samples + 1):
                number = self.tally.issue(row.key)
                entries.add(row.number, number, sample if self.rules.samples > 1 else 0)

    def _claim(self, row: _Row) -> list[int]:
        """Take as many answers as the row wants, or as there are; returns the contents they were given to."""
        claims: list[int] = []
        for key in self.found.known_by(row.number):
            while len(claims) < self.rules.samples and self.tally.claim(key):
                claims.append(key)
            if len(claims) == self.rules.samples:
                break
        return claims

    def _word(self, row: _Row, known: Known | None) -> str:
        """The bookmark that holds: the cell's; rejected.json's where the cell is not ours or was not yet written."""
        if known and known.pending:
            return known.bookmark
        if bookmark := rows.word_of(row.state):
            return bookmark
        return known.bookmark if known and row.state else ""

    def _wanted_again(self, known: Known | None) -> bool:
        if self.rules.is_planned:
            return False
        return self.rules.retry_failed or (known is not None and known.settings != self.rules.fingerprint)


def rows_above_bookmark(sheet: Sheet, named: tuple[str, ...]) -> Iterator[Question]:
    """The rows above the first ERROR: the original tool went down the file and stopped there, so they are done."""
    for number in sheet.rows((named,)).numbers_above_error():
        yield sheet.question(sheet.record(number), named)
