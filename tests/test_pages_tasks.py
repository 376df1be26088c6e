"""The task API: read, write and check tasks over HTTP, and nothing that anybody sends makes it stumble."""

import html
import json
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from dset.pages import api_page, task_judging, task_routes
from dset.pages.page_frame import PAGES
from dset.pages.task_process import Judges
from dset.pages.task_weight import is_light
from dset.tasks import catalog, definitions, older_writing
from dset.tasks.documents import Stated
from tests import older_tasks
from tests.tasks import FEELINGS

TOKEN = {"X-Dset-Token": "secret"}
BASE = "http://localhost:8123"
ROOT = Path(__file__).resolve().parents[1]
RECORD = {"text": "The soup was cold again today.", "label": "bad"}


class Guard:
    """What stands before the routes in the program, as far as a fuzzer asks for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_token = scope["type"] != "http" or dict(scope["headers"]).get(b"x-dset-token") == b"secret"
        is_change = scope.get("method") in {"PUT", "DELETE"}
        answer = JSONResponse({"detail": "no token"}, 401) if is_change and not has_token else self.app
        await answer(scope, receive, send)


@pytest.fixture
def path(clean_place: Path) -> Path:
    return clean_place / "tasks.json"


@pytest.fixture
def app(path: Path) -> FastAPI:
    made = FastAPI()
    made.include_router(task_routes.router(path))
    made.add_middleware(Guard)
    return made


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, headers=TOKEN)


def test_the_list_tells_of_each_task_what_one_needs_to_choose(client: TestClient, path: Path) -> None:
    path.write_text(json.dumps({"mine": FEELINGS, "broken": {"schema": 5}, "ก/ข": FEELINGS}))
    listed = {one["name"]: one for one in client.get("/tasks").json()["tasks"]}
    assert set(catalog.builtin()) | {"mine", "broken", "ก/ข"} == set(listed)
    assert listed["mine"] == {
        "name": "mine", "description": FEELINGS["description"], "is_own": True, "is_usable": True, "kind": "text",
        "language": "en", "languages": [], "label": "label", "faults": [], "notes": [], "url": "/tasks/mine",
    }  # fmt: skip
    assert listed["vision_animals"]["kind"] == "image"
    assert listed["ner"]["languages"] == ["th", "en", "vi"]
    assert not listed["ner"]["is_own"]
    assert not listed["broken"]["is_usable"]
    assert "broken.schema: must be an object" in listed["broken"]["faults"][0]
    assert listed["ก/ข"]["url"] is None


@pytest.mark.parametrize("name", catalog.builtin())
def test_what_is_read_here_can_be_written_elsewhere(client: TestClient, path: Path, name: str) -> None:
    read = client.get(f"/tasks/{name}").json()
    assert read == json.loads(json.dumps(definitions.as_document(catalog.load().get(name))))
    stored = client.put(f"/tasks/{name}", json=read)
    assert stored.status_code == 201
    assert stored.json()["goes_before_built_in"]
    assert client.get(f"/tasks/{name}").json() == read
    assert definitions.as_document(catalog.load(path).get(name)) == read


def test_the_older_form_is_given_and_taken(client: TestClient) -> None:
    older = client.get("/tasks/ner", params={"form": "fields"}).json()
    assert older == json.loads(json.dumps(older_writing.as_older_form(catalog.load().get("ner"))))
    name, task = next(iter(older_tasks.file().items()))
    assert client.put(f"/tasks/{name}", json=task).status_code == 201
    assert "properties" in client.get(f"/tasks/{name}").json()["schema"]
    refused = client.get("/tasks/ner", params={"form": "xml"})
    assert (refused.status_code, refused.json()) == (
        422, {"detail": 'form: "xml" must be one of schema, fields'},
    )  # fmt: skip


def test_a_schema_that_refers_to_itself_without_end_is_not_written_out(client: TestClient) -> None:
    steps: dict[str, Any] = {
        f"d{at}": {"type": "object", "properties": {key: {"$ref": f"#/$defs/d{at + 1}"} for key in "ab"}}
        for at in range(20)
    }
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": steps | {"d20": {}}}
    assert client.put("/tasks/vast", json={"schema": schema}).status_code == 201
    refused = client.get("/tasks/vast", params={"form": "fields"})
    assert refused.status_code == 409
    assert "more than 5,000 fields" in refused.json()["detail"]


def test_a_name_that_is_none_gets_the_one_that_is_near(client: TestClient) -> None:
    for answer in (
        client.get("/tasks/sumarization"), client.delete("/tasks/sumarization"),
        client.post("/tasks/sumarization/check", json={}),
    ):  # fmt: skip
        assert answer.status_code == 404
        assert "did you mean summarization?" in answer.json()["detail"]


def test_a_task_is_made_replaced_and_taken_out_and_the_file_follows(client: TestClient, path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf{\r\n\t"other": {"schema": {}}\r\n}')
    made = client.put("/tasks/feelings", json=FEELINGS)
    assert (made.status_code, made.json()["url"]) == (201, "/tasks/feelings")
    assert "has no examples: a model that sees some does better" in made.json()["notes"]
    assert client.put("/tasks/feelings", json=FEELINGS | {"description": "again"}).status_code == 200
    assert client.get("/tasks/feelings").json()["description"] == "again"
    assert client.delete("/tasks/feelings").status_code == 204
    assert client.get("/tasks/feelings").status_code == 404
    assert path.read_bytes() == b'\xef\xbb\xbf{\r\n\t"other": {"schema": {}}\r\n}'


def test_a_built_in_task_stays_and_an_own_one_in_front_of_it_goes(client: TestClient) -> None:
    refused = client.delete("/tasks/ner")
    assert refused.status_code == 409
    assert "comes with the program" in refused.json()["detail"]
    assert client.put("/tasks/ner", json=FEELINGS).status_code == 201
    assert client.get("/tasks/ner").json()["label"] == "label"
    assert client.delete("/tasks/ner").status_code == 204
    assert client.get("/tasks/ner").json()["label"] == ""


WRONG: dict[str, tuple[Any, str]] = {
    "a key that nobody knows": (FEELINGS | {"promt": "x"}, "the body: x.promt: is not known there; did you mean prompt?"),
    "no schema": ({"description": "x"}, "the body: x.schema: is missing"),
    "no JSON Schema": ({"schema": {"type": "object", "properties": {"a": {"type": "thing"}}}}, "the body: x.schema.properties.a.type"),
    "another name": (FEELINGS | {"name": "y"}, 'the body: x.name: is "y"'),
    "a rule that is none": (FEELINGS | {"rules": [{"rule": "no"}]}, "the body: x.rules[0].rule"),
    "no object": ([FEELINGS], "must be an object"),
    "a word": ("x", "must be an object"),
    "a reference outwards": ({"schema": {"type": "object", "properties": {"a": {"$ref": "http://evil.example/x"}}}}, "nothing is fetched"),
    "a picture that cannot be one": ({"schema": {"type": "object", "properties": {"image": {"type": "integer"}}}}, "its field image must take"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_task_that_cannot_be_used_is_refused_with_each_place(
    client: TestClient, path: Path, what: str
) -> None:
    document, said = WRONG[what]
    refused = client.put("/tasks/x", json=document)
    assert refused.status_code == 422
    assert said in " ".join(refused.json()["faults"])
    assert not path.exists()


@pytest.mark.parametrize("name", ["con", "a.b", "ก", "A", "-x", "x" * 65, "%00", "%0a", "..%5c", "a%20"])
def test_a_name_that_could_be_no_folder_is_refused(client: TestClient, path: Path, name: str) -> None:
    assert client.put(f"/tasks/{name}", json=FEELINGS).status_code == 422
    assert not path.exists()


@pytest.mark.parametrize("name", ["a%2Fb", "..%2f..%2fx", "..", "%2e%2e"])
def test_no_name_leads_to_another_place(client: TestClient, clean_place: Path, name: str) -> None:
    assert client.put(f"/tasks/{name}", json=FEELINGS).status_code in {404, 405, 422}
    assert not [*clean_place.parent.rglob("tasks.json")]


NO_JSON = {
    "nothing": b"", "no JSON": b"{", "NaN": b'{"a": NaN}', "a key twice": b'{"a": 1, "a": 2}',
    "half a character": b'{"a": "\\ud800"}', "no UTF-8": b'{"a": "\xff"}', "too deep": b"[" * 200_000,
    "a number too large": b'{"a": 1e999}', "a whole one too": b'{"a": ' + b"9" * 5000 + b"}",
    "digits without end": b'{"a": ' + b"9" * 900 + b"}", "UTF-16": '{"a": 1}'.encode("utf-16"),
}  # fmt: skip


@pytest.mark.parametrize("what", NO_JSON)
def test_a_body_that_is_no_strict_json_is_refused(client: TestClient, path: Path, what: str) -> None:
    for answer in (
        client.put("/tasks/x", content=NO_JSON[what]),
        client.post("/tasks/ner/check", content=NO_JSON[what]),
    ):
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("the body: ")
    assert not path.exists()


def test_a_key_that_stands_twice_is_named_with_its_place(client: TestClient) -> None:
    refused = client.post("/tasks/ner/check", content=b'{"a": [{"b": 1, "b": 2}]}')
    assert refused.json()["faults"] == ["the body: a[0].b: stands there twice"]


def test_a_body_larger_than_a_megabyte_is_refused_whether_it_says_so_or_not(client: TestClient) -> None:
    large = b'"' + b"x" * (1 << 20) + b'"'
    assert client.post("/tasks/ner/check", content=large).status_code == 413
    assert client.post("/tasks/ner/check", content=iter([large])).status_code == 413


def test_a_record_is_judged_as_the_gate_of_a_run_judges_it(client: TestClient) -> None:
    client.put("/tasks/feelings", json=FEELINGS)
    right = client.post("/tasks/feelings/check", json=RECORD)
    assert right.json() == {"valid": True, "task": "feelings", "lang": "en", "errors": []}
    wrong = client.post("/tasks/feelings/check", json={"text": "x", "label": "so-so", "more": 1}).json()
    assert not wrong["valid"]
    assert {one["path"] for one in wrong["errors"]} == {"", "text", "label"}
    foreign = client.post("/tasks/feelings/check?lang=th", json=RECORD).json()
    assert [one["path"] for one in foreign["errors"]] == ["text"]
    assert client.post("/tasks/feelings/check?lang=!", json=RECORD).status_code == 422


def test_the_rules_of_a_task_are_checked_too(client: TestClient) -> None:
    example = client.get("/tasks/ner").json()["examples"]["en"][0]
    assert client.post("/tasks/ner/check", json=example).json()["valid"]
    example["entities"][0]["start"] += 1
    found = client.post("/tasks/ner/check", json=example).json()["errors"]
    assert found[0]["path"] == "entities[0]"


def test_of_a_task_about_pictures_the_field_image_is_the_programs(client: TestClient) -> None:
    example = client.get("/tasks/vision_animals").json()["examples"]
    record = next(iter(example.values()))[0]
    for image in ({}, {"image": "images/1.jpg"}, {"image": 5}):
        sent = {key: value for key, value in record.items() if key != "image"} | image
        assert client.post("/tasks/vision_animals/check", json=sent).json()["valid"]


@pytest.mark.parametrize("data", [b"{", b"\xff", b'{"a": 1e999}', b"5"])
def test_a_tasks_json_that_cannot_be_read_is_named_and_left_alone(
    client: TestClient, path: Path, data: bytes
) -> None:
    path.write_bytes(data)
    refused = client.put("/tasks/x", json=FEELINGS)
    assert refused.status_code == 409
    assert "tasks.json: " in refused.json()["detail"]
    assert path.read_bytes() == data
    if data != b"5":
        assert client.get("/tasks").status_code == 409


def test_a_task_that_stands_there_broken_is_told_with_its_faults_and_can_be_taken_out(
    client: TestClient, path: Path
) -> None:
    path.write_text('{"Bad Name": {"schema": {}}, "x": 5}')
    refused = client.get("/tasks/Bad%20Name")
    assert refused.status_code == 409
    assert "the name" in refused.json()["faults"][0]
    assert client.delete("/tasks/Bad%20Name").status_code == 204
    assert path.read_text() == '{"x": 5}'


def test_writers_at_once_lose_nothing(client: TestClient) -> None:
    names = [f"t{at}" for at in range(8)]
    threads = [threading.Thread(target=client.put, args=(f"/tasks/{one}",), kwargs={"json": FEELINGS}) for one in names]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(names) <= {one["name"] for one in client.get("/tasks").json()["tasks"]}


def test_without_the_package_that_checks_tasks_are_read_and_a_check_names_what_installs_it() -> None:
    code = """
