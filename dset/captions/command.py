"""The verb `caption`: its steps one after the other, at real services or in a rehearsal, and what it says at the end."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from dset import choosing, queues
from dset.captions import afresh, closing, looks, orders, rehearsed
from dset.captions.making import Making
from dset.endpoints import Endpoint
from dset.errors import UsageError
from dset.images import sending
from dset.images.finding import Counting
from dset.inspection import Report
from dset.queues import Asked, Queue
from dset.rehearsal import stage
from dset.session import Follow
from dset.settings import Settings
from dset.verbs import Options

Tell = Callable[[str], None]


def caption(settings: Settings, options: Options, follow: Follow, counting: Counting, tell: Tell) -> Report:
    """Make the dataset, or go on with it; `tell` takes lines for the user. Raises DsetError, OSError."""
    home = settings.output
    settings = stage.settings_for(settings) if settings.rehearse else settings
    if options["check"] or options["fix"] or options["sheet"]:
        return looks.look(orders.folder_of(options, settings), options, tell)
    order = orders.read(options, settings, home)
    if settings.rehearse:
        tell("rehearsal: invented captions, no key, no network, nothing is billed")
    with ExitStack() as stack:
        making = stack.enter_context(Making(order, settings, home))
        prepared = making.prepare(counting)
        for line in closing.found(prepared, making):
            tell(line)
        if not making.album.numbered():
            raise UsageError(closing.nothing(prepared, making))
        filtered = making.filter_alike()
        if settings.rehearse:
            endpoint = stack.enter_context(rehearsed.staged(making, settings))
            ask = _asking(settings, lambda _: [endpoint], follow, tell)
        else:
            ask = _asking(settings, _Services(settings, tell).of, follow, tell)
        for step in (making.keep, making.caption, making.translate):
            if not making.is_over:
                step(ask)
        published = making.lay_out()
        report = closing.report(making, prepared, filtered, published)
        if settings.rehearse and not report.exit_status:
            afresh.finished(order)
        return report


class _Services:
    """The endpoints of the settings, chosen once for each model that is named."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self._settings, self._tell = settings, tell
        self._chosen: dict[str, Sequence[Endpoint]] = {}

    def of(self, model: str) -> Sequence[Endpoint]:
        """Those of this model, or all for ''. Raises UsageError."""
        if model not in self._chosen:
            settings = with_model(self._settings, model)
            self._chosen[model] = choosing.choose(settings, choosing.services(settings), self._tell)
        return self._chosen[model]


def with_model(settings: Settings, model: str) -> Settings:
    """The settings that ask this model; as they are for ''."""
    return replace(settings, model=model, given=settings.given | {"model"}) if model else settings


def _asking(
    settings: Settings, services: Callable[[str], Sequence[Endpoint]], follow: Follow, tell: Tell
) -> Callable[[Queue, str], Asked]:
    def ask(queue: Queue, model: str) -> Asked:
        meant = with_model(settings, model)
        if not settings.rehearse:
            meant = choosing.with_services(meant, choosing.services(meant))
        own = replace(queue.settings, base_url=meant.base_url, model=meant.model, services=meant.services)
        chosen = partial(services, model)
        return queues.ask(replace(queue, settings=own), chosen, sending.for_services(chosen), follow, tell)

    return ask
