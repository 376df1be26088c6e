"""All endpoints of a run: which are open, which close, rest and open again, and whether that is waited for."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from dset import clocks
from dset.closures import all_closed, moved, opening
from dset.failures import Failure
from dset.lanes import Lane
from dset.slots import Rules
from dset.stops import Stopped

SOON = 600.0  # seconds: an endpoint that opens so soon is waited for in any case
_DOWN = 3  # outages in a row, while another endpoint answers: it is the endpoint, not the rows


class Fleet:
    """The endpoints in the order of their use."""

    def __init__(
        self, lanes: Sequence[Lane], rules: Rules, tell: Callable[[str], None], note: Callable[[], None]
    ) -> None:
        """`tell` takes lines for the user; `note` is called when what is spent has changed."""
        self.lanes, self._rules = tuple(lanes), rules
        self._tell, self.note = tell, note
        self._current: Lane | None = None
        self._asleep_until: datetime | None = None  # every endpoint is closed until then

    def open_ones(self, now: datetime) -> list[Lane]:
        """Those that may be asked, in order."""
        return [lane for lane in self.lanes if _is_open(lane, now)]

    def close(self, lane: Lane, failure: Failure) -> bool:
        """Close the endpoint, and those that share its key or its service, for what it said. Whether one is left.

        One is left where another is open, or this one opens again and is waited for.
        """
        now = clocks.now()
        if lane.closure is None or _is_open(lane, now):  # not yet by another request
            for one in self.lanes:
                if _shares(one, lane, failure.scope):
                    one.close(failure, now)
            self._after_closing(lane, now)
        return self._goes_on(now)

    def rest(self, lane: Lane, failure: Failure, scope: str = "lane") -> bool:
        """Let another endpoint take over for a while. False where no other is open: then this one stays.

        `scope`: 'lane', 'model' for that model whatever the key, or 'service'.
        """
        now = clocks.now()
        tired = [one for one in self.lanes if _tires_with(one, lane, scope)]
        if not any(_is_open(one, now) for one in self.lanes if one not in tired):
            return False
        for one in tired:
            if _is_open(one, now):
                one.rest(failure, now)
        self._after_closing(lane, now)
        return True

    def is_down(self, lane: Lane) -> bool:
        """It is open and fails one request after the other while another that is open answers."""
        now = clocks.now()
        return (
            lane.outages >= _DOWN
            and _is_open(lane, now)
            and any(one.answered_at > lane.failing_since and _is_open(one, now) for one in self.lanes)
        )

    def is_open(self, lane: Lane) -> bool:
        """It may be asked now."""
        return _is_open(lane, clocks.now())

    def has_other_than(self, models: Collection[str]) -> bool:
        """One with another model may be asked now."""
        return any(lane.endpoint.model not in models for lane in self.open_ones(clocks.now()))

    def ended(self) -> Stopped:
        """Why no endpoint is left."""
        return all_closed(self.lanes, clocks.now())

    def _after_closing(self, lane: Lane, now: datetime) -> None:
        if len(self.lanes) > 1:
            self._tell(moved(lane, next(iter(self.open_ones(now)), None), now))
        self.note()

    def _goes_on(self, now: datetime) -> bool:
        return bool(self.open_ones(now)) or self._worth_waiting(now) is not None

    def _worth_waiting(self, now: datetime) -> datetime | None:
        """When the first endpoint opens again, where that is waited for."""
        times = [(at, lane) for lane in self.lanes if (at := lane.opens(now)) is not None]
        if not times:
            return None
        at, lane = min(times, key=lambda one: one[0])
        dear = (
            lane.closure is None and lane.day.left(now) != 0
        )  # it waits for its cheap hours, as it was told
        soon = (at - now).total_seconds() <= SOON
        return at if self._rules.wait or dear or soon else None

    def asleep(self, now: datetime) -> Stopped | float:
        """All are closed: the seconds until the first opens, where that is waited for, or why no more is asked."""
        at = self._worth_waiting(now)
        if at is None:
            return all_closed(self.lanes, now)
        if self._asleep_until != at:
            self._asleep_until = at
            self._tell(opening(self.lanes, at, now))
        return max((at - now).total_seconds(), 0.001)

    def awake(self, first: Lane) -> None:
        """This one is the first that is open."""
        self._asleep_until = None
        if self._current is not first:
            before, self._current = self._current, first
            if before is not None and self.lanes.index(first) < self.lanes.index(before):
                self._tell(f"{first.name} is open again and takes over")


def _is_open(lane: Lane, now: datetime) -> bool:
    if lane.closure is None and not lane.off_peak and lane.endpoint.limits.rpd is None:
        return True  # as nearly every one is, at every request
    at = lane.opens(now)
    return at is not None and at <= now


def _shares(one: Lane, lane: Lane, scope: str) -> bool:
    """What is said of `lane` holds for `one` too."""
    if one is lane:
        return True
    if scope == "service":
        return one.endpoint.base_url == lane.endpoint.base_url
    return scope == "key" and one.endpoint.account == lane.endpoint.account


def _tires_with(one: Lane, lane: Lane, scope: str) -> bool:
    same_service = one.endpoint.base_url == lane.endpoint.base_url
    same_model = same_service and one.endpoint.model == lane.endpoint.model
    return one is lane or (scope == "model" and same_model) or (scope == "service" and same_service)
