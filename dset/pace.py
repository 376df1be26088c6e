"""How many requests at once one endpoint bears, found out from what it says."""

import math

from dset.latency import Latency
from dset.pauses import Pauses

_REST = 17.0  # seconds after a refusal before more than what was refused is tried
_STATED_REST = 30.0  # the same where the service named its limit
_BACK_TO = 0.96  # of what was refused: so far without a rest
_CUTS = (1.0, 0.98, 0.9, 0.8, 0.7)  # of what is in flight, for refusals that follow one another
_USED = 0.75  # of the limit: several answers may come before the caller sends again
_OVERLOADED = 0.03  # of the requests: more than an accident
_LONGEST = 60.0  # seconds, for a rest after a long wait and for judging a step


class Pace:
    """A limit that grows while it is used and nothing is refused, and falls to what the service took.

    Times are seconds of one monotonic clock. Each `sent` is followed by one of `answered`, `ended`, `refused` and
    `overloaded`, with the same time as `sent_at`. The caller sends only while `has_room`, not before `paused_until`.
    """

    def __init__(self, most: int, start: int | None = None) -> None:
        """At most `most` at once; from `start` on, doubling. Without it `most` is what the user asked for."""
        self.in_flight = 0
        self._most = max(1, most)
        self._limit = self._most if start is None else max(1, min(start, self._most))
        self._automatic = start is not None  # a number that the user gave is not lowered for slow answers
        self._latency, self._pauses = Latency(), Pauses()
        self._doubling = self._automatic
        self._full_at: float | None = None  # when the limit, as it is, was reached
        self._step = 1
        self._stepped = False  # the last change of the limit was a step up
        self._doubt = 1.0  # steps that seemed borne were not: wait so many times as long
        self._delay: float | None = None  # seconds until one is told
        self._ceiling = math.inf  # in flight when one was refused
        self._borne = 0  # in flight without it
        self._rest_until = 0.0
        self._cut_at = -math.inf
        self._taken = True  # a request sent after the last cut was answered
        self._repeats = 0
        self._before = self._floor = 1  # limits: before refusals followed one another; the least for this cut
        self._overloads = 0.0

    @property
    def limit(self) -> int:
        """Requests allowed in flight, >= 1."""
        return self._limit

    @property
    def has_room(self) -> bool:
        """One more may be sent, as far as the limit goes (see `paused_until`)."""
        return self.in_flight < self._limit

    @property
    def paused_until(self) -> float:
        """Nothing is to be sent before; 0 where it never paused."""
        return self._pauses.until

    def sent(self, now: float) -> None:
        """A request is on its way."""
        self.in_flight += 1
        if self._full_at is None and self.in_flight >= self._limit:
            self._full_at = now

    def answered(self, now: float, sent_at: float) -> None:
        """An answer came."""
        used = self.in_flight >= _USED * self._limit
        self.in_flight = max(0, self.in_flight - 1)
        self._latency.note(now, sent_at, self._limit)
        self._overloads *= 1 - self._weight
        self._taken = self._taken or sent_at > self._cut_at
        if self._pauses.gap:
            self._reopen(now)
        elif used:
            self._tune(now)

    def ended(self, now: float, sent_at: float) -> None:
        """A request came to an end in a way that says nothing on the pace."""
        del now, sent_at
        self.in_flight = max(0, self.in_flight - 1)

    def refused(
        self,
        now: float,
        sent_at: float,
        stated: int | None = None,
        wait: float | None = None,
        window: bool = False,
    ) -> None:
        """A 429: `stated` is the limit at once that it named, `wait` the seconds; `window`: a quota per minute."""
        self.in_flight = max(0, self.in_flight - 1)
        self._delay = 0.75 * (now - sent_at if self._delay is None else self._delay) + 0.25 * (now - sent_at)
        self._pauses.refused(now, sent_at, wait, window)
        if stated is not None and stated < self._limit:
            self._cut(now, stated)
            self._ceiling, self._borne = stated + 1, stated
        elif stated is None or sent_at > self._cut_at:
            self._cut_back(now, sent_at, named=wait is not None)
        rest = _REST if stated is None else _STATED_REST
        self._rest_until = now + max(rest, min(1.0 + (wait or 0.0), _LONGEST))

    def overloaded(self, now: float, sent_at: float) -> None:
        """A 503, 529 or the like: one may be an accident, many are not."""
        self.in_flight = max(0, self.in_flight - 1)
        self._overloads += self._weight * (1 - self._overloads)
        if self._overloads > _OVERLOADED and sent_at > self._cut_at:
            self._overloads = 0.0
            self._ceiling = self.in_flight + 1
            self._cut(now, int(_CUTS[3] * (self.in_flight + 1)))
            self._rest_until = now + _REST

    @property
    def _weight(self) -> float:
        return 1 / max(40, min(200, 2 * self._limit))

    def _cut_back(self, now: float, sent_at: float, *, named: bool) -> None:
        if sent_at <= self._cut_at:  # it was cut for this one already; only what was taken is known better
            self._ceiling = max(self._floor, self._ceiling - 2) + 1
            self._set(int(min(self._limit, self._ceiling - 1)))
        else:
            self._judge_refusal(now)
            self._ceiling = self.in_flight + 1
            self._cut(now, int(_CUTS[min(self._repeats, len(_CUTS) - 1)] * self.in_flight))
            if not self.in_flight and not named:
                self._pauses.refused_alone(now)
        if not self._repeats:
            self._borne = self._limit

    def _judge_refusal(self, now: float) -> None:
        """Whether it answers a step up, follows another, or meets a limit that was borne so far."""
        soon = self._full_at is None or now < self._full_at + 2 * self._judgement
        stepped = self._doubling or (self._stepped and soon)
        recent = now - self._cut_at < max(1.0, 2.5 * self._latency.usual)
        if not stepped and (recent or not self._taken):
            self._repeats += 1
            return
        self._repeats = 0
        self._doubt = max(1.0, self._doubt / 2) if stepped else min(8.0, 2 * self._doubt)
        self._before = self._limit

    def _cut(self, now: float, limit: int) -> None:
        self._floor = max(1, self._limit // 2)
        self._cut_at, self._taken, self._step = now, False, 1
        self._doubling = self._stepped = False
        self._latency.cut(now, limit < 0.9 * self._limit)
        self._set(max(1, min(self._limit, limit)))

    def _set(self, limit: int) -> None:
        if limit != self._limit:
            self._limit, self._full_at = limit, None

    def _reopen(self, now: float) -> None:
        if self._before == 1:
            self._pauses.answered_alone(now)
            return
        self._pauses.gap = 0.0  # it was a window that is open again
        self._set(max(self._limit, int(0.7 * self._before)))

    def _tune(self, now: float) -> None:
        better = self._latency.better_limit(now, self._limit) if self._automatic else self._limit
        if better != self._limit:
            self._doubling = self._doubling and not self._latency.queued
            self._step = 1
            self._set(min(better, self._most))
        elif self._limit < self._most:
            self._grow(now, self._latency.headroom if self._automatic else 1.0)

    def _grow(self, now: float, headroom: float) -> None:
        if self._doubling and headroom > 0:
            self._limit += 1  # for each answer: twice as many after a round trip
            return
        if headroom <= 0 or self._full_at is None or now < self._full_at + self._judgement:
            return
        self._step = max(1, min(2 * self._step, int(headroom * self._limit))) if self._stepped else 1
        limit = self._stepped_limit(now)
        self._stepped = self._stepped or limit > self._limit
        self._set(max(limit, self._limit))

    def _stepped_limit(self, now: float) -> int:
        limit = min(self._most, self._limit + self._step, self._latency.trip_limit(now, self._limit))
        if self._limit < self._borne <= limit:
            limit, self._step = self._borne, 0  # from there on in small steps again
        if limit <= _BACK_TO * self._ceiling:
            return limit
        if now < self._rest_until:
            return int(_BACK_TO * self._ceiling)
        self._ceiling = math.inf
        return limit

    @property
    def _judgement(self) -> float:
        """Seconds at a limit without a refusal before it counts as borne."""
        # As many answers as the usual latency remembers, where only that can tell.
        trips = self._latency.usual * max(1.5, 24 / self._limit)
        if self._delay is None:
            return trips
        return min(_LONGEST, self._doubt * max(0.25, min(4 * self._delay, 2.5 * trips)))
