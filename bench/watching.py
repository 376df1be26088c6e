"""How long a look at a dataset takes while it is watched: python bench/watching.py [ANSWERS …]

For each size a folder of its own: one answer in fifty failed first, answers of 800 characters. Told are the first
snapshot, those until all is read (each reads for 0.3 s at the most), one after a further answer, and one of `changed`.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dset import answers, rejections
from dset.contents import Question, content_key
from dset.folders import Folder
from dset.replies import Reply
from dset.watching.watch import Watch

_RUN = "20260101T000000Z-0000"
_BLOCK = 10_000


def _lines(numbers: range) -> Iterator[tuple[bytes, bytes]]:
    """(line of output.json, line of rejected.json or nothing)."""
    text = "It is what it is, said at some length. " * 20
    for number in numbers:
        words = f"question {number}"
        question = Question(
            number + 2, content_key(words), words, "", "", MappingProxyType({"topic": "t"}), ""
        )
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_767_225_600 + number // 50))
        reply = Reply(text, "deepseek-flash", None, "stop", 12, 0, 200, 0)
        made = answers.Answer(
            question, reply, at, "deepseek-flash", "deepseek/KEY/flash", _RUN, 1.5, 1, 0.0001
        )
        failed = b""
        if number % 50 == 0:
            figures = (("timestamp", at), ("run", _RUN), ("cost_usd", None))
            one = rejections.Rejection(question, "outage", "HTTP 503 Service Unavailable", "", None, figures)
            failed = answers.as_line(rejections.as_record(one))
        yield answers.as_line(answers.as_record(made)), failed


def make(folder: Folder, count: int) -> None:
    """Lay the dataset out."""
    with folder.journal.open("wb") as journal, folder.rejected.open("wb") as rejected:
        for start in range(0, count, _BLOCK):
            pairs = list(_lines(range(start, min(count, start + _BLOCK))))
            journal.write(b"".join(one for one, _ in pairs))
            rejected.write(b"".join(one for _, one in pairs))


def measure(folder: Folder, count: int) -> str:
    """A line of figures."""
    watch, times = Watch(folder), []
    while True:
        begun = time.perf_counter()
        told = watch.snapshot()
        times.append(time.perf_counter() - begun)
        if told["reading"] is None:
            break
    with folder.journal.open("ab") as journal:
        journal.write(next(_lines(range(count, count + 1)))[0])
    begun = time.perf_counter()
    watch.snapshot()
    again, begun = time.perf_counter() - begun, time.perf_counter()
    watch.changed()
    looked = time.perf_counter() - begun
    size = folder.journal.stat().st_size / 1e6
    return (
        f"{count:>9,} answers, {size:,.0f} MB: first {times[0] * 1e3:.0f} ms, all read after {sum(times):.2f} s in "
        f"{len(times)} looks, then {again * 1e3:.1f} ms a look, `changed` {looked * 1e6:.0f} µs"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("answers", nargs="*", type=int, default=[100_000, 1_000_000])
    for count in parser.parse_args().answers:
        with tempfile.TemporaryDirectory() as place:
            folder = Folder(Path(place))
            make(folder, count)
            print(measure(folder, count))


if __name__ == "__main__":
    main()
