"""`task NAME --images FOLDER` for one dataset: pictures taken in, asked about, summed up."""

import functools
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from dset import choosing, queues
from dset.endpoints import Endpoint
from dset.images import sending, told
from dset.images.finding import Counting
from dset.inspection import Report
from dset.rehearsal import stage
from dset.session import Follow
from dset.settings import Settings
from dset.tasks import picture_closing, picture_rehearsal, picture_requests, planfile
from dset.tasks.picture_orders import PictureOrder
from dset.tasks.picture_tasks import PictureMaking

Tell = Callable[[str], None]
Services = Callable[[], Sequence[Endpoint]]


def make(
    order: PictureOrder, settings: Settings, follow: Follow, counting: Counting, tell: Tell
) -> tuple[PictureMaking, Report]:
    """Make the dataset, or go on with it; `tell` takes lines for the user. Raises DsetError, OSError."""
    if settings.rehearse:
        return _rehearsed(order, settings, follow, counting, tell)
    listed = choosing.services(settings)
    making = PictureMaking(order, choosing.with_services(settings, listed), settings)
    services = functools.cache(lambda: choosing.choose(settings, listed, tell))
    if not (making.folder / planfile.NAME).exists():
        services()  # no plan is laid out before there is a key: it would bind a later command
    with making:
        _prepare(making, counting, tell)
        _ask(making, services, follow, tell)
        return making, picture_closing.report(making)


def _rehearsed(
    order: PictureOrder, settings: Settings, follow: Follow, counting: Counting, tell: Tell
) -> tuple[PictureMaking, Report]:
    tell("rehearsal: invented records, some of them bad; no key, nothing is billed")
    making = PictureMaking(order, stage.settings_for(settings), settings)
    picture_rehearsal.begin(making)
    with ExitStack() as stack:
        stack.enter_context(making)
        _prepare(making, counting, tell)
        endpoint = stack.enter_context(picture_rehearsal.staged(making))
        _ask(making, lambda: [endpoint], follow, tell)
        picture_rehearsal.finish(making)
        return making, picture_closing.report(making)


def _prepare(making: PictureMaking, counting: Counting, tell: Tell) -> None:
    order, prepared = making.order, making.prepare(counting)
    for line in told.found(order.task.name, order.source, prepared.found, prepared.new, making.album):
        tell(line)


def _ask(making: PictureMaking, services: Services, follow: Follow, tell: Tell) -> None:
    def mended(line: str) -> None:
        tell(picture_requests.mended(line))

    if making.pictures():
        making.ended(queues.ask(making.queue(), services, sending.for_services(services), follow, mended))
