"""What varies from record to record, as it was given and as it falls."""

from collections import Counter

import pytest

from dset.errors import UsageError
from dset.tasks.factors import Factors
from tests.tasks import feelings, order


def test_label_and_parameters_vary_and_what_is_fixed_stays() -> None:
    factors = Factors(order(12, fixed=(("topic", "the sea"),)))
    specs = [factors.spec(slot) for slot in range(1, 13)]
    assert Counter(spec["label"] for spec in specs) == {"good": 4, "bad": 4, "neither": 4}
    assert {spec["topic"] for spec in specs} == {"the sea"}
    assert factors.names == ["label", "topic"]


def test_the_records_of_one_request_share_their_parameters_and_their_labels_stay_level() -> None:
    factors = Factors(order(12, per_request=3))
    specs = [factors.spec(slot) for slot in range(1, 13)]
    assert all(len({spec["topic"] for spec in specs[at : at + 3]}) == 1 for at in range(0, 12, 3))
    assert Counter(spec["topic"] for spec in specs) == {"food": 3, "work": 3, "travel": 3, "money": 3}
    assert Counter(spec["label"] for spec in specs) == {"good": 4, "bad": 4, "neither": 4}


def test_a_fixed_label_is_one_of_its_values() -> None:
    assert Factors(order(fixed=(("label", "bad"),))).spec(4)["label"] == "bad"
    with pytest.raises(UsageError, match="it is one of good, bad, neither"):
        Factors(order(fixed=(("label", "ugly"),)))


def test_a_parameter_that_is_a_field_is_fixed_at_one_of_its_values() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "grade": {"enum": [1, 2, 3]}}}
    task = feelings(schema=schema, label="", parameters={"grade": ["1", "2"]})
    assert Factors(order(task=task, fixed=(("grade", "3"),))).spec(1) == {"grade": "3"}
    with pytest.raises(UsageError, match="--set grade=7: it is one of 1, 2, 3"):
        Factors(order(task=task, fixed=(("grade", "7"),)))


def test_what_is_no_parameter_cannot_be_fixed() -> None:
    with pytest.raises(UsageError, match="no such parameter; it has label, topic"):
        Factors(order(fixed=(("colour", "red"),)))


def test_a_parameter_without_values_takes_its_default() -> None:
    task = feelings(parameters={"mood": {"values": [], "default": "daily life"}}, label="")
    assert Factors(order(task=task)).spec(1) == {"mood": "daily life"}


def test_a_parameter_that_must_be_given_is_asked_for() -> None:
    task = feelings(parameters={"company": {"values": [], "required": True}})
    with pytest.raises(UsageError, match="--set company="):
        Factors(order(task=task))
    assert Factors(order(task=task, fixed=(("company", "us"),))).spec(1)["company"] == "us"
