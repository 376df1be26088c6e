"""Tasks of a server that offers them over HTTP: this program's own `serve`, or one of the second system.

`GET {url}/tasks` names them, in whichever way: {"tasks": [{"name": …}, …]}, a list of names or of tasks, an object of
tasks by name. `GET {url}/tasks/{name}` is one of them, in either form; where there is no such page, what the list holds
counts.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from dset.cleaning import clean
from dset.errors import UsageError
from dset.tasks import documents
from dset.tasks.documents import Stated
from dset.tasks.findings import Findings

Fetch = Callable[[str], bytes | None]
"""From a URL to the body of its page; None for a page that is not there. Raises RemoteError."""
_SHOWN = 200  # characters of the server's URL in a message


class RemoteError(UsageError):
    """The server of the tasks cannot be reached, or what it answers is none."""


class RemoteTasks(Mapping[str, Stated]):
    """The tasks of one server by name; each is fetched when it is looked at, and once.

    Every look may raise RemoteError.
    """

    def __init__(self, url: str, fetch: Fetch | None = None) -> None:
        """`url` is without a login; whether it ends in /tasks says nothing."""
        self.url = url.rstrip("/").removesuffix("/tasks")
        self._fetch = fetch or _usual()
        self._listed: dict[str, object] | None = None
        self._known: dict[str, Stated] = {}

    def __getitem__(self, name: str) -> Stated:
        """Raises KeyError for a name that the server does not have."""
        if name not in self._known:
            self._known[name] = self._stated(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def _names(self) -> Mapping[str, object]:
        """The list of the server: what it holds of each task, None for no more than its name."""
        if self._listed is None:
            place = f"{self.url}/tasks"
            body = self._fetch(place)
            if body is None:
                raise RemoteError(f"{shown(place)}: there is no such page; name the address before /tasks")
            self._listed = _listed(_parsed(body, place)[0], place)
        return self._listed

    def _stated(self, name: str) -> Stated:
        listed = self._names()
        if name not in listed:
            raise KeyError(name)
        place = f"{self.url}/tasks/{quote(name, safe='')}"
        body = self._fetch(place)
        if body is not None:
            document, doubled = _parsed(body, place)
            return Stated(name, _unwrapped(document, name), tuple(doubled))
        if listed[name] is None:
            raise RemoteError(f"{shown(place)}: there is no such page, though the list names the task")
        return Stated(name, listed[name], ())


def shown(url: str) -> str:
    """The URL in a message."""
    return clean(url, _SHOWN)


def _usual() -> Fetch:
    from dset.tasks import remote_pages  # what speaks HTTP costs a third of a second

    return remote_pages.Pages().fetch


def _parsed(body: bytes, place: str) -> tuple[Any, list[str]]:
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise RemoteError(f"{shown(place)}: answers with HTML, and JSON is wanted: is it a server of tasks?")
    if not start:
        raise RemoteError(f"{shown(place)}: answers with nothing, and JSON is wanted")
    try:
        return documents.parse(body, shown(place))
    except UsageError as error:
        raise RemoteError(clean(str(error), 400)) from None


def _listed(value: Any, place: str) -> dict[str, object]:
    """Each name with what stands there of the task: None where it is no more than its name."""
    if isinstance(value, dict) and "tasks" in value and not documents.is_task(value["tasks"]):
        value = value["tasks"]
    named: dict[str, object] = {}
    if isinstance(value, list):
        for one in value:
            name = one if isinstance(one, str) else documents.name_of(one)
            if not name:
                raise RemoteError(f"{shown(place)}: lists a task without a name")
            named[name] = one if documents.is_task(one) else None
    elif isinstance(value, dict) and all(isinstance(one, dict) for one in value.values()):
        named = {name: one if "schema" in one or "fields" in one else None for name, one in value.items()}
    else:
        raise RemoteError(f"{shown(place)}: answers with JSON that lists no tasks: is it a server of tasks?")
    return named


def _unwrapped(document: Any, name: str) -> Any:
    """The task itself, where it stands below its name or in a list of one."""
    if isinstance(document, dict) and ("schema" in document or "fields" in document):
        return document
    if isinstance(document, dict) and isinstance(document.get("task"), dict):
        return document["task"]
    found = documents.tasks_in(document, name, Findings())
    return next((one for _, known, one in found if known == name), document)
