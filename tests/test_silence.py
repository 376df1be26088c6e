"""A service that reads a question and says nothing: a block of Gemini's filter looks so, and so does overload."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dset.completions import read_completion
from dset.failures import Failure, Kind
from dset.rehearsal import faults
from dset.rehearsal.server import Script, Server
from tests.running import Run, at, journal, questions_csv, rejected, statuses

Main = Callable[..., Run]
Serve = Callable[[Script], Server]
TRIES = 4


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for the services of these tests."""
    monkeypatch.setenv("DSET_API_KEY", "sk-of-a-test")


def quiet(part: str = "quiet") -> Script:
    """Nothing is said to what holds this word."""
    return faults.by_text({part: faults.gemini_no_choices()}, faults.echo())


def test_a_row_to_which_nothing_is_said_again_and_again_is_blocked(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "one", "quiet", "three", "four")
    server = serve(quiet())
    run = main(*at(server.base_url, "--concurrency", "2"))
    assert run.exit_status == 0, run.said
    assert statuses(clean_place) == {3: "BLOCKED"}
    assert len(journal(clean_place)) == 3
    assert len(server.questions) == 3 + TRIES
    assert [line["kind"] for line in rejected(clean_place)] == ["refusal"]
    assert "possibly billed twice" not in run.said  # it said what it counted
    assert main(*at(server.base_url)).exit_status == 0
    assert len(server.questions) == 3 + TRIES  # it is not asked for ever


def test_a_row_that_is_left_alone_with_silence_is_blocked_too(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, "quiet")
    server = serve(quiet())
    assert main(*at(server.base_url)).exit_status == 0
    assert statuses(clean_place) == {2: "BLOCKED"}
    assert len(server.questions) == TRIES


def test_a_service_that_is_silent_to_all_is_out_of_order_and_blocks_few(
    main: Main, serve: Serve, clean_place: Path
) -> None:
    questions_csv(clean_place, *(f"quiet {number}" for number in range(30)))
    run = main(*at(serve(quiet()).base_url, "--concurrency", "3"))
    assert run.exit_status == 1, run.said
    words = list(statuses(clean_place).values())
    assert words.count("BLOCKED") <= 4
    assert "ERROR" in words
    assert "no choices in it" in run.said


def test_silence_once_after_other_failures_is_no_block(main: Main, serve: Serve, clean_place: Path) -> None:
    questions_csv(clean_place, "one", "shaky", "three", "four")
    tries = [faults.overloaded()] * (TRIES - 1) + [faults.gemini_no_choices()]
    server = serve(faults.by_text({"shaky": tries}, faults.echo()))
    assert main(*at(server.base_url, "--concurrency", "2")).exit_status == 1
    assert statuses(clean_place) == {3: "ERROR"}


@pytest.mark.parametrize(
    ("body", "silent"),
    [
        (b'{"choices": null, "usage": {"prompt_tokens": 9, "completion_tokens": 0}}', True),
        (b'{"choices": [], "usage": {"prompt_tokens": 9}}', True),
        (b'{"usage": {"completion_tokens": 0}}', True),
        (b'{"choices": []}', False),
        (b'{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 7}}', False),
        (b'{"error": {"message": "Internal error"}, "usage": {"prompt_tokens": 9}}', False),
        (b"", False),
    ],
)
def test_silence_is_a_completion_that_was_counted_and_holds_nothing(body: bytes, silent: bool) -> None:
    outcome = read_completion(body)
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.silent) == (Kind.OUTAGE, silent)


@pytest.mark.parametrize("reason", ["IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_SAFETY"])
def test_what_is_blocked_for_a_picture_is_a_refusal(reason: str) -> None:
    outcome = read_completion(faults.gemini_blocked(reason).body)
    assert isinstance(outcome, Failure)
    assert outcome.kind is Kind.REFUSAL
