"""A task's dataset on pictures: they are taken in and numbered, then each is asked about until it has a record."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from dset import files, planned
from dset.contents import Question
from dset.errors import QuestionsError
from dset.images import finding
from dset.images.album import REPLACED, Album, Picture
from dset.images.finding import Counting, Prepared
from dset.images.fitting import Form
from dset.images.taking import Taking
from dset.locks import Lock
from dset.queues import Asked, Queue
from dset.settings import Settings
from dset.tasks import (
    definitions,
    picture_fields,
    picture_orders,
    picture_records,
    picture_requests,
    planfile,
    scraped,
)
from dset.tasks.picture_gate import PictureGate
from dset.tasks.picture_orders import PictureOrder
from dset.workspace import Workspace

# No service reads more than 2,048 pixels a side (dset/images/sending.py); a page of small print needs all of them.
FORM = Form((2048, 2048), "inside", 92)
_HEADING = ("question", "image", "status", "source")


class PictureMaking:
    """One dataset. Use as a context manager, which locks it: `prepare`, then ask `queue`, then `ended`."""

    def __init__(self, order: PictureOrder, settings: Settings, home: Settings) -> None:
        """Its folder is below the output folder of `settings`, which is another one than that of `home` in a rehearsal."""
        self.order, self.home = order, home
        folder = settings.output / "tasks" / order.folder
        self.folder = folder
        self.asked: Asked | None = None
        self._lock = Lock(folder / ".task.lock", f"the folder {folder}")
        self._chosen: frozenset[str] = frozenset()  # the sources that are asked about
        beside = tuple(folder.with_name(name) for name in order.together if name != order.folder)
        self.settings = replace(
            picture_requests.settings_for(settings, folder, order.asked, order.lang), beside=beside
        )

    def __enter__(self) -> Self:
        files.make_folder(self.folder)
        self._lock.acquire()
        try:
            picture_orders.bind(self.folder / planfile.NAME, self.order)
            self.album = Album(self.folder, (picture_fields.SHELF,))
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def prepare(self, counting: Counting) -> Prepared:
        """Take what is new in the user's folder, as far as it was ordered, into images/ and into q.csv.

        Raises DsetError, OSError.
        """
        order, taking = self.order, Taking(self.album, self.order.source, FORM)
        prepared = finding.take(taking, order.source, [self.home.output], counting, order.count)
        self._chosen = frozenset(prepared.found.pictures)
        self._plan()
        return prepared

    def _plan(self) -> None:
        more = scraped.columns_of(self.order.source)
        rows = [
            {"image": one.file, "source": one.source} | more.get(one.source, {}) for one in self.pictures()
        ]
        heading = [*_HEADING, *(scraped.COLUMNS if more else ())]
        try:
            planned.extend(self.settings.questions, heading, rows)
        except QuestionsError as error:
            raise planned.unreadable(error) from None

    def queue(self) -> Queue:
        """The rows whose pictures have no record yet."""
        standing = picture_records.read(self.folder)
        left = {one.file for one in self.pictures() if self.album.where(one)} - standing.keys()

        def wanted(asked: Question) -> bool:
            is_wanted = asked.image in left
            left.discard(asked.image)  # a row that was doubled buys nothing
            return is_wanted

        def narrowed(work: Workspace) -> None:
            work.plan.narrow(wanted)

        return Queue(self.settings, self.folder, PictureGate(self.order, standing), narrowed)

    def ended(self, asked: Asked) -> None:
        """The queue was asked."""
        self.asked = asked

    def pictures(self) -> list[Picture]:
        """Those in the dataset whose sources are there, and that were ordered."""
        return [one for one in self.album.ready() if one.source in self._chosen]

    def records(self) -> dict[str, Mapping[str, Any]]:
        """The records that stand, by the path of their picture, those of pictures that were ordered."""
        wanted = {one.file for one in self.pictures()}
        found = picture_records.read(self.folder)
        return {picture: record for picture, record in found.items() if picture in wanted}

    @property
    def replaced(self) -> int:
        """Pictures whose sources have changed since they were asked about; their records stand."""
        return len(self.album.of(REPLACED))

    def counts(self) -> Counter[str]:
        """How often each label stands, in the order of the schema."""
        task = self.order.task
        held = Counter(str(record.get(task.label)) for record in self.records().values())
        return Counter({value: held[value] for value in definitions.labels(task) if held[value]})
