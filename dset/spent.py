"""What a dataset has cost so far: the sum over output.json and rejected.json, and what may have been billed besides."""

import json
import math
import re
from pathlib import Path

from dset import answers
from dset.folders import Folder

# Inside a text every quotation mark is escaped, so nobody's words can look like this name; the user's column of that
# name holds text, not a number.
_COST = re.compile(rb'"cost_usd": ([0-9][0-9.eE+-]*)[,}]')
_BLOCK = 1 << 20


def so_far(folder: Folder) -> float:
    """USD that earlier runs in this folder are known, or must be taken, to have cost."""
    return math.fsum((_sum(folder.journal), _sum(folder.rejected), _maybe(folder.runs)))


def _sum(path: Path) -> float:
    total, rest = [], b""
    if not path.exists():
        return 0.0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            whole, _, rest = (rest + block).rpartition(b"\n")
            total += [_number(found) for found in _COST.findall(whole)]
    total += [_number(found) for found in _COST.findall(rest)]
    return math.fsum(total)


def _number(digits: bytes) -> float:
    try:
        value = float(digits)
    except ValueError:
        return 0.0
    return value if 0 <= value < math.inf else 0.0


def _maybe(path: Path) -> float:
    """What requests whose outcome nobody knows may have cost, as the runs noted it at their ends."""
    total = 0.0
    for line in answers.lines_of(path):
        try:
            noted = json.loads(line)["counts"]["maybe_billed_usd"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(noted, int | float) and not isinstance(noted, bool) and 0 <= noted < math.inf:
            total += noted
    return total
