"""Whatever stands in a task file: every task is read, shown, written and checked, or refused; nothing breaks."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dset.tasks import catalog, checking, definitions, older_writing, showing
from dset.tasks.documents import Stated
from tests import older_tasks
from tests.test_definitions import RIGHT

WORDS = [
    "type",
    "properties",
    "$ref",
    "#",
    "#/schema",
    "enum",
    "items",
    "Array",
    "field_type",
    "Text",
    "text",
    "",
    "ก",
]
LEAVES = st.none() | st.booleans() | st.integers(-3, 300) | st.floats(-9, 9) | st.sampled_from(WORDS)
JSON = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(WORDS), below, max_size=3),
    max_leaves=6,
)
TASKS = {
    "the JSON form": RIGHT,
    **{name: older_tasks.file()[name] for name in ("ner_thai", "recipes", "letters", "contacts")},
}


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything in it."""
    pairs = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [(value, key) for key, _ in pairs] + [place for _, one in pairs for place in places(one)]


@pytest.mark.parametrize("name", TASKS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_task_with_anything_in_any_place_is_read_or_refused(name: str, data: st.DataObject) -> None:
    document = copy.deepcopy(TASKS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(document)))
        if isinstance(container, dict) and data.draw(st.booleans()):
            container[data.draw(st.sampled_from(WORDS))] = data.draw(JSON)
        else:
            container[key] = data.draw(JSON)
    checked = checking.check_task(Stated("t", document, ()), "f")
    assert all(line.startswith("f: t") and "\n" not in line for line in checked.faults)
    task = catalog.examine(Stated("t", document, ()), "f").task
    if task is not None:
        assert definitions.read("t", definitions.as_document(task)) == task
        assert showing.shown(task)
        assert older_writing.as_older_form(task)


@given(JSON)
def test_anything_at_all_is_a_task_or_is_refused(value: Any) -> None:
    found = catalog.examine(Stated("t", value, ()), "f")
    assert (found.task is None) == (found.fatal > 0)
