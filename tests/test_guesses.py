"""How many tokens a request takes, guessed and learnt from the answers that came before."""

import pytest

from dset.guesses import Past, Size, cached_share, tokens_in, tokens_out, wait


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", Size(0, 0)),
        ("Why?", Size(4, 0)),
        ("ทำไม", Size(0, 12)),
        ("Tại sao?", Size(7, 3)),
        ("lone \ud83d half", Size(10, 3)),
    ],
)
def test_a_prompt_is_measured_in_bytes_of_ascii_and_beyond(text: str, size: Size) -> None:
    assert Size.of(text) == size


@pytest.mark.parametrize(
    ("text", "fewest", "most"),
    [
        # Counts of o200k_base, https://openai.com/index/hello-gpt-4o/, without what a message adds.
        (
            "Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!",
            24 * 0.7,
            24 * 2,
        ),
        ("你好，我的名字是GPT-4o。我是一种新型的语言模型，很高兴见到你!", 24 * 0.7, 24 * 2),
        (
            "Xin chào, tên tôi là GPT-4o. Tôi là một loại mô hình ngôn ngữ mới, rất vui được gặp bạn!",
            30 * 0.7,
            30 * 2,
        ),
    ],
)
def test_the_guess_is_near_what_is_known_of_a_tokeniser(text: str, fewest: float, most: float) -> None:
    assert fewest <= Size.of(text).tokens - Size.of("").tokens <= most


def test_a_picture_takes_about_a_thousand_tokens() -> None:
    assert 258 < Size.of("", images=1).tokens - Size.of("").tokens < 1_300


def test_without_a_past_the_answer_is_a_wide_guess_wider_still_for_thoughts() -> None:
    assert (tokens_out([], thinks=False).likely, tokens_out([], thinks=False).factor) == (800, 4)
    assert tokens_out([], thinks=True).likely > 2 * 800


def test_the_past_tells_the_tokens_of_an_answer() -> None:
    past = [Past(10, 100), Past(10, 300)]
    assert tokens_out(past, thinks=True).likely == 200


def test_the_more_answers_there_are_the_narrower_is_the_guess() -> None:
    factors = [
        tokens_out([Past(10, 100), Past(10, 300)] * count, thinks=False).factor for count in (1, 5, 50)
    ]
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] < 1.2


def test_one_answer_alone_is_no_certainty() -> None:
    assert tokens_out([Past(10, 100)], thinks=False).factor > 2


def test_answers_that_differ_make_a_wider_guess_than_equal_ones() -> None:
    even, uneven = ([Past(10, out) for out in outs] * 10 for outs in ((200, 200), (10, 390)))
    assert tokens_out(even, thinks=False).factor < tokens_out(uneven, thinks=False).factor


def test_the_past_tells_how_many_tokens_a_prompt_of_such_a_size_takes() -> None:
    past = [Past(round(Size(400).tokens * 1.5), 10, size=Size(400))] * 20
    assert tokens_in([Size(4000)], past).likely == pytest.approx(Size(4000).tokens * 1.5, rel=0.01)


def test_a_past_whose_prompts_are_gone_tells_its_tokens_as_they_were() -> None:
    assert tokens_in([Size(4000)], [Past(120, 10), Past(140, 10)]).likely == 130


def test_the_wait_is_the_mean_of_what_is_known_else_a_guess_by_the_length_of_an_answer() -> None:
    assert wait([Past(1, 1, 2.0), Past(1, 1), Past(1, 1, 4.0)], 800) == 3
    assert wait([Past(1, 1, 0.0)], 800) > 0
    assert wait([], 2_000) > wait([Past(1, 1)], 200) > 0


def test_what_was_cached_is_told_as_a_share() -> None:
    assert cached_share([Past(100, 1, cached_tokens=90), Past(300, 1)]) == pytest.approx(0.225)
    assert cached_share([]) == cached_share([Past(0, 1)]) == 0
