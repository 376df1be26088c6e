"""The service that is asked, and its bill by content."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request
from tests.promise.users_csv import content

MODES = ("well", "flaky", "outage", "key", "busy")
# What a request for a text comes to: answered, to be tried again, failed, or paid for in vain.
GOOD, AGAIN, FAILED, PAID = "good", "again", "failed", "paid"
HOSTILE = '=1\r\n\u0085\u2028\x00 \ud83d\n{"metadata": {"id": "\n' + "-" * 50 + '\nQuestion: "no", '
_PROMPT = "answer this question: "


def answer_to(key: str) -> str:
    """The one right answer."""
    return f"answer to {key}" + (HOSTILE if len(key) % 2 else "")


@dataclass(frozen=True)
class Plot:
    """How the service behaves in one run, and what else happens when the `at`-th question arrives."""

    mode: str = "well"
    after: int = 0  # questions that are answered well before it
    save_at: int = 0
    interrupt_at: int = 0


WELL = Plot()


class Service:
    """The script of the one server; a new plot for each run."""

    def __init__(self) -> None:
        self.plot = WELL
        self.save: Callable[[], None] = lambda: None
        self.is_dead: Callable[[], bool] = lambda: False
        self.trouble: BaseException | None = None
        self.count = 0
        self.bill: dict[str, Counter[str]] = {}

    def open(self, plot: Plot, save: Callable[[], None], is_dead: Callable[[], bool]) -> None:
        """Begin a run."""
        self.plot, self.save, self.is_dead = plot, save, is_dead
        self.count, self.bill = 0, {}

    def script(self, request: Request) -> Behaviour:
        if self.is_dead():  # a process that has ended sends nothing
            return faults.overloaded()
        key = content(request.text.removeprefix(_PROMPT))
        self.count += 1
        try:
            if self.count == self.plot.save_at:
                self.save()
        except BaseException as error:  # noqa: BLE001 - told by the machine
            self.trouble = error
        fate, behaviour = self._fate(key)
        self.bill.setdefault(key, Counter())[fate] += 1
        if self.count == self.plot.interrupt_at:
            os.kill(os.getpid(), signal.SIGINT)
            return replace(behaviour, delay=0.25)  # later than those that wait for nothing look
        return behaviour

    def _fate(self, key: str) -> tuple[str, Behaviour]:
        mode = self.plot.mode
        good = (
            GOOD,
            faults.ok(
                answer_to(key),
                "thinking",
            ),
        )
        if mode == "well" or self.count <= self.plot.after:
            return good
        if mode == "outage":
            return AGAIN, faults.dropped() if self.count % 2 else faults.overloaded()
        if mode == "key":
            return FAILED, faults.bad_key()
        asked = self.bill.get(key, Counter()).total()
        if mode == "busy":
            return good if asked else (AGAIN, faults.retry_after("0.01"))
        kind = key.partition(" ")[0]
        if kind == "shaky" and asked % 2 == 0:
            return AGAIN, faults.server_error()
        return {
            "long": (PAID, faults.cut_short()),
            "risky": (PAID, faults.content_exists_risk()),
            "bad": (FAILED, faults.unprocessable("no such thing")),
            "stuck": (AGAIN, faults.overloaded()),
        }.get(kind, good)
