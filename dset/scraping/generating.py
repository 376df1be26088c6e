"""`--source generate`: pictures that a model makes, one row of a queue each; then they come into the folder as any other."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dset import answers, choosing, ends, files, planned, queues
from dset.clients import Client
from dset.contents import Question
from dset.endpoints import Endpoint
from dset.errors import JournalError, StorageError
from dset.folders import Folder
from dset.gates import Verdict
from dset.images.opening import PictureError
from dset.questions import Sheet
from dset.queues import Asked, Queue
from dset.replies import Reply
from dset.scraping.drawing import Drawer
from dset.scraping.finds import Find
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE as NAME
from dset.scraping.storing import Store
from dset.scraping.tries import TWIN
from dset.scraping.trying import Brought, record
from dset.scraping.wiring import look
from dset.session import Follow
from dset.settings import Settings
from dset.wording import counted

_MADE = "pictures"  # below the queue's folder: where they lie until they have a line
Tell = Callable[[str], None]


class Generating:
    """Fills what is missing in one folder."""

    def __init__(self, order: Order, home: ScrapeFolder, settings: Settings, size: str) -> None:
        """`size` is asked for unless it is ''."""
        self._order, self._home, self._size = order, home, size
        self._folder = home.path / NAME
        self._store = Store(self._folder / _MADE)
        self._labels = {one.query: one.label for one in order.asked}
        self._given = settings
        self._names: set[str] = set()  # of the pictures that stand
        self.twins = 0  # that came and stand already
        self._settings = replace(
            settings,
            questions=self._folder / "q.csv",
            output=self._folder,
            given=settings.given | {"output"},
            prompt=settings.prompt if "prompt" in settings.given else "{question}",
            samples=1,
            schema=None,
            encoding="",
            column="",
        )

    def run(self, wanted: dict[str, int], follow: Follow, tell: Tell) -> Asked | None:
        """Ask until so many generated pictures of each query stand; None where none is missing.

        Raises DsetError, OSError.
        """
        self._take_up()
        missing = {query: count - self._home.kept(query)[NAME] for query, count in wanted.items()}
        if not any(count > 0 for count in missing.values()):
            return None
        self._plan(missing)
        listed = choosing.services(self._given)  # endpoints.toml stands beside the user's q.csv
        settings = choosing.with_services(self._settings, listed)
        chosen = partial(choosing.choose, self._given, listed, tell)
        self._names = {_file(one).name for one in _lines(self._folder)}
        self._names |= {Path(str(one["image_path"])).name for one in self._home.records}
        asked = queues.ask(
            Queue(settings, self._folder, self._judged), chosen, None, follow, tell, self._client
        )
        self._take_up()
        return asked

    def _client(self, endpoint: Endpoint, settings: Settings, most: int) -> Client:
        return Drawer(endpoint, settings, most, put=self._store.put, size=self._size)

    def _plan(self, missing: dict[str, int]) -> None:
        """As many rows without an answer as there are pictures missing.

        A row that failed or was refused is one of them: another row of the same words would fare no better.
        """
        files.make_folder(self._folder)
        path = self._settings.questions
        if not path.exists():
            planned.create(path, ["question", "status"])
        done = dict.fromkeys(missing, 0)
        for line in _lines(self._folder):
            query = str(line["metadata"].get("question"))
            done[query] = done.get(query, 0) + 1
        with Sheet(path) as sheet:
            rows = [sheet.question(one).text for _, one in sheet.records()]
        new = [
            {"question": query}
            for query, count in missing.items()
            for _ in range(max(0, count) - (rows.count(query) - done[query]))
        ]
        if new:
            planned.add(path, new, ["question"])

    def _judged(self, question: Question, reply: Reply, times: int) -> Verdict:
        """A picture that stands is none more; it would come again however often it is bought."""
        del question, times
        if reply.answer in self._names:
            self.twins += 1
            return Verdict(faults=(TWIN,))
        self._names.add(reply.answer)
        return Verdict(data={"picture": reply.answer})

    def _take_up(self) -> None:
        """Pictures whose answers are saved come into the folder, each with its line. Raises StorageError, OSError."""
        waiting = [
            (line, path)
            for line in _lines(self._folder)
            if (path := self._store.folder / _file(line)).is_file()
        ]
        known = {str(one.get("hash")) for one in self._home.records}
        for number, (line, path) in enumerate(waiting):
            data = path.read_bytes()
            content = hashlib.sha256(data).hexdigest()
            if content not in known:
                try:
                    new = self._line(line, path.name, data, content)
                except PictureError:
                    continue  # somebody's edit: it is theirs, and stays where it is
                self._keep(new, data, len(waiting) - number)
                known.add(content)
            files.remove(path)

    def _keep(self, line: dict[str, Any], data: bytes, left: int) -> None:
        try:
            self._home.keep(line, data)
        except OSError as error:
            raise StorageError(
                f"{self._home.path.as_posix()}: {error.strerror}: {counted(left, 'picture')} that a model made wait in "
                f"{self._store.folder.as_posix()}. Make room, then run the same command again: it takes them up"
            ) from None

    def _line(self, line: dict[str, Any], name: str, data: bytes, content: str) -> dict[str, Any]:
        metadata = line["metadata"]
        model, query = str(metadata.get("model") or ""), str(metadata.get("question"))
        find = Find(
            url="",
            source=NAME,
            query=query,
            page="",
            author=model,
            licence=f"made by {model}: the terms of its service hold",
            width=0,
            height=0,
            label=self._labels.get(query, ""),
        )
        brought = Brought(data, "", look(data), content)
        return record(find, f"images/{name}", brought, labelled=bool(self._order.task))


def _file(line: dict[str, Any]) -> Path:
    """The name of the answer's picture, without any folder that somebody wrote before it."""
    return Path(Path(str(line["response"].get("answer"))).name)


def _lines(folder: Path) -> list[dict[str, Any]]:
    journal = Folder(folder).journal
    found = (line for _, line in answers.scan(journal, ends.sound_size(journal)))
    return [one for one in found if not isinstance(one, JournalError) and isinstance(one["response"], dict)]
