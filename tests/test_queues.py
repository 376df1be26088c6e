"""A queue of a wing, asked from its first row to its bookmarks, at a server on loopback."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dset import choosing, queues
from dset.endpoints import Endpoint
from dset.errors import QuestionsError
from dset.gates import Verdict
from dset.progress import Progress
from dset.queues import Asked, Queue
from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from dset.settings import Settings, load
from dset.workspace import Workspace
from tests.running import questions_csv, statuses


@contextlib.asynccontextmanager
async def unseen(_: Progress) -> AsyncIterator[None]:
    yield


def asked(script: Script, serve: Callable[[Script], Server], lines: list[str], **more: object) -> Asked:
    """The queue in q.csv, asked at this service."""
    flags = {"max_tokens": "50", "concurrency": "1", "base_url": serve(script).base_url}
    settings = load(flags, {})

    def endpoints() -> list[Endpoint]:
        lines.append("chosen")
        return list(choosing.choose(settings, choosing.services(settings), lines.append))

    queue = Queue(replace_output(settings), Path(), **more)  # type: ignore[arg-type]
    return queues.ask(queue, endpoints, None, unseen, lines.append)


def replace_output(settings: Settings) -> Settings:
    return replace(settings, output=Path("queue"), given=settings.given | {"output"})


def test_all_rows_are_asked_answered_and_counted(serve: Callable[[Script], Server]) -> None:
    questions_csv(Path(), "one", "two")
    lines: list[str] = []
    done = asked(lambda _: faults.ok("so"), serve, lines)
    assert (done.exit_status, done.progress.answered, done.after.todo, done.is_over) == (0, 2, 0, False)
    assert lines == ["chosen", "2 to do, 0 done, 0 blocked, 0 empty"]
    assert any("answered 2" in line for line in done.lines(invented=False))
    assert len(Path("queue/output.json").read_bytes().splitlines()) == 2


def test_where_nothing_is_to_do_no_endpoint_is_chosen(serve: Callable[[Script], Server]) -> None:
    questions_csv(Path(), "one")
    asked(lambda _: faults.ok("so"), serve, [])
    lines: list[str] = []
    done = asked(lambda _: faults.ok("never asked"), serve, lines)
    assert (done.exit_status, done.progress.answered) == (0, 0)
    assert "chosen" not in lines


def test_rows_may_be_taken_out_of_the_plan_and_answers_refused(serve: Callable[[Script], Server]) -> None:
    questions_csv(Path(), "one", "two", "three")

    def narrowed(work: Workspace) -> None:
        work.plan.narrow(lambda question: question.text != "two")

    def gate(question: object, reply: object, told: int) -> Verdict:
        del question, reply, told
        return Verdict(("bad",))

    done = asked(lambda _: faults.ok("so"), serve, [], narrowed=narrowed, gate=gate)
    assert (done.plan.todo, done.progress.failed, done.exit_status) == (2, 2, 1)
    assert statuses(Path()) == {2: "ERROR", 4: "ERROR"}


def test_what_ends_it_would_end_the_next_queue_too(serve: Callable[[Script], Server]) -> None:
    questions_csv(Path(), "one", "two")
    done = asked(lambda _: faults.bad_key(), serve, [])
    assert done.is_over
    assert done.exit_status == 2


def test_a_queue_that_is_not_there_is_told(serve: Callable[[Script], Server]) -> None:
    with pytest.raises(QuestionsError, match=r"q\.csv"):
        asked(lambda _: faults.ok("so"), serve, [])
