"""What a dataset has cost so far: the sum over output.json and rejected.json, and what may have been billed besides."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from dset import answers
from dset.costs import DEAREST
from dset.folders import Folder

_NAME = b'"cost_usd": '
_RUN = b'"run": "'
_AMOUNT = re.compile(rb"[0-9][0-9.eE+-]{0,40}(?=[,}])")


def so_far(folder: Folder) -> float:
    """USD that earlier runs in this folder are known, or must be taken, to have cost."""
    return math.fsum((_sum(folder.journal), _sum(folder.rejected), _maybe(folder.runs)))


def unknown(folder: Folder) -> int:
    """Answers of earlier runs whose cost nobody knows and that no run has noted at their worst: they count as nothing."""
    if not folder.journal.exists():
        return 0
    noted = {run.encode() for run, usd in _noted(folder.runs) if usd}
    with folder.journal.open("rb") as stream:
        return sum(
            line.startswith(b"null", at + len(_NAME)) and _run(line, at) not in noted
            for line in stream
            if (at := line.find(_NAME)) >= 0
        )


def _run(line: bytes, end: int) -> bytes:
    """The run that the line names before `end`."""
    at = line.rfind(_RUN, 0, end)
    return line[at + len(_RUN) :].partition(b'"')[0] if at >= 0 else b""


def _sum(path: Path) -> float:
    if not path.exists():
        return 0.0
    with path.open("rb") as stream:
        return math.fsum(map(_cost, stream))


def _cost(line: bytes) -> float:
    """What the line says that its request cost: found without parsing it, since a journal may have a million.

    The first of its name in a line is the metadata's. Inside a text every quotation mark is escaped, so nobody's words
    can look like it.
    """
    at = line.find(_NAME)
    found = _AMOUNT.match(line, at + len(_NAME)) if at >= 0 else None
    try:
        return _amount(float(found[0])) if found else 0.0
    except ValueError:
        return 0.0


def _amount(value: float) -> float:
    return value if 0 <= value <= DEAREST else 0.0


def _maybe(path: Path) -> float:
    return math.fsum(usd for _, usd in _noted(path))


def _noted(path: Path) -> Iterator[tuple[str, float]]:
    """(run, what its requests whose outcome or cost nobody knows may have cost), as the runs noted it at their ends."""
    for line in answers.lines_of(path):
        try:
            run = json.loads(line)
            noted = run["counts"]["maybe_billed_usd"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(noted, int | float) and not isinstance(noted, bool):
            yield str(run.get("run")), _amount(noted)
