"""The tokens of a run, added up."""

import pytest

from dset.costs import Tokens
from dset.replies import Reply
from tests import samples


def told(prompt: int | None, cached: int | None, completion: int | None, reasoning: int | None) -> Reply:
    return samples.reply(
        prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion, reasoning_tokens=reasoning
    )


@pytest.mark.parametrize(
    ("replies", "sums"),
    [
        ([], Tokens()),
        ([told(10, 4, 5, 2), told(1, 0, 1, 0)], Tokens(11, 4, 6, 2)),
        ([told(10, None, 5, None)], Tokens(10, 0, 5, 0)),
        ([told(None, None, 5, None)], Tokens(0, 0, 5, 0)),
        ([told(0, 0, 0, 0)], Tokens(0, 0, 0, 0)),
        ([told(None, None, None, None), told(10, 4, 5, 2)], Tokens(10, 4, 5, 2, untold=1)),
    ],
)
def test_the_figures_of_all_replies_are_added_and_those_not_told_are_counted(
    replies: list[Reply], sums: Tokens
) -> None:
    tokens = Tokens()
    for reply in replies:
        tokens.add(reply)
    assert tokens == sums


def test_the_sums_are_told_for_people() -> None:
    assert str(Tokens(1_234_567, 1000, 2000, 30)) == "1,234,567 in (1,000 cached), 2,000 out (30 thinking)"
    assert str(Tokens(untold=2)).endswith("; not told for 2")


def test_the_figures_of_a_record_are_counted_and_what_it_does_not_tell_is_known_as_such() -> None:
    tokens = Tokens()
    tokens.count({"prompt_tokens": 10, "cached_tokens": 4, "completion_tokens": 5, "reasoning_tokens": 3})
    tokens.count({"timestamp": "2025", "question": "the original tool's record"})
    tokens.count({"prompt_tokens": "many", "completion_tokens": None})
    assert str(tokens) == "10 in (4 cached), 5 out (3 thinking); not told for 2"
