"""Pictures are collected: searched for, downloaded, looked at, kept, until each query has its count."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from dset.scraping import trying
from dset.scraping.finds import Asked, Find, Page
from dset.scraping.folder import ScrapeFolder, pictures
from dset.scraping.plan import Order
from dset.scraping.pool import Pool
from dset.scraping.sources import Source, SourceError, Standing
from dset.scraping.tools import Seen, Tools
from dset.scraping.tries import ALIKE, TWIN, Outcome
from dset.scraping.trying import Brought, Loss

AT_ONCE = 8  # downloads
_IN_A_ROW = 3  # pages that a source may fail to give before it is left alone
_PAGES = 10  # of one source for one query, for up to 400 pictures: "systematic mass downloads are not allowed" (Pixabay)
Running = dict[asyncio.Task[Brought | Loss], Find]


class Collector:
    """Fills one folder by one order. `tell` takes a line where somebody should know."""

    def __init__(
        self,
        order: Order,
        folder: ScrapeFolder,
        sources: Sequence[Source],
        tools: Tools,
        tell: Callable[[str], None],
        counted: Callable[[str], Counter[str]] | None = None,
    ) -> None:
        """`counted`: what of a query counts as kept, by source (all that stands in the folder)."""
        self._counted = counted or folder.kept
        self._order, self._folder, self._tools, self._tell = order, folder, tools, tell
        self._sources = {one.name: one for one in sources}
        self.outcome = Outcome(order.asked, order.count, [Standing(one.name) for one in sources])
        self._prints = tools.prints(order.near)
        self._hashes: dict[str, str] = {}  # of the pictures that stand -> their names

    async def run(self) -> Outcome:
        """Collect for each query in turn. Raises OSError where the folder cannot be written."""
        await self._look_at_what_stands()
        for asked in self._order.asked:
            self.outcome.kept[asked.query] = self._counted(asked.query)
        for asked in self._order.asked:
            if self.outcome.missing(asked.query):
                await self._collect(asked)
        return self.outcome

    async def _look_at_what_stands(self) -> None:
        for name, content, path in pictures(self._folder):
            self._hashes[content] = name
            fingerprint = self._folder.print_of(content)
            if not fingerprint:
                with contextlib.suppress(self._tools.broken, OSError):  # somebody's edit: it stays
                    fingerprint = (await asyncio.to_thread(self._look_at, path)).fingerprint
                    self._folder.note_print(content, fingerprint)
            if fingerprint:
                self._prints.add(name, fingerprint)

    def _look_at(self, path: Path) -> Seen:
        return self._tools.look(path.read_bytes())

    async def _collect(self, asked: Asked) -> None:
        kept = self.outcome.kept[asked.query]
        seed = f"{self._order.seed}/{asked.query}"
        pool = Pool(list(self._sources), self._order.count, seed, self._folder.known())
        pool.given.update(kept)
        pages = dict.fromkeys(self._sources, 0)
        running: Running = {}
        try:
            while True:
                await self._start(asked, pool, pages, running)
                if not running:
                    break
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                self._settle_all(pool, running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        given = ", ".join(f"{name} {number:,}" for name, number in sorted(kept.items()) if number)
        self._tell(
            f"{asked.query}: {kept.total():,} of {self._order.count:,}" + (f" ({given})" if given else "")
        )

    async def _start(
        self,
        asked: Asked,
        pool: Pool,
        pages: dict[str, int],
        running: Running,
    ) -> None:
        """Start as many downloads as are wanted, and search for more where the pool has none."""
        while len(running) < min(AT_ONCE, self.outcome.missing(asked.query)):
            while name := pool.hungry():
                pages[name] += 1
                page = await self._meanwhile(pool, running, self._page(name, asked, pages[name]))
                pool.add(page.finds, name)
                if not page.has_next or pages[name] >= max(_PAGES, -(-self._order.count // 40)):
                    pool.end(name)
            find = pool.take()
            if find is None:
                return
            running[asyncio.create_task(trying.attempt(find, self._tools))] = find

    async def _meanwhile(self, pool: Pool, running: Running, search: Coroutine[None, None, Page]) -> Page:
        """The page; what comes meanwhile is kept, since a limit of a service may be waited for."""
        task = asyncio.create_task(search)
        try:
            while not task.done():
                await asyncio.wait([task, *running], return_when=asyncio.FIRST_COMPLETED)
                self._settle_all(pool, running)
        finally:
            task.cancel()
        return task.result()

    async def _page(self, name: str, asked: Asked, number: int) -> Page:
        """One page of a source; an empty last one where it fails."""
        standing = next(one for one in self.outcome.sources if one.name == name)
        if standing.is_over:
            return Page((), has_next=False)
        try:
            page = await self._sources[name].page(asked, number)
        except SourceError as error:
            if error.reason not in standing.reasons:
                self._tell(error.reason)
            if standing.failed(error, _IN_A_ROW):
                self._tell(f"{name} is left out from now on")
            return Page((), has_next=False)
        standing.answered()
        return page

    def _settle_all(self, pool: Pool, running: Running) -> None:
        for task in [task for task in running if task.done()]:
            self._settle(pool, running.pop(task), task.result())

    def _settle(self, pool: Pool, find: Find, came: Brought | Loss) -> None:
        """Keep a picture that is new; note what can never work; the rest may be tried another day."""
        loss = came if isinstance(came, Loss) else self._kept(find, came)
        if loss is None:
            return
        pool.lost(find)
        self.outcome.lost[loss.reason] += 1
        if loss.again:
            self.outcome.again += 1
        else:
            self._folder.refuse(find.url, loss.reason)

    def _kept(self, find: Find, came: Brought) -> Loss | None:
        """Keep it, and None; or why not."""
        path = f"images/{self._tools.name(came.data, came.kind)}"
        # A name is a part of the hash: two contents that share one are somebody's trick.
        if came.content in self._hashes or path in self._hashes.values():
            return Loss(TWIN)
        if self._prints.find(came.seen.fingerprint) is not None:
            return Loss(ALIKE)
        line = trying.record(find, path, came, labelled=bool(self._order.task))
        self._folder.keep(line, came.data)
        self._folder.note_print(came.content, came.seen.fingerprint)
        self._hashes[came.content] = path
        self._prints.add(path, came.seen.fingerprint)
        self.outcome.kept[find.query][find.source] += 1
        self.outcome.new += 1
        return None
