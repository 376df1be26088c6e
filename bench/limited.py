"""A quick service that bears so many requests at once, half as many for a while. python bench/limited.py --help

What is more is refused at once, or waits in a queue without end. It notes, second by second, what it saw.
"""

import argparse
import asyncio
import json
import math
import random
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import quick

Send = Callable[[bytes], None]

SIGMA = 0.4  # of the logarithm of the latencies, as in pace.py
_STATED = (
    "Your current concurrency is {over}, which exceeds your concurrency limit of {limit} based on your remaining "
    "balance. Please lower it, or top up."
)


class Limited(quick.Service):
    """Times are seconds since the first request; `kind` is plain, stated, wait (refusals) or box (a queue)."""

    def __init__(self, kind: str, limit: int, latency: float, halved: float, doubled: float) -> None:
        """`latency` in the median; half of `limit` holds from `halved` until `doubled`."""
        super().__init__(quick.answer(900), latency)
        self._kind, self._full, self._halved, self._doubled = kind, limit, halved, doubled
        self._queue: deque[Send] = deque()
        self._working = 0
        self._draw = random.Random(1).lognormvariate

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._begun: float | None = None
        self._noted = 0.0
        self._drawn = [0.0, 0]  # latencies: their sum, how many
        self._seconds: list[list[float]] = []  # arrived, answered, refused, load (in the mean), peak

    @property
    def _limit(self) -> int:
        return self._full // 2 if self._halved <= self._noted < self._doubled else self._full

    def asked(self, send: Send) -> None:
        """Take it, refuse it or let it wait."""
        second = self._note()
        second[0] += 1
        if self._kind != "box" and self.in_flight >= self._limit:
            second[2] += 1
            send(self._refusal())
            return
        self.in_flight += 1
        second[4] = max(second[4], self.in_flight)
        if self._kind == "box" and self._working >= self._limit:
            self._queue.append(send)
        else:
            self._begin(send)

    def _begin(self, send: Send) -> None:
        self._working += 1
        seconds = self._draw(math.log(self.latency), SIGMA)
        self._drawn[0] += seconds
        self._drawn[1] += 1
        asyncio.get_running_loop().call_later(seconds, self._answer, send)

    def _answer(self, send: Send) -> None:
        self._note()[1] += 1
        self.in_flight -= 1
        self._working -= 1
        send(self.reply)
        while self._queue and self._working < self._limit:
            self._begin(self._queue.popleft())

    def _refusal(self) -> bytes:
        limit = self._limit
        said = _STATED.format(over=limit + 1, limit=limit) if self._kind == "stated" else "Too Many Requests"
        body = {"error": {"message": said, "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
        wait = b"Retry-After: 1\r\n" if self._kind == "wait" else b""
        return quick.framed(json.dumps(body).encode(), b"429 Too Many Requests", wait)

    def _note(self) -> list[float]:
        """Count what was in flight up to now; the present second."""
        time = asyncio.get_running_loop().time()
        if self._begun is None:
            self._begun = time
        now = time - self._begun
        while self._noted < now:
            end = min(now, math.floor(self._noted) + 1.0)
            self._second(self._noted)[3] += self.in_flight * (end - self._noted)
            self._noted = end
        return self._second(now)

    def _second(self, at: float) -> list[float]:
        while len(self._seconds) <= at:
            self._seconds.append([0, 0, 0, 0.0, self.in_flight])
        return self._seconds[int(at)]

    def figures(self) -> bytes:
        """What was seen, as a reply."""
        self._note()
        names = ("arrived", "answered", "refused", "load", "peak")
        columns: dict[str, Any] = dict(zip(names, zip(*self._seconds, strict=True), strict=True))
        columns["latency"] = self._drawn[0] / max(1, self._drawn[1])
        return quick.framed(json.dumps(columns).encode())


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or the end of a piped stdin; the base URL is the one line written."""
    parser = argparse.ArgumentParser(prog="python bench/limited.py", description=main.__doc__)
    parser.add_argument("kind", choices=("plain", "stated", "wait", "box"))
    parser.add_argument("limit", type=int, help="requests at once")
    parser.add_argument("latency", type=float, help="seconds, in the median")
    parser.add_argument("halved", type=float, nargs="?", default=math.inf, help="seconds")
    parser.add_argument("doubled", type=float, nargs="?", default=math.inf, help="seconds")
    options = parser.parse_args(argv)
    quick.run(Limited(**vars(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
