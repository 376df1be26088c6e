"""What the OpenAPI of the whole server says is what it does: asked as it allows and as it forbids, through its guard."""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi.checks import RejectedPositiveData

from dset import live
from dset.locks import Lock
from tests import hostile_datasets, samples
from tests.served import Served, serving

DECLARED = {400, 401, 403, 404, 408, 409, 413, 415, 422, 503}
TASK = {
    "task": {
        "name": "t",
        "label": "topic",
        "schema": {"type": "object", "properties": {"topic": {"type": "string", "enum": ["a", "b"]}}},
    }
}
LANE = {
    "name": "a/b/c",
    "is_open": False,
    "until": "2999-01-01T00:00:00Z",
    "reason": "spent",
    "per_day": 9,
    "asked_today": 9,
}
NOTE = {
    "state": "ended", "run": hostile_datasets.RUN["run"], "started": samples.NOW, "total": 9, "answered": 6, "plan": {"rows": 9, "todo": 9},
    "after": {"rows": 9, "todo": 2, "done": 6, "errors": 1}, "lanes": [LANE], "budget": {"most": 1, "spent": 0.5},
}  # fmt: skip


def full(folder: Path) -> None:
    """A dataset in which nothing that a page shows is missing."""
    hostile_datasets.sound(folder)
    (folder / ".progress.json").write_bytes(live.as_bytes(NOTE))
    (folder / "endpoints.json").write_text(
        json.dumps({"d": {"spent_until": "2999-01-01T00:00:00Z", "reason": "spent"}})
    )
    (folder / "run.log").write_text("a line\n")


def planned(folder: Path) -> None:
    """A task's dataset, with records."""
    folder.mkdir()
    (folder / "plan.json").write_text(json.dumps(TASK))
    lines = [samples.record(f"Q{at}", row=at + 2) for at in range(4)]
    for at, line in enumerate(lines):
        line["response"]["data"] = {"topic": "ab"[at % 2]}
    samples.write_lines(folder / "output.json", lines)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[None]:
    """A dataset that a run is at work on, with a row that waits, until the block ends."""
    hostile_datasets.sound(folder)
    waiting = {
        "row": 7,
        "reason": "no connection",
        "until": "2999-01-01T00:00:00Z",
        "attempt": 1,
        "attempts": 4,
    }
    note = NOTE | {
        "state": "running",
        "pid": os.getpid(),
        "waiting": [waiting],
        "lanes": [LANE, {"name": "d", "is_open": True}],
    }
    (folder / ".progress.json").write_bytes(live.as_bytes(note))
    lock = Lock(folder / ".lock", "it")
    lock.acquire()
    yield
    lock.release()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two datasets and the task API, as the program serves them; nothing goes wrong inside."""
    root, place = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("kept")
    full(root / "full")
    planned(root / "planned")
    (root / "empty").mkdir()
    (root / "empty" / "output.json").touch()
    with running(root / "running"), serving(root, place=place, tasks=place / "tasks.json") as made:
        yield made
    assert made.told == []


@pytest.fixture(scope="module")
def keys(served: Served) -> dict[str, str]:
    return {
        one["name"].rpartition("/")[2]: one["key"] for one in served.get("/api/datasets").json["datasets"]
    }


def fuzzed(served: Served, key: str, examples: int) -> Counter[int]:
    """Ask each operation so often in each mode, with the token where it is needed; the statuses that came.

    That a task is refused which fits the OpenAPI is none: no JSON Schema says all of what a task must be.
    """
    schema, seen = schemathesis.openapi.from_url(f"{served.url}/openapi.json"), Counter[int]()
    usual = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    found: list[Any] = list(schema.get_all_operations())
    for operation in (one.ok() for one in found):
        takes_anything = operation.path_parameters or operation.query or operation.body
        for mode in list(schemathesis.GenerationMode)[: 2 if takes_anything else 1]:
            headers = {"X-Dset-Token": served.token} if operation.definition.raw.get("security") else {}

            led_to = key if mode is schemathesis.GenerationMode.POSITIVE else ""

            @usual
            @given(
                case=operation.as_strategy(generation_mode=mode),
                headers=st.just(headers),
                led_to=st.just(led_to),
            )
            def ask(case: Any, headers: dict[str, str], led_to: str) -> None:
                if led_to:
                    _lead_to_a_dataset(case, led_to)
                answer = case.call(headers=headers)
                seen[answer.status_code] += 1
                try:
                    case.validate_response(answer, headers=headers)
                except FailureGroup as group:
                    left = [one for one in group.exceptions if not isinstance(one, RejectedPositiveData)]
                    if left or "/tasks" not in case.path:
                        raise ExceptionGroup(
                            f"{case.as_curl_command()[:2_000]}: {answer.text[:300]}", group.exceptions
                        ) from None

            ask()
    return seen


def _lead_to_a_dataset(case: Any, key: str) -> None:
    """No fuzzer guesses a key; half of what it asks leads to a dataset that is there."""
    for place in (case.path_parameters, case.query):
        for name in {"key", "left", "right"} & set(place or ()):
            place[name] = key


def test_a_fuzzer_gets_no_answer_that_is_not_declared(served: Served, keys: dict[str, str]) -> None:
    seen = fuzzed(served, keys["full"], 4)
    assert {200, 404, 422} <= set(seen)
    assert set(seen) <= {200, 201, 204, 405, *DECLARED - {503}}


@pytest.mark.soak
def test_a_patient_fuzzer_gets_none_either(served: Served, keys: dict[str, str]) -> None:
    seen = fuzzed(served, keys["full"], 150)
    assert set(seen) <= {200, 201, 204, 405, *DECLARED - {503}}


def closed(schema: Any) -> Any:
    """The schema with no room for a field that is not declared."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(one) for name, one in schema.items()}
    return made | {"additionalProperties": False} if "properties" in schema else made


