"""The whole program at a simulated service: `python -m tests.simulation.program PLOT.json [FLAGS]` in a work folder.

PLOT.json holds the fields of gemini.Plot. The books of the service are in `book.jsonl` beside it.
"""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import dset_generator
from dset import session
from tests.simulation.clock import Clock
from tests.simulation.gemini import MODELS, Plot, Service, made

BOOK = Path("book.jsonl")
KEYS = "GEMINI_API_KEY_{}"


def prepare(place: Path, questions: Sequence[str], keys: int, **limits: int) -> None:
    """Lay out q.csv, endpoints.toml and .env; `limits` as in endpoints.toml."""
    (place / "q.csv").write_text(
        "question,status\n" + "".join(f'"{text}",\n' for text in questions), encoding="utf-8"
    )
    names = [KEYS.format(number) for number in range(1, keys + 1)]
    lines = [
        "[[providers]]",
        'name = "gemini"',
        f"keys = {json.dumps(names)}",
        f"models = {json.dumps(MODELS)}",
    ]
    lines += [f"{name} = {limit}" for name, limit in limits.items()]
    (place / "endpoints.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (place / ".env").write_text(
        "".join(f"{name}=AIzaSy-not-a-real-key-{number:03}\n" for number, name in enumerate(names)),
        encoding="utf-8",
    )


def lay_out(
    place: Path, rows: int, keys: int, deadly: int = 0, **limits: int
) -> tuple[list[str], frozenset[str], dict[str, Any]]:
    """A work folder, its questions, the 13 that are blocked, and the plot; row `deadly` kills the key that asks it."""
    questions = [f"picture number {number}" for number in range(1, rows + 1)]
    blocked = frozenset(questions[rows // 14 :: rows // 14][:13])
    prepare(place, questions, keys, **limits)
    return (
        questions,
        blocked,
        {
            "keys": keys,
            "blocked": sorted(blocked),
            "deadly": questions[deadly - 1 if deadly else rows // 4],
        },
    )


def killed(
    plot: Mapping[str, Any], rows: int, kills: int, at_once: int, environment: Mapping[str, str]
) -> None:
    """Run it in the working directory in processes of its own: so often killed on the way, then to its end."""
    draw = random.Random(kills)
    for left in range(kills, -1, -1):
        dies = draw.randrange(rows // kills // 2, rows // kills) if left else 0
        Path("plot.json").write_text(json.dumps({**plot, "die_after": dies}))
        command = [sys.executable, "-m", __name__, "plot.json", "--wait", "--concurrency", str(at_once)]
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
        assert done.returncode == (9 if left else 0), done.stdout + done.stderr


def run(plot: Plot, flags: Sequence[str]) -> tuple[int, Service]:
    """One run in the working directory; its exit status, and the service."""
    clock = Clock()
    service = Service(clock, BOOK, plot)

    def simulated(work: Coroutine[Any, Any, Any]) -> Any:
        return clock.run(work)

    with (
        clock.ticking(),
        mock.patch.object(session, "Client", made(service)),
        mock.patch.object(asyncio, "run", simulated),
    ):
        return dset_generator.main(["--quiet", *flags]), service


def main(argv: Sequence[str]) -> int:
    """Run it; the exit status of the program."""
    told = json.loads(Path(argv[0]).read_bytes())
    plot = Plot(**{**told, "blocked": frozenset(told.get("blocked", ()))})
    return run(plot, argv[1:])[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
