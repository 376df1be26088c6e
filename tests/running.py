"""Running the program from outside, as a user does, and reading what it left behind."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import views

SCRIPT = Path(__file__).resolve().parent.parent / "dset_generator.py"
# What a process needs to start at all, on any system; nothing of the user's settings.
_KEPT = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "HOME", "USERPROFILE", "LANG", "SSL_CERT_DIR", "COVERAGE_PROCESS_START",
         "COVERAGE_PROCESS_CONFIG", "COVERAGE_RUN")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """How a run of the program ended."""

    exit_status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self.out + self.err


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A clean environment for a child: UTF-8, no key, no setting."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONUTF8": "1", "PYTHONWARNINGS": "error"} | dict(extra or {})


def run_script(
    place: Path, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 60, stdin: str = ""
) -> Run:
    """Run the program in `place` to its end."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=place,
        env=environment(env),
        capture_output=True,
        timeout=timeout,
        input=stdin.encode(),
    )
    return Run(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def at(base_url: str, *arguments: str) -> tuple[str, ...]:
    """Arguments that point a run at a loopback server, with waits that a test can afford."""
    return ("--base-url", base_url, "--retry-waits", "0.05,0.1,0.2", *arguments)


def journal(place: Path, folder: str = "dset_generator") -> list[dict[str, Any]]:
    """The records of output.json."""
    path = place / folder / "output.json"
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line] if path.exists() else []


def rejected(place: Path, folder: str = "dset_generator") -> list[dict[str, Any]]:
    """The records of rejected.json."""
    path = place / folder / "rejected.json"
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line] if path.exists() else []


def csv_rows(place: Path, folder: str = "dset_generator") -> list[dict[str, str]]:
    """The rows of output.csv, read as Python's csv reads them, guards taken off."""
    with (place / folder / "output.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [{name: views.unguard(cell) for name, cell in row.items()} for row in csv.DictReader(stream)]


def txt_questions(place: Path, folder: str = "dset_generator") -> list[str]:
    """The questions in output.txt, for questions of one line."""
    text = (place / folder / "output.txt").read_text(encoding="utf-8")
    return [line.removeprefix("Question: ") for line in text.split("\n") if line.startswith("Question: ")]


def questions_csv(place: Path, *questions: str, status: Mapping[int, str] | None = None) -> Path:
    """Write q.csv with these questions, one a row; `status` by spreadsheet row (2 is the first question)."""
    path = place / "q.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["question", "status"])
        for row, question in enumerate(questions, 2):
            writer.writerow([question, (status or {}).get(row, "")])
    return path


def statuses(place: Path) -> dict[int, str]:
    """The status cells of q.csv that are not empty, by spreadsheet row."""
    with (place / "q.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    column = rows[0].index("status")
    return {
        number: row[column]
        for number, row in enumerate(rows, 1)
        if number > 1 and row[column:] and row[column]
    }
