"""A million rows, nearly all answered: memory, start to first request, the bookmarks of a stop, disk a row.

    python bench/million.py [ROWS] [--crashed]

Writes q.csv and a journal with all answers but the last thousand, lets a run bring the folder level, then measures a
run whose requests are held by a service that then refuses the key: it bookmarks and stops. `--crashed`: as after
a crash, when nothing that the last exit noted can be trusted.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Server
from tests import samples

OPEN = 1_000  # rows without an answer


def lay_out(folder: Path, rows: int) -> None:
    """q.csv and output.json."""
    from dset import answers

    with (folder / "q.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        stream.write("question,status,topic\n")
        stream.writelines(
            f"What is the answer to question number {n}?,,topic {n % 50}\n" for n in range(rows)
        )
    (folder / "dset_generator").mkdir()
    said = samples.reply(
        "It is what it is, said at some length, so that the line looks like a real one. " * 3
    )
    with (folder / "dset_generator" / "output.json").open("wb") as stream:
        for n in range(rows - OPEN):
            asked = samples.question(
                f"What is the answer to question number {n}?", n + 2, columns={"topic": f"topic {n % 50}"}
            )
            stream.write(answers.as_line(answers.as_record(samples.answer(asked, said))))


def run(folder: Path, url: str, *more: str) -> tuple[float, int, str]:
    """(seconds, peak memory in MB, what it printed)."""
    command = [
        sys.executable,
        str(ROOT / "dset_generator.py"),
        "--base-url",
        url,
        "--retry-waits",
        "none",
        *more,
    ]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TEMP") if name in os.environ}
    began = time.time()
    child = subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    assert child.stdout is not None
    said = child.stdout.read()
    _, _, usage = os.wait4(child.pid, 0)
    return time.time() - began, usage.ru_maxrss // 1024, said


def size(path: Path) -> int:
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("rows", nargs="?", type=int, default=1_000_000)
    options.add_argument("--crashed", action="store_true")
    given = options.parse_args()
    arrived: list[float] = []
    refusal = faults.slow(1, faults.bad_key())

    def script(request: Request) -> Behaviour:
        arrived.append(time.time())
        return refusal(request) if len(arrived) > 1 else faults.ok()

    with tempfile.TemporaryDirectory() as name, Server(script, keep_bodies=False) as server:
        folder = Path(name)
        lay_out(folder, given.rows)
        print(f"{given.rows:,} rows: q.csv {(folder / 'q.csv').stat().st_size >> 20} MB, "
              f"output.json {size(folder / 'dset_generator') >> 20} MB")  # fmt: skip
        seconds, memory, _ = run(folder, server.base_url, "--limit", "1")
        print(f"counting, and bringing the views level: {seconds:.1f} s, peak {memory} MB")
        if given.crashed:
            (folder / "dset_generator" / ".state.json").unlink()
        began = time.time()
        seconds, memory, said = run(folder, server.base_url, "--concurrency", "8")
        print(said)
        ended = began + seconds
        print(f"first request after {arrived[1] - began:.2f} s; refusal to exit {ended - arrived[-1] - 1:.2f} s; "
              f"peak {memory} MB; disk {size(folder) / given.rows:.0f} bytes a row")  # fmt: skip


if __name__ == "__main__":
    main()
