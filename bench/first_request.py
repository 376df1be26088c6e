"""From the start of the process to its first request, beside `import openai` alone, in turn: medians in seconds.

python bench/first_request.py [ROWS] [RUNS]
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Server


def first_request(folder: Path, rows: int) -> float:
    """Seconds until the first request of a fresh run over `rows` questions arrives."""
    lines = [f"What is the meaning of number {number}?,\n" for number in range(rows)]
    (folder / "q.csv").write_text("question,status\n" + "".join(lines), encoding="utf-8")
    arrived: list[float] = []

    def script(_: Request) -> Behaviour:
        arrived.append(time.perf_counter())
        return faults.ok()

    with Server(script) as server:
        started = time.perf_counter()
        command = [
            sys.executable,
            str(ROOT / "dset_generator.py"),
            "--base-url",
            server.base_url,
            "--limit",
            "8",
        ]
        subprocess.run([*command, "--quiet"], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        return arrived[0] - started


def import_openai() -> float:
    """Seconds for a process that does nothing else."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import openai"], check=True)
    return time.perf_counter() - started


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    ours, alone = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(first_request(Path(folder), rows))
        alone.append(import_openai())
    more = statistics.median(one - other for one, other in zip(ours, alone, strict=True))
    print(f"{rows:,} rows, median of {runs}: first request {statistics.median(ours):.2f}")
    print(f"import openai alone {statistics.median(alone):.2f}, more by {more:.2f}")


if __name__ == "__main__":
    main()
