"""What stands in the output folder and in the rescue file, read without the program's own readers."""

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

from dset import views
from tests.promise.users_csv import content

Record = dict[str, Any]


def key_of(record: Record) -> str:
    """The content that a record is about."""
    return content(record["metadata"]["question"])


def id_of(record: Record) -> str:
    return str(record["metadata"]["id"])


def whole_lines(path: Path) -> list[Record]:
    """The records of a JSON Lines file; a last line may lack its newline, and what is torn is none."""
    found = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [one for one in found if isinstance(one, dict) and "response" in one]


class Outputs:
    """The folder `dset_generator` in `place`, and what waits in the temporary folder beside it."""

    def __init__(self, place: Path) -> None:
        self.path, self.temporary = place / "dset_generator", place / "tmp"

    @property
    def journal(self) -> Path:
        return self.path / "output.json"

    @property
    def answers(self) -> list[Record]:
        """In output.json."""
        return whole_lines(self.journal)

    @property
    def rescued(self) -> list[Record]:
        """Answers that the folder had no room for."""
        paths = self.temporary.glob("dset-rescue-*")
        return [one for path in paths for one in whole_lines(path) if "kind" not in one]

    @property
    def standing(self) -> dict[str, Record]:
        """All answers by their ids."""
        return {id_of(one): one for one in [*self.rescued, *self.answers]}

    @property
    def answered(self) -> Counter[str]:
        """How many answers each content has."""
        return Counter(map(key_of, self.standing.values()))

    @property
    def rejections(self) -> list[Record]:
        """The lines of rejected.json."""
        return whole_lines(self.path / "rejected.json")

    @property
    def failed(self) -> dict[str, Counter[str]]:
        """By content: how the last try at each of its rows ended, where not in an answer."""
        found: dict[str, Counter[str]] = {}
        for one in {id_of(one): one for one in self.rejections}.values():
            found.setdefault(key_of(one), Counter())[one["kind"]] += 1
        return found

    @property
    def log(self) -> str:
        """The end of run.log."""
        path = self.path / "run.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def check_level(self) -> None:
        """output.csv and output.txt hold what output.json holds, in its order."""
        if not self.journal.exists():
            return
        records = self.answers
        text = (self.path / "output.csv").read_bytes().decode("utf-8-sig")
        heading, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        assert len(rows) == len(records)
        for record, row in zip(records, rows, strict=True):
            cells = dict(zip(heading, map(views.unguard, row), strict=True))
            assert cells["id"] == id_of(record)
            assert cells["question"] == record["metadata"]["question"]
            assert cells["final_answer"] == _in_a_view(record["response"]["answer"])
            for name, value in record["metadata"]["columns"].items():
                assert cells["q_id" if name == "id" else name] == value
        blocks = (self.path / "output.txt").read_bytes()
        assert blocks == b"".join(views.render_txt(record) for record in records)


def _in_a_view(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text.replace("\0", "\u2400"))
