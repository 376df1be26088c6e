"""The user's own copy of q.csv: what it holds, and which of its bytes may ever change."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp874", "cp1252")
DELIMITERS = ",;\t|"
NEWLINES = ("\n", "\r\n", "\r", "mixed")
COLUMNS = ("topic", "id", "a note")
BOOKMARKS = ("", "ERROR", "BLOCKED")
_CODECS = {"utf-8-sig": ("utf-8", b"\xef\xbb\xbf"), "utf-16": ("utf-16-le", b"\xff\xfe")}


def content(text: str) -> str:
    """What a row is known by: line ends inside a cell and blanks around it do not count."""
    return text.strip().replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class Row:
    """A row; one without text is blank and is never asked."""

    text: str
    cell: str = ""  # of the status column
    own: dict[str, str] = field(default_factory=dict)
    is_short: bool = False  # its empty cells at the end are left out

    @property
    def key(self) -> str:
        return content(self.text)

    @property
    def is_marked(self) -> bool:
        return self.cell in {"ERROR", "BLOCKED"}


@dataclass(frozen=True)
class Form:
    """How the file is written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    newline: str = "\n"
    quotes_all: bool = False
    ends_in_newline: bool = True
    has_header: bool = True
    has_separator: bool = False


class UsersCsv:
    """q.csv as its user last saved it. `look` holds the file to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []
        self.names = ["question", "status"]
        self.form = Form()
        self._pattern = re.compile("")
        self._slots: list[Row] = []
        self._adds_status = False
        self._saves = 0

    # --- what the user does

    def add_column(self, name: str, *, first: bool = False) -> None:
        if name not in self.names:
            self.names.insert(0 if first else len(self.names), name)

    def remove_column(self, name: str) -> None:
        if name in self.names:
            self.names.remove(name)

    def set_cell(self, row: Row, text: str) -> None:
        self.add_column("status")
        row.cell = text

    def save(self, *, in_place: bool = True) -> None:
        """Write the file as an editor does: over the old one, or with a new one in its place."""
        target = Path(os.path.realpath(self.path))
        data = self._render()
        if in_place:
            target.write_bytes(data)
        else:
            beside = target.with_name("editor.tmp")
            beside.write_bytes(data)
            os.replace(beside, target)
        # A clock that ticks every few milliseconds shows two quick saves as one; no user is that quick.
        self._saves += 1
        now = target.stat().st_mtime_ns + self._saves
        os.utime(target, ns=(now, now))

    # --- what must be so

    def look(self) -> None:
        """Every byte outside the status cells is the user's; take over what stands in these."""
        found = self._matched(self.path)
        if found is None and self.is_out_of_place:
            return  # the next run puts it back
        assert found, f"not as its user left it: {self.path.read_bytes()!r} is not {self._pattern.pattern!r}"
        for number, row in enumerate(self._slots):
            row.cell = found[f"s{number}"] or ""
        if (self._adds_status and found["header"]) or any(row.cell for row in self._slots):
            self.add_column("status")

    def _matched(self, path: Path) -> re.Match[str] | None:
        codec, bom = _CODECS.get(self.form.encoding, (self.form.encoding, b""))
        data = path.read_bytes()
        if not data.startswith(bom):
            return None
        return self._pattern.fullmatch(data.removeprefix(bom).decode(codec, "replace"))

    @property
    def is_out_of_place(self) -> bool:
        """A run was killed between the two halves of a swap, and what was saved at its very moment waits beside it."""
        target = Path(os.path.realpath(self.path))
        return any(map(self._matched, target.parent.glob(f".{target.name}.*.swap*")))

    def counted(self) -> Counter[str]:
        """How often each content is asked for."""
        return Counter(row.key for row in self.rows if row.key)

    def of(self, key: str) -> list[Row]:
        return [row for row in self.rows if row.key == key]

    @property
    def flags(self) -> list[str]:
        """What a run must be told to read the file."""
        return ["--encoding", self.form.encoding] if self.form.encoding.startswith("cp") else []

    # --- the bytes

    def _render(self) -> bytes:
        form = self._fitting()
        self.form = form
        lines: list[tuple[str, str]] = []  # (as written, as it may become)
        self._slots = []
        if form.has_separator:
            lines.append((f"sep={form.delimiter}", f"sep={re.escape(form.delimiter)}"))
        self._adds_status = form.has_header and "status" not in self.names
        if form.has_header:
            heading = form.delimiter.join(self._written(name) for name in self.names)
            new = f"(?P<header>{re.escape(form.delimiter)}status)?" if self._adds_status else ""
            lines.append((heading, re.escape(heading) + new))
        lines += [self._line(row) for row in self.rows]
        ends = [self._newline(number) for number in range(len(lines))]
        if ends and not form.ends_in_newline:
            ends[-1] = ""
        text = "".join(line + end for (line, _), end in zip(lines, ends, strict=True))
        self._pattern = re.compile(
            "".join(may + re.escape(end) for (_, may), end in zip(lines, ends, strict=True)), re.DOTALL
        )
        codec, bom = _CODECS.get(form.encoding, (form.encoding, b""))
        return bom + text.encode(codec)

    def _fitting(self) -> Form:
        """The form, without what this content cannot be written in."""
        form = self.form
        if not form.has_header:
            self.names = ["question", *(["status"] if "status" in self.names else [])]
            form = replace(form, delimiter=",", has_separator=False)
        elif len(self.names) == 1:
            form = replace(form, delimiter=",", has_separator=False)
        if not form.has_header and not any(row.key for row in self.rows[:1]):
            form = replace(form, has_header=True)  # a blank first row would tell nothing of the columns
        try:
            "".join(self._texts()).encode(_CODECS.get(form.encoding, (form.encoding, b""))[0])
        except UnicodeEncodeError:
            form = replace(form, encoding="utf-8")
        return form

    def _texts(self) -> Iterator[str]:
        for row in self.rows:
            yield row.text + row.cell + "".join(row.own.values())

    def _newline(self, number: int) -> str:
        return "\r\n" if self.form.newline == "mixed" and number % 2 else self._inner

    @property
    def _inner(self) -> str:
        return "\n" if self.form.newline == "mixed" else self.form.newline

    def _written(self, cell: str) -> str:
        cell = cell.replace("\n", self._inner)
        if self.form.quotes_all or any(one in cell for one in f'"\r\n{self.form.delimiter}'):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    def _line(self, row: Row) -> tuple[str, str]:
        cells = [
            row.text if name == "question" else row.cell if name == "status" else row.own.get(name, "")
            for name in self.names
        ]
        if row.is_short and row.key:
            while len(cells) > 1 and not cells[-1]:
                cells.pop()
        status = self.names.index("status") if "status" in self.names else len(self.names)
        delimiter = self.form.delimiter
        written = [self._written(cell) for cell in cells]
        may = [re.escape(cell) for cell in written]
        after = ""
        if row.key and row.cell in BOOKMARKS:
            words = f"(?P<s{len(self._slots)}>ERROR|BLOCKED|)"
            self._slots.append(row)
            if status < len(cells):
                may[status] = f'"{words}"' if self.form.quotes_all else words
            else:
                after = f"(?:{re.escape(delimiter) * (status - len(cells) + 1)}{words})?"
        return delimiter.join(written), re.escape(delimiter).join(may) + after
