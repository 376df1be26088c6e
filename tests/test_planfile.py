"""plan.json: the same command goes on, a larger count extends, any other difference is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset.errors import UsageError
from dset.tasks import planfile
from tests.tasks import FEELINGS, feelings, order

PATH = Path("plan.json")


@pytest.fixture(autouse=True)
def _place(clean_place: Path) -> None:
    planfile.write(PATH, order(10))


def known() -> dict[str, Any]:
    found = planfile.read(PATH)
    assert found is not None
    return found


def test_the_same_order_and_a_larger_one_agree() -> None:
    planfile.agree(PATH, known(), order(10))
    planfile.agree(PATH, known(), order(11, near=0.5, max_requests=7))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": 3}, "--seed was 0 and is 3 now"),
        ({"per_request": 5}, "--per-request was 1 and is 5 now"),
        ({"fixed": (("topic", "food"),)}, "--set was not given and is topic=food now"),
        ({"task": feelings(description="Another.")}, "the task feelings has changed"),
        ({"count": 9}, "10 records were planned, and only 9 are asked for now"),
    ],
)
def test_any_other_difference_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        planfile.agree(PATH, known(), order(**{"count": 10, **changes}))
    assert told in str(error.value)
    assert "--name" in str(error.value)


def test_it_holds_all_that_makes_the_plan_again() -> None:
    noted = json.loads(PATH.read_bytes())
    assert noted["task"]["schema"] == FEELINGS["schema"]
    assert (noted["lang"], noted["seed"], noted["count"], noted["version"]) == ("en", 0, 10, 1)
    assert len(noted["schema_version"]) == 12


def test_there_is_no_plan_yet_and_a_damaged_one_is_named() -> None:
    assert planfile.read(Path("none.json")) is None
    for damage in (b"", b"{", b"[1]", b'{"task": 7}', b"[" * 100_000):
        PATH.write_bytes(damage)
        with pytest.raises(UsageError, match=r"plan\.json is damaged"):
            planfile.read(PATH)
