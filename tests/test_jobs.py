"""How what became of a row is written down."""

from typing import Any

import pytest

from dset.failures import Failure, Kind
from dset.jobs import Job
from dset.rejections import INTERRUPTED, RETRIED
from dset.turns import Turn
from tests import samples


def job(**more: Any) -> Job:
    async def ask(lane: object, sent: object) -> Failure:
        raise AssertionError("nobody asks")

    fixed: dict[str, Any] = {"run": "r", "settings": "f1", "most": 1}
    told: dict[str, Any] = {"retry_waits": (), "spending": samples.spending()} | fixed | more
    told["failover"] = samples.failover()
    return Job(iter(()), lambda question: [], ask, **told)


def turn() -> Turn:
    return Turn(samples.question("Why?", 3), samples.lane(), requests=4, seconds=1.23456)


def test_an_answer_says_how_it_was_got() -> None:
    made = job().answer(turn(), samples.reply(model="served"))
    assert (made.question.row, made.model, made.endpoint, made.run) == (3, "served", "p/none/asked-for", "r")
    assert (made.attempts, made.seconds) == (4, 1.235)
    assert made.timestamp.endswith("Z")
    assert job().answer(turn(), samples.reply(model=None)).model == "asked-for"


@pytest.mark.parametrize("kind", [Kind.CUT_SHORT, RETRIED])
def test_a_rejection_keeps_the_reply_why_it_is_no_answer_and_what_to_do(kind: str) -> None:
    came = samples.reply("half", model="served")
    made = job().rejection(turn(), kind, Failure(Kind.CUT_SHORT, "cut short", "Raise it.", reply=came))
    assert (made.kind, made.reason, made.settings, made.reply) == (kind, "cut short Raise it.", "f1", came)
    figures = dict(made.figures)
    assert (figures["model"], figures["attempts"], figures["seconds"]) == ("served", 4, 1.235)


def test_a_row_that_the_user_stopped_is_told_no_advice() -> None:
    made = job().rejection(turn(), INTERRUPTED, Failure(Kind.OUTAGE, "no connection", "Check the network."))
    assert (made.reason, made.reply, dict(made.figures)["model"]) == ("no connection", None, "asked-for")


def test_what_was_paid_for_stands_in_one_line_only() -> None:
    once, again = turn(), turn()
    once.cost_usd = again.cost_usd = 0.25
    again.kept = True  # by a line of its own
    failure = Failure(Kind.OUTAGE, "broke off", reply=samples.reply("half"))
    costs = [dict(job().rejection(one, Kind.OUTAGE, failure).figures)["cost_usd"] for one in (once, again)]
    assert costs == [0.25, None]
