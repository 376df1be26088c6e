"""Random runs within a budget, in simulated time: none may be billed more than it was told.

python bench/budget.py [RUNS]
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.simulation import money


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    started = time.perf_counter()
    found = [money.run(seed) for seed in range(runs)]
    over = sum(one.billed > one.budget for one in found)
    ends = Counter(one.stopped or "all asked" for one in found)
    answered = sum(one.answered for one in found)
    print(
        f"{runs:,} runs, {answered:,} answers, {time.perf_counter() - started:.0f} s: {over} over their budget"
    )
    print("ended by: " + ", ".join(f"{name} {count}" for name, count in ends.most_common()))
    used = sorted(one.billed / one.budget for one in found if one.stopped == "budget" and one.budget)
    if used:
        print(
            f"of the budgets that ended a run {used[len(used) // 2]:.0%} was billed (median), {used[-1]:.1%} at most"
        )


if __name__ == "__main__":
    main()
