"""The task API: the tasks of the program and of the user's tasks.json, for other programs."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response, Security
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from dset.errors import UsageError
from dset.pages import task_bodies, task_forms, task_judging
from dset.pages.refusals import WITH_BODY, declared
from dset.pages.task_answers import (
    CHANGING,
    EVERYWHERE,
    NO_TASK,
    Checked,
    Entry,
    Fault,
    Listing,
    Stored,
)
from dset.pages.task_process import Judges
from dset.pages.task_refusals import PlainRoute, Refused
from dset.tasks import catalog, definitions, older_writing, task_file
from dset.tasks.catalog import Catalog
from dset.tasks.definitions import Task
from dset.tasks.findings import quoted

FORMS = ("schema", "fields")
_TOKEN = APIKeyHeader(
    name="X-Dset-Token",
    scheme_name="token",
    description="The token that the program prints when it starts.",
    auto_error=False,  # who stands before all routes looks at it
)
_Name = Annotated[str, InPath(description="the task's name", examples=["sentiment_analysis"])]
_NewName = Annotated[
    str,
    InPath(
        description="the task's name",
        examples=["feelings"],
        json_schema_extra={"pattern": "^[a-z0-9_][a-z0-9_-]{0,63}$"},
    ),
]
_Form = Annotated[
    str,
    Query(
        description="schema: the JSON Schema form; fields: the older one",
        json_schema_extra={"enum": list(FORMS)},
    ),
]
_Lang = Annotated[
    str,
    Query(
        description="the language that the record's texts must be in; the task's own where it is left out",
        json_schema_extra={"pattern": "^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?$"},
    ),
]
_Body = Annotated[bytes, Depends(task_bodies.body)]


def router(tasks_path: Path) -> APIRouter:
    """The routes; PUT and DELETE change the file at `tasks_path`, and nothing else is ever written."""
    routes, tasks = APIRouter(tags=["tasks"], route_class=PlainRoute), _Tasks(tasks_path)
    one, token = "/tasks/{name}", [Security(_TOKEN)]
    routes.get("/tasks", summary="All tasks", response_description="The tasks.", responses=EVERYWHERE)(
        tasks.listed
    )
    routes.get(
        one,
        summary="One task",
        response_class=JSONResponse,
        response_model=None,
        responses=EVERYWHERE
        | NO_TASK
        | declared(s422="There is no such form.")
        | {200: task_forms.task_answer()},
    )(tasks.one)
    routes.put(
        one,
        summary="Make a task, or replace it",
        dependencies=token,
        openapi_extra=task_forms.task_body(),
        responses=EVERYWHERE
        | CHANGING
        | WITH_BODY
        | declared(s422="The task cannot be used: faults has a line for each mistake, with its place.")
        | {200: {"description": "It is replaced."}, 201: {"model": Stored, "description": "It is made."}},
    )(tasks.put)
    routes.delete(
        one,
        summary="Take a task out of tasks.json",
        dependencies=token,
        status_code=204,
        response_model=None,
        responses=EVERYWHERE
        | CHANGING
        | WITH_BODY
        | NO_TASK
        | declared(
            s409="The task comes with the program, or tasks.json cannot be read.",
            s422="The name cannot be read.",
        )
        | {204: {"description": "It is gone."}},
    )(tasks.delete)
    routes.post(
        f"{one}/check",
        summary="Check a record",
        response_description="What is wrong with it, if anything.",
        openapi_extra=task_forms.record_body(),
        responses=EVERYWHERE
        | WITH_BODY
        | NO_TASK
        | declared(s422="The body is no JSON, or takes too long to check."),
    )(tasks.check)
    return routes


class _Tasks:
    """What the routes do. Each of them runs in a thread of its own and reads tasks.json anew."""

    def __init__(self, path: Path) -> None:
        self._path, self._judges = path, Judges()

    def _known(self) -> Catalog:
        return catalog.load(self._path) if self._path.exists() else Catalog()

    def _task(self, name: str) -> tuple[Catalog, Task]:
        """Raises Refused: 404 for a name that is none, 409 for a task that cannot be used."""
        known = self._known()
        try:
            found = known.examined(name)
        except UsageError as error:
            raise Refused(404, str(error)) from None
        if found.task is None:
            raise Refused(409, f"the task {quoted(name)} cannot be used", found.faults[: found.fatal])
        return known, found.task

    def listed(self) -> Listing:
        """The tasks that come with the program and those of the user's tasks.json, broken ones too."""
        known = self._known()
        return Listing([_entry(known, name) for name in known.names()])

    def one(self, name: _Name, form: _Form = "schema") -> Response:
        """The task as a tasks.json would hold it; what is read here can be sent to another server with PUT."""
        if form not in FORMS:
            raise Refused(422, f"form: {quoted(form)} must be one of {', '.join(FORMS)}")
        _, task = self._task(name)
        written = older_writing.as_older_form if form == "fields" else definitions.as_document
        return JSONResponse(written(task))

    def put(self, name: _NewName, data: _Body, response: Response) -> Stored:
        """Write the task into the user's tasks.json, as it is sent; a name that is built in is the user's own then."""
        document = task_bodies.value(data)
        judged = self._judges.judge(name, document)
        if judged.faults or not isinstance(document, dict):
            raise Refused(422, judged.faults[0], judged.faults)
        is_new = task_file.put(self._path, name, document)
        response.status_code = 201 if is_new else 200
        return Stored(name, _url(name) or "", name in catalog.builtin(), list(judged.notes))

    def delete(self, name: _Name) -> None:
        """Only what stands in tasks.json can go; a built-in task that it went before is there again."""
        known = self._known()
        if known.is_own(name) and task_file.remove(self._path, name):
            return
        if name in catalog.builtin():
            raise Refused(409, f"the task {name} comes with the program and cannot be taken out")
        self._task(name)
        raise Refused(404, f"the task {quoted(name)} is gone already")

    def check(self, name: _Name, data: _Body, lang: _Lang = "") -> Checked:
        """All that the gate of a run would refuse the record for: schema, rules, label and language.

        Of a task about pictures the field image is not looked at: the program fills it in.
        """
        record = task_bodies.value(data)
        _, task = self._task(name)
        try:
            code = task_judging.language(task, lang)
        except ValueError as error:
            raise Refused(422, str(error)) from None
        found = [Fault(path, message) for path, message in self._judges.faults(task, record, code)]
        return Checked(not found, name, code, found)


def _entry(known: Catalog, name: str) -> Entry:
    found = known.examined(name)
    task, faults, notes = found.task, found.faults[: found.fatal], found.faults[found.fatal :]
    shared: dict[str, Any] = {"name": name, "is_own": known.is_own(name), "url": _url(name)}
    if task is None:
        return Entry(
            **shared, description="", is_usable=False, kind="", language="", languages=[], label="",
            faults=list(faults), notes=list(notes),
        )  # fmt: skip
    return Entry(
        **shared,
        description=task.description,
        is_usable=True,
        kind="image" if task_judging.kind(task) == "image" else "text",
        language=task.language,
        languages=[code for code in task.examples if code],
        label=task.label,
        faults=[],
        notes=list(notes),
    )


def _url(name: str) -> str | None:
    """Where the task is; None for a name that no path can hold."""
    return None if not name or "/" in name or name in {".", ".."} else f"/tasks/{quote(name, safe='')}"
