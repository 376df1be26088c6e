"""Labels and parameters are spread evenly, the same for the same seed."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dset.tasks.spread import Spread

FACTORS = {
    "label": ("positive", "negative", "neutral"),
    "topic": ("food", "travel", "work"),
    "style": ("plain", "slang", "formal", "poetic", "short"),
}


def specs(count: int, seed: int = 0) -> list[dict[str, str]]:
    spread = Spread(FACTORS, seed)
    return [spread[number] for number in range(count)]


@given(st.integers(1, 300), st.integers(0, 5))
def test_after_any_number_of_records_two_values_differ_by_one_at_the_most(count: int, seed: int) -> None:
    made = specs(count, seed)
    for name, values in FACTORS.items():
        counts = Counter(spec[name] for spec in made)
        numbers = [counts[value] for value in values]
        assert max(numbers) - min(numbers) <= 1


def test_pairs_of_values_are_even_too() -> None:
    for one, other in (("label", "topic"), ("label", "style"), ("topic", "style")):
        counts = Counter((spec[one], spec[other]) for spec in specs(450))
        even = 450 / len(FACTORS[one]) / len(FACTORS[other])
        assert len(counts) == len(FACTORS[one]) * len(FACTORS[other])
        assert all(even * 0.8 <= count <= even * 1.2 for count in counts.values())


def test_a_longer_plan_begins_as_the_shorter_one() -> None:
    assert specs(100)[:37] == specs(37)


def test_another_seed_gives_another_plan() -> None:
    assert specs(30, 1) == specs(30, 1) != specs(30, 2)


def test_a_factor_of_one_value_is_fixed_and_one_of_none_is_left_out() -> None:
    assert Spread({"topic": ("food",), "label": ()}, 0)[5] == {"topic": "food"}
    assert Spread({}, 0)[3] == {}
