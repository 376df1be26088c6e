"""A CSV or TSV as a table: with the delimiters, encodings and headings that a q.csv may have."""

from collections.abc import Iterator

from dset.errors import QuestionsError, UsageError
from dset.imports.tables import Asked, Cells, Table
from dset.questions import Sheet


def read(asked: Asked) -> Table:
    """The table in the file. Raises UsageError."""
    try:
        with Sheet(asked.path, encoding=asked.encoding, column=asked.column) as sheet:
            found = _places(sheet)
            has_header = sheet.columns.has_header
    except QuestionsError as error:
        raise UsageError(str(error)) from None
    places, names, question = zip(*found, strict=True) if found else ((), (), ())

    def rows() -> Iterator[Cells]:
        try:
            with Sheet(asked.path, encoding=asked.encoding, column=asked.column) as again:
                for _, record in again.records():
                    yield [again.columns.cell(record.cells, place) for place in places]
        except QuestionsError as error:
            raise UsageError(str(error)) from None

    note = "" if has_header else "it has no heading: row 1 is a question (if it is a heading, say --column)"
    notes = [note] if note else []
    return Table(asked.path.name, names, rows, notes, question.index(True) if True in question else -1)


def _places(sheet: Sheet) -> list[tuple[int, str, bool]]:
    """(place, name, is the question's) of each column, in the file's order."""
    columns = sheet.columns
    found = [(place, name, False) for place, name in columns.own]
    if columns.question >= 0:
        found.append((columns.question, columns.heading or "question", True))
    if not columns.adds_status:
        found.append((columns.status, "status", False))
    for place, name in ((columns.image, "image"), (columns.messages, "messages")):
        if place >= 0:
            found.append((place, name, False))
    return sorted(found)
