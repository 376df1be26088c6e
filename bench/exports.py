"""Time and peak memory of an export of a journal of small rows, a process for each format.

python bench/exports.py [ROWS] [FORMAT or FORMAT:SPLIT …]
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FORMATS = ("json", "jsonl", "csv", "parquet", "arrow", "hf", "chat", "alpaca", "jsonl:90/5/5")
PLAN = {
    "version": 1,
    "task": {
        "name": "reviews",
        "label": "label",
        "parameters": {"topic": ["food"]},
        "schema": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "label": {"enum": ["pos", "neg", "neutral"]},
                "entities": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"word": {"type": "string"}}},
                },
            },
        },
    },
    "schema_version": "0123456789ab",
    "lang": "en",
    "seed": 0,
}


def journal(rows: int) -> Iterator[bytes]:
    """Lines as a run with 64 in flight writes them: nearly in the order of rows."""
    from dset import answers
    from tests import samples

    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(5_000)]
    waiting: list[bytes] = []
    for row in range(2, rows + 2):
        text = " ".join(chance.choices(words, k=15))
        line = samples.record(f"row {row}", row=row, columns={"topic": "food", "slots": str(row)})
        data = {"text": text, "label": ("pos", "neg", "neutral")[row % 3], "entities": [{"word": text[:7]}]}
        line["response"] = {"reasoning": None, "answer": "", "data": data}
        waiting.append(answers.as_line(line))
        if len(waiting) > 64:
            yield waiting.pop(chance.randrange(64))
    yield from waiting


def export_once(folder: Path, form: str) -> None:
    """Export in this process and print what it took."""
    import resource

    from dset.exports.export import export
    from dset.exports.options import Options

    name, _, split = form.partition(":")
    shares = tuple(map(int, split.split("/"))) if split else ()
    started = time.perf_counter()
    made = export(
        Options(sources=(folder,), formats=(name,), split=shares, exports=folder / "exports"),
        str,  # what is told is not shown
    )
    seconds, cpu = time.perf_counter() - started, time.process_time()
    size = sum(one.stat().st_size for path in made for one in [path, *path.rglob("*")] if one.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{form:14} {seconds:7.1f} s ({cpu:.1f} s of CPU)  peak {peak:6.0f} MB  {size / 1e6:7.1f} MB written",
        flush=True,
    )


def main() -> None:
    if sys.argv[1] == "--once":
        export_once(Path(sys.argv[2]), sys.argv[3])
        return
    rows = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "reviews"
        folder.mkdir()
        (folder / "plan.json").write_text(json.dumps(PLAN))
        with (folder / "output.json").open("wb") as stream:
            stream.writelines(journal(rows))
        print(
            f"{rows:,} rows, a journal of {(folder / 'output.json').stat().st_size / 1e6:.0f} MB", flush=True
        )
        for form in sys.argv[2:] or FORMATS:
            subprocess.run([sys.executable, __file__, "--once", str(folder), form], check=True)


if __name__ == "__main__":
    sys.argv[1:] = sys.argv[1:] or ["1000000"]
    main()