def described(document: Any, path: str, status: str = "200") -> Any:
    """A validator of what the route answers by an OpenAPI document."""
    openapi = closed(document)
    schema = openapi["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for(schema | {"components": openapi["components"]})


PATHS = {
    "/api/datasets/{key}/run": "", "/api/datasets/{key}/answers": "", "/api/datasets/{key}/facets": "", "/api/datasets/{key}/answers/{n}": "",
    "/api/datasets": "", "/api/compare": "?left={key}&right={other}",
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_each_field_that_is_sent_is_declared_and_each_declared_one_is_sent(
    served: Served, keys: dict[str, str], path: str
) -> None:
    validator = described(served.get("/openapi.json").json, path)
    for name in ("full", "planned", "running"):
        asked = (path + PATHS[path]).format(key=keys[name], other=keys["full"], n=0)
        reply = served.get(asked)
        assert reply.status == 200
        assert [f"{one.instance_path}: {one.message}" for one in validator.iter_errors(reply.json)] == []
        assert validator.is_valid(reply.json | {"more": 1}) is False
        assert not any(
            validator.is_valid({one: value for one, value in reply.json.items() if one != name})
            for name in reply.json
        )


def test_each_refusal_that_the_guard_or_a_route_makes_is_as_declared(
    served: Served, keys: dict[str, str]
) -> None:
    answers = f"/api/datasets/{keys['full']}/answers"
    came = {
        400: served.get(answers, Host="evil.example"),
        401: served.ask("DELETE", "/tasks/ner", headers={"X-Dset-Token": "wrong"}),
        403: served.get(answers, Origin="http://evil.example"),
        404: served.get(answers.replace("a", "b")),
        422: served.get(f"{answers}?limit=0"),
    }
    openapi = served.get("/openapi.json").json
    for status, reply in came.items():
        assert reply.status == status
        validator = described(openapi, "/api/datasets/{key}/answers", str(status))
        assert validator.is_valid(reply.json)


def test_every_operation_declares_what_can_come(served: Served) -> None:
    for path, methods in served.get("/openapi.json").json["paths"].items():
        for method, one in methods.items():
            statuses = {int(status) for status in one["responses"]}
            wanted = (
                {400, 401, 403}
                | ({404} if "{" in path and method != "put" else set())
                | ({422} if any(found["in"] == "query" for found in one.get("parameters", [])) else set())
            )
            wanted |= {408, 413, 415} if method in {"put", "post", "delete"} else set()
            assert wanted <= statuses <= DECLARED | {200, 201, 204}, (method, path)
            assert "HTTPValidationError" not in json.dumps(one)
