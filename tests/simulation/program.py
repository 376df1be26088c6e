"""The whole program at a simulated service: `python -m tests.simulation.program PLOT.json [FLAGS]` in a work folder.

PLOT.json holds the fields of gemini.Plot. The books of the service are in `book.jsonl` beside it.
"""

import asyncio
import json
import sys
from collections.abc import Coroutine, Sequence
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