import sys; sys.modules["jsonschema_rs"] = None
from pathlib import Path
from fastapi import FastAPI
from starlette.testclient import TestClient
from dset.pages import api_page, task_routes
app = FastAPI(); app.include_router(task_routes.router(Path("tasks.json")))
client = TestClient(app)
assert client.get("/tasks/ner").status_code == 200
assert client.get("/tasks").json()["tasks"][-1]["kind"] == "image"
answer = client.post("/tasks/ner/check", json={})
assert answer.status_code == 503 and "pip install" in answer.json()["detail"], answer.text
answer = client.put("/tasks/x", json={"schema": {"type": "object", "properties": {"a": {}}}})
assert answer.status_code == 201 and "was not checked" in answer.json()["notes"][0], answer.text
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr.decode()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
        ["object", "string", "array", "text", "label", "#", "#/$defs/a", "en", "{topic}", "Text", "a", "(", ""]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            "type properties items enum $ref $defs required minLength maximum pattern format allOf anyOf if then not const "
            "text label a fields field_type Enum Array Object constraints Length name values default rule fields start".split()
        ),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


def broken_tasks(examples: int, app: FastAPI) -> None:
    """A good task with one part replaced by anything: written or refused, then read in both forms and checked."""
    client = TestClient(app, headers=TOKEN)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(part=st.sampled_from([*definitions.KEYS, "properties"]), value=VALUES, record=VALUES)
    def change(part: str, value: Any, record: Any) -> None:
        task = json.loads(json.dumps(FEELINGS))
        place = task["schema"] if part == "properties" else task
        place[part] = value
        answers = [
            client.put("/tasks/x", json=task),
            client.get("/tasks"),
            client.get("/tasks/x"),
            client.get("/tasks/x?form=fields"),
            client.post("/tasks/x/check", json=record),
        ]
        if answers[0].status_code < 300:
            assert answers[2].status_code == 200
            assert client.put("/tasks/x", json=answers[2].json()).status_code == 200
        assert max(one.status_code for one in answers) < 500

    change()


