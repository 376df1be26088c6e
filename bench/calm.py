"""A calm rehearsal of each CSV that is named: every row answered once, all outputs read back, time and memory.

python bench/calm.py FILE.csv …
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dset import views


def asked(path: Path) -> list[str]:
    """The questions of the file, as Python's csv reads them."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sorted(row["question"] for row in csv.DictReader(stream))


def read_back(folder: Path) -> tuple[list[str], ...]:
    """The questions in output.json, in output.csv by Python and by pandas, and in output.txt."""
    import pandas as pd

    lines = (folder / "output.json").read_bytes().split(b"\n")[:-1]
    in_json = [json.loads(line)["metadata"]["question"] for line in lines]
    with (folder / "output.csv").open(encoding="utf-8-sig", newline="") as stream:
        in_csv = [views.unguard(row["question"]) for row in csv.DictReader(stream)]
    frame = pd.read_csv(folder / "output.csv", dtype=str, keep_default_na=False)
    in_pandas = [views.unguard(cell) for cell in frame["question"]]
    text = (folder / "output.txt").read_text(encoding="utf-8")
    in_txt = [line[10:] for line in text.split("\n") if line.startswith("Question: ")]
    return in_json, in_csv, in_pandas, in_txt


def rehearse(path: Path, folder: Path) -> str:
    """One line on the rehearsal of `path` in `folder`."""
    shutil.copy(path, folder / "q.csv")
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "dset_generator.py"), "--rehearse=calm", "--quiet"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    memory = peak(process)
    seconds = time.perf_counter() - started
    questions = asked(path)
    equal = all(sorted(found) == questions for found in read_back(folder / "dset_generator" / "rehearsal"))
    return f"{path.name}: {len(questions):,} rows, {seconds:.1f} s, {memory} MB, read back equal: {equal}"


def peak(process: "subprocess.Popen[bytes]") -> str:
    """Wait for the process; its peak memory in MB, where the system tells it."""
    try:
        import os

        _, status, usage = os.wait4(process.pid, 0)
    except (AttributeError, ImportError):
        process.wait()
        return "?"
    process.returncode = status
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return f"{usage.ru_maxrss / unit:.0f}"


def main() -> None:
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            print(rehearse(Path(name).resolve(), Path(folder)))


if __name__ == "__main__":
    main()
