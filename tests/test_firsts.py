"""Where the first three rows all fail alike, it is not the rows."""

from collections.abc import Sequence

import pytest

from dset.failures import Failure, Kind
from dset.firsts import Firsts

LONG = Failure(Kind.ROW_FAULT, "too long by 12 tokens", status=400)
LONGER = Failure(Kind.ROW_FAULT, "too long by 4096 tokens", status=400)
OTHER = Failure(Kind.ROW_FAULT, "no such parameter", "Leave it out.", status=422)
REFUSAL = Failure(Kind.REFUSAL, "blocked", status=400)


def stopped(outcomes: Sequence[Failure]) -> list[bool]:
    firsts = Firsts()
    return [firsts.note(outcome) is not None for outcome in outcomes]


@pytest.mark.parametrize(
    "outcomes",
    [
        [LONG, LONG],
        [LONG, LONG, OTHER],
        [OTHER, LONG, LONG, LONG],
        [REFUSAL] * 4,
        [REFUSAL, LONG, LONG, LONG],
    ],
)
def test_fewer_than_three_or_others_among_them_end_nothing(outcomes: Sequence[Failure]) -> None:
    assert not any(stopped(outcomes))


def test_three_alike_but_for_their_numbers_end_the_run_once() -> None:
    assert stopped([LONG, LONGER, LONG, LONG]) == [False, False, True, False]


def test_what_the_service_advises_is_passed_on_else_what_to_check_is_said() -> None:
    for outcome, advice in ((OTHER, "Leave it out."), (LONG, "Check --model")):
        firsts = Firsts()
        why = [firsts.note(outcome) for _ in range(3)][-1]
        assert why is not None
        assert why.advice.startswith(advice)
        assert why.reason == f"the first rows all failed alike: {outcome.reason}"