def test_a_task_with_anything_in_it_is_taken_or_refused_and_nothing_stumbles(app: FastAPI) -> None:
    broken_tasks(12, app)


@pytest.mark.soak
def test_many_tasks_with_anything_in_them_make_nothing_stumble(app: FastAPI) -> None:
    broken_tasks(300, app)


def doubled(levels: int, end: dict[str, Any], key: str = "") -> dict[str, Any]:
    """A schema of few lines that stands for 2^levels places: in each other, or at the field `key` of each other."""

    def half(at: int) -> dict[str, Any]:
        below = {"$ref": f"#/$defs/x{at + 1}"}
        return {"properties": {key: below}} if key else below

    steps: dict[str, Any] = {f"x{at}": {"allOf": [half(at), half(at)]} for at in range(levels)}
    return {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/x0"}},
        "$defs": steps | {f"x{levels}": end},
    }


HEAVY = {
    "to look at its examples": {"schema": doubled(40, {"type": "object"}), "examples": [{"a": {}}]},
}


@pytest.fixture
def hasty(path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """As `client`, with less patience."""
    monkeypatch.setattr(task_routes, "Judges", lambda: Judges(0.5))
    made = FastAPI()
    made.include_router(task_routes.router(path))
    return TestClient(made)


def test_a_field_is_found_on_whichever_way_and_once(client: TestClient) -> None:
    task = {"schema": doubled(40, {"type": "string"}, "a"), "unique": ["a" + ".a" * 40]}
    assert client.put("/tasks/vast", json=task).status_code == 201


@pytest.mark.parametrize("what", HEAVY)
def test_a_task_that_would_take_for_ever_is_refused_in_time(hasty: TestClient, path: Path, what: str) -> None:
    refused = hasty.put("/tasks/vast", json=HEAVY[what])
    assert refused.status_code == 422
    assert "checking takes longer than" in refused.json()["faults"][0]
    assert not path.exists()


def test_a_check_that_would_take_for_ever_is_refused_in_time(hasty: TestClient, path: Path) -> None:
    path.write_text(json.dumps({"vast": {"schema": doubled(40, {"type": "object"})}}))
    refused = hasty.post("/tasks/vast/check", json={"a": 5})
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(
        "the task vast: checking takes longer than 10 seconds: let fewer"
    )


def test_what_is_judged_in_a_process_is_judged_as_here() -> None:
    judges, schema = Judges(60), doubled(7, {"type": "object", "required": ["b"]})
    document = {"schema": schema, "examples": [{"a": {}}]} | {
        "parameters": {"p": [str(one) for one in range(600)]}
    }
    assert not is_light(schema, document)
    assert judges.judge("vast", document) == task_judging.judge("vast", document)
    task = catalog.examine(Stated("vast", {"schema": schema}, ()), "x").task
    assert task is not None
    record = {"a": {}, "more": list(range(1_000))}
    assert not is_light(schema, record)
    assert judges.faults(task, record, "en") == list(task_judging.faults(task, record, "en")) != []


@pytest.mark.parametrize("name", catalog.builtin())
def test_the_tasks_that_come_with_the_program_are_judged_without_a_process(name: str) -> None:
    task = catalog.load().get(name)
    assert is_light(task.schema, definitions.as_document(task))


NOT_LIGHT: dict[str, Any] = {
    "doubled": doubled(20, {}), "to itself": {"properties": {"a": {"$ref": "#"}}}, "by a name": {"$ref": "#here"},
    "of another document": {"a": {"$id": "x", "$ref": "#/b"}}, "dynamic": {"$dynamicRef": "#/x"},
    "a long chain": {"$defs": {f"x{at}": {"$ref": f"#/$defs/x{at + 1}"} for at in range(5_000)}},
    "large": {"enum": list(range(200_000))},
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_LIGHT)
def test_what_nobody_can_tell_the_weight_of_is_judged_in_a_process(what: str) -> None:
    assert not is_light(NOT_LIGHT[what], {})


def test_the_page_of_the_api_tells_of_each_operation_with_calls_that_work(
    app: FastAPI, client: TestClient
) -> None:
    page = api_page.page(app.openapi(), BASE)
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            assert f"{method.upper()}</span> <code>{path}</code>" in page
    assert page.count("X-Dset-Token: $TOKEN") == 2
    body = re.search(r"-d (.*)</code>", page)
    assert body is not None
    sent = json.loads(shlex.split(html.unescape(body[1]))[0])
    assert client.put("/tasks/feelings", json=sent).status_code == 201
    for code in re.findall(r"From Python</h3><pre[^>]*><code>(.*?)</code>", page, re.DOTALL):
        compile(html.unescape(code), "page", "exec")


def test_nothing_on_the_page_of_the_api_is_a_script_or_comes_from_elsewhere(app: FastAPI) -> None:
    evil = "\"><script>alert(1)</script>'<img src=x onerror=alert(1)>"
    openapi = json.loads(json.dumps(app.openapi()).replace("sentiment_analysis", json.dumps(evil)[1:-1]))
    openapi["info"] = {"title": evil, "version": evil, "description": evil}
    openapi["paths"][f"/{evil}"] = {
        "get": {
            "summary": evil,
            "parameters": [{"name": evil, "in": "query"}],
            "responses": {evil: {"description": evil}},
        }
    }
    openapi["components"]["schemas"]["Entry"]["properties"][evil] = {"enum": [evil], "description": evil}
    page = api_page.page(openapi, BASE)
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"<[^>]*\son\w+=", page)
    assert " style=" not in page
    led_to = set(re.findall(r'(?:href|src)="([^"#][^"]*)"', page))
    assert {one for one in led_to if not one.startswith("/static/")} == {"/openapi.json", *dict(PAGES)}


def test_a_schema_that_refers_to_itself_is_told_to_its_end(app: FastAPI) -> None:
    openapi = app.openapi()
    openapi["components"]["schemas"]["Entry"]["properties"]["inner"] = {"$ref": "#/components/schemas/Entry"}
    openapi["components"]["schemas"]["Fault"] = {"$ref": "#/components/schemas/Fault"}
    page = api_page.page(openapi, BASE)
    assert "tasks[].inner.inner.name" in page
