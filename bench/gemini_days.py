"""Free Gemini keys through simulated days: 4,789 rows, 5 keys × 4 models, 20 requests a day and 10 a minute for each,
13 rows that are blocked, a key that dies at row 1,143; once in one go, then killed twenty times on the way.

python bench/gemini_days.py [ROWS] [KILLS]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.simulation import program, verdict

_AT_ONCE = 12


def go(rows: int, kills: int) -> str:
    """One dataset in a folder of its own, killed so often, then finished and judged; one line on it."""
    questions, blocked, plot = program.lay_out(Path(), rows, 5, deadly=min(1143, rows // 4 + 1))
    started = time.perf_counter()
    program.killed(plot, rows, kills, _AT_ONCE, os.environ | {"PYTHONPATH": str(ROOT)})
    told = verdict.check(Path(), questions, blocked, kills, _AT_ONCE)
    took = time.perf_counter() - started
    return (
        f"{rows:,} rows, killed {kills} times: {told['days']:.1f} simulated days in {took:.0f} s; answered {told['ok']:,}, "
        f"blocked {told['blocked']}, bought again {told['bought again']}; refused: {told['day']:,} by the day, "
        f"{told['minute']:,} by the minute, {told['bad key']} for the dead key"
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 4789
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    for number in (0, kills):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            print(go(rows, number), flush=True)
            os.chdir(ROOT)


if __name__ == "__main__":
    main()
