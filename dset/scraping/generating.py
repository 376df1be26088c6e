"""`--source generate`: pictures that a model makes, one row of a queue each; then they come into the folder as any other."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dset import answers, choosing, ends, files, planned, queues
from dset.clients import Client
from dset.contents import Question
from dset.endpoints import Endpoint
from dset.errors import JournalError
from dset.folders import Folder
from dset.gates import Verdict
from dset.questions import Sheet
from dset.queues import Asked, Queue
from dset.replies import Reply
from dset.scraping.drawing import Drawer, Fetched
from dset.scraping.fetching import Fetcher
from dset.scraping.finds import Find
from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE as NAME
from dset.scraping.trying import Brought, record
from dset.scraping.wiring import look
from dset.session import Follow
from dset.settings import Settings

_MADE = "pictures"  # below the queue's folder: where they lie until they have a line
Tell = Callable[[str], None]


class Generating:
    """Fills what is missing in one folder."""

    def __init__(self, order: Order, home: ScrapeFolder, settings: Settings, size: str) -> None:
        """`size` is asked for unless it is ''."""
        self._order, self._home, self._size = order, home, size
        self._folder = home.path / NAME
        self._labels = {one.query: one.label for one in order.asked}
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

    def run(self, missing: dict[str, int], follow: Follow, tell: Tell) -> Asked | None:
        """Ask for so many pictures of each query; None where none is missing. Raises DsetError, OSError."""
        self._take_up()
        missing = {query: count - self._home.kept(query)[NAME] for query, count in missing.items()}
        if not any(count > 0 for count in missing.values()):
            return None
        self._plan(missing)
        listed = choosing.services(self._settings)
        settings = choosing.with_services(self._settings, listed)
        chosen = partial(_chosen, self._settings, listed, tell)
        queue = Queue(settings, self._folder, self._noted)
        asked = queues.ask(queue, chosen, None, follow, tell, self._client)
        self._take_up()
        return asked

    def _client(self, endpoint: Endpoint, settings: Settings, most: int) -> Client:
        made = self._folder / _MADE
        return Drawer(endpoint, settings, most, folder=made, size=self._size, fetch=_download)

    def _plan(self, missing: dict[str, int]) -> None:
        """As many rows without an answer as there are pictures missing."""
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
            for _ in range(max(0, count) - max(0, rows.count(query) - done.get(query, 0)))
        ]
        if new:
            planned.add(path, new, ["question"])

    def _noted(self, question: Question, reply: Reply, times: int) -> Verdict:
        del question, times
        return Verdict(data={"picture": reply.answer})

    def _take_up(self) -> None:
        """Pictures whose answers are saved come into the folder, each with its line. Raises OSError."""
        for line in _lines(self._folder):
            path = self._folder / _MADE / Path(str(line["response"].get("answer"))).name
            if not path.is_file():
                continue  # it came into the folder before
            data = path.read_bytes()
            content = hashlib.sha256(data).hexdigest()
            if content not in {str(one.get("hash")) for one in self._home.records}:
                self._home.keep(self._line(line, path.name, data, content), data)
            files.remove(path)

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


def _chosen(settings: Settings, listed: Any, tell: Tell) -> Sequence[Endpoint]:
    return choosing.choose(settings, listed, tell)


def _download(url: str) -> Awaitable[Fetched]:
    async def fetched() -> Fetched:
        async with Fetcher() as fetcher:
            return await fetcher.get(url)

    return asyncio.ensure_future(fetched())


def _lines(folder: Path) -> list[dict[str, Any]]:
    journal = Folder(folder).journal
    found = (line for _, line in answers.scan(journal, ends.sound_size(journal)))
    return [one for one in found if not isinstance(one, JournalError) and isinstance(one["response"], dict)]
