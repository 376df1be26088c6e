"""The header of q.csv: which delimiter it shows, which columns have a meaning, what a row may hold."""

import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from dset import dialects
from dset.dialects import Record
from dset.errors import QuestionsError

# Other usual headings of the question, only where there is no `question`.
USUAL = frozenset(
    "questions prompt prompts query queries input instruction text คำถาม โจทย์ ข้อความ pregunta frage domanda "
    "pergunta vraag вопрос 问题 問題 质问 質問 질문 سؤال السؤال प्रश्न soru pertanyaan soalan pytanie".split()
) | {"câu hỏi"}
_BLANK = b" \r\n" + dialects.DELIMITERS.encode()
_MEANING = ("status", "image", "messages")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a row. An index is -1 where the file has no such column."""

    delimiter: str
    header_row: int  # as a spreadsheet counts it: blank rows may stand above it; 0 where there is no header
    question: int
    status: int
    image: int
    messages: int
    own: tuple[
        tuple[int, str], ...
    ]  # the user's columns: (index, name), names made different where they are not
    heading: str  # the question column's own heading
    width: int  # cells that the header names
    adds_status: bool  # there is no status column yet: the first bookmark adds it

    @property
    def has_header(self) -> bool:
        """The first row that holds anything names the columns."""
        return self.header_row > 0

    @staticmethod
    def cell(cells: list[str], index: int) -> str:
        """Cell `index`, '' where a short row has none."""
        return cells[index] if 0 <= index < len(cells) else ""

    def check(self, record: Record) -> None:
        """Raises QuestionsError for text beyond the columns: an unquoted comma would buy half a question."""
        if len(record.cells) > self.width and any(cell.strip() for cell in record.cells[self.width :]):
            raise QuestionsError(
                f"row {record.number} (line {record.line}) has text beyond its {self.width} "
                f"column{'s' if self.width != 1 else ''}: put a question that holds "
                f"{_in_words(self.delimiter)} in double quotes"
            )


def _in_words(delimiter: str) -> str:
    return {"\t": "a tab", ",": "a comma", ";": "a semicolon"}.get(delimiter, f"a {delimiter}")


def _fold(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip().strip("\ufeff\u200b").strip().casefold()


def read_header(stream: Iterable[bytes], separator: str, column: str) -> Columns:
    """The columns, from the first record of `stream` that is not blank.

    `separator` is the delimiter that a line `sep=;` stated, `column` the user's --column; '' where there is none.
    Raises QuestionsError for two question columns, and where none can be told.
    """
    blank, first = _first_lines(stream)
    tries = [separator] if separator else list(dialects.DELIMITERS)
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in tries:
        cells = _cells(first, delimiter)
        names = [_fold(cell) for cell in cells]
        rank = _rank(names, _fold(column))
        if rank and (best is None or (rank, len(cells)) > best[0]):
            best = ((rank, len(cells)), delimiter, cells)
    if best is not None:
        return _with_header(best[1], best[2], column, blank + 1)
    if column:
        found = ", ".join(cell.strip() for cell in _cells(first, separator or ",") if cell.strip())
        raise QuestionsError(f"no column {column!r} in its first row ({found[:200] or 'empty'})")
    delimiter = separator or ","
    return Columns(delimiter, 0, 0, 1, -1, -1, (), "", 2, len(_cells(first, delimiter)) < 2)


def _first_lines(stream: Iterable[bytes]) -> tuple[int, bytes]:
    """(blank lines above it, the lines of the first record): up to the quotation mark that closes it."""
    blank, first = 0, b""
    for count, line in enumerate(dialects.physical_lines(stream)):
        if not first and not line.strip(_BLANK):
            blank += 1
            continue
        first += line
        if first.count(b'"') % 2 == 0 or count - blank > dialects.LONGEST_CELL:
            break
    return blank, first


def _cells(first: bytes, delimiter: str) -> list[str]:
    try:
        return next(dialects.records(dialects.physical_lines(io.BytesIO(first)), delimiter)).cells
    except (QuestionsError, StopIteration):
        return []


def _rank(names: list[str], column: str) -> int:
    """How surely these cells are a header: 0 for not at all."""
    if column:
        return 4 if column in names else 0
    if "question" in names:
        return 3
    if "status" in names:
        return 2
    return 1 if any(name in USUAL or name in _MEANING for name in names) else 0


def _with_header(delimiter: str, cells: list[str], column: str, header_row: int) -> Columns:
    names = [_fold(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()  # unnamed columns at the end, as spreadsheets leave them
    places = {name: _only(names, name) for name in _MEANING}
    if (picked := _fold(column)) in places:
        places[picked] = -1  # the user says that this column holds the questions
    question = _question_column(names, picked, [place for place in places.values() if place >= 0])
    taken = {question, *places.values()}
    own = _different([(index, cells[index].strip()) for index in range(len(names)) if index not in taken])
    status = places["status"]
    return Columns(
        delimiter=delimiter,
        header_row=header_row,
        question=question,
        status=len(names) if status < 0 else status,
        image=places["image"],
        messages=places["messages"],
        own=own,
        heading=cells[question].strip() if question >= 0 else "",
        width=len(names),
        adds_status=status < 0,
    )


def _only(names: list[str], name: str) -> int:
    if names.count(name) > 1:
        raise QuestionsError(
            f"columns {names.index(name) + 1} and {len(names) - names[::-1].index(name)} are both headed {name!r}: "
            "rename one of them"
        )
    return names.index(name) if name in names else -1


def _question_column(names: list[str], picked: str, others: list[int]) -> int:
    if picked:
        return _only(names, picked)
    if "question" in names:
        return _only(names, "question")
    usual = [index for index, name in enumerate(names) if name in USUAL]
    if len(usual) == 1:
        return usual[0]
    free = usual or [index for index, name in enumerate(names) if name and index not in others]
    if len(free) == 1:
        return free[0]
    if not free and len(others) > names.count("status"):
        return -1  # only images or conversations
    listed = ", ".join(names[index] for index in free) or "none"
    raise QuestionsError(
        f"no column is headed question; name the one that holds the questions by --column ({listed})"
    )


def _different(named: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """The same columns under names that are all different: a second `note` becomes `note_2`."""
    taken: set[str] = set()
    result = []
    for index, wanted in named:
        name = base = wanted or f"column_{index + 1}"
        count = 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name)
        result.append((index, name))
    return tuple(result)
