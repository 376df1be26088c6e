"""How many requests at once one endpoint bears, found out from what it says."""

import math

from dset.latency import Latency

_REST = 17.0  # seconds after a refusal before more than what was refused is tried
_STATED_REST = 30.0  # the same where the service named its limit
_BACK_TO = 0.96  # of what was refused: so far without a rest
_CUTS = (1.0, 0.95, 0.85, 0.7)  # of what is in flight, for refusals that follow one another
_OVERLOAD_CUT = 0.8
_OVERLOADED = 0.03  # of the requests: more than an accident
_LONGEST = 60.0  # seconds, for the gap between single requests and for the patience with a step


class Pace:
    """A limit that grows while it is used and nothing is refused, and falls to what the service took.

    Times are seconds of one monotonic clock. Each `sent` is followed by one of `answered`, `ended`, `refused` and
    `overloaded`, with the same `sent_at`. The caller sends only while `has_room` and not before `paused_until`.
    """

    def __init__(self, most: int, start: int | None = None) -> None:
        """At most `most` at once; from `start` on, doubling. Without it `most` is what the user asked for."""
        self.most = max(1, most)
        self.in_flight = 0
        self.paused_until = 0.0
        self._limit = self.most if start is None else max(1, min(start, self.most))
        self._automatic = start is not None  # a fixed number is not lowered because answers take longer
        self._doubling = self._automatic
        self._latency = Latency()
        self._full_at: float | None = None  # since when the limit, as it is, was reached
        self._step = 1
        self._stepped = False  # the limit is higher than what was ever borne before
        self._doubt = 1.0  # steps that seemed borne were not: wait so many times as long
        self._round = (0.0, self._limit)  # when this round trip began, and the limit then
        self._ceiling = math.inf  # in flight when one was refused
        self._rest_until = 0.0
        self._cut_at = -math.inf
        self._repeats = 0
        self._floor = 1
        self._before = self._limit
        self._refusal_delay: float | None = None
        self._gap = 0.0  # between single requests, where even one at a time is too many
        self._held = (0.0, 0.0)  # when a refusal named a wait, and its end
        self._overloads = 0.0

    @property
    def limit(self) -> int:
        """Requests allowed in flight, >= 1."""
        return self._limit

    @property
    def has_room(self) -> bool:
        """One more may be sent, as far as the limit goes (see `paused_until`)."""
        return self.in_flight < self._limit

    def sent(self, now: float) -> None:
        """A request is on its way."""
        self.in_flight += 1
        if self._full_at is None and self.in_flight >= self._limit:
            self._full_at = now

    def answered(self, now: float, sent_at: float) -> None:
        """An answer came."""
        used = self.in_flight >= 0.75 * self._limit
        self._leave()
        self._latency.note(now, sent_at, self._limit)
        self._overloads *= 1 - self._weight
        if self._gap:
            self._reopen(now)
        elif used:
            self._tune(now)

    def ended(self, now: float, sent_at: float) -> None:
        """A request came to an end in a way that says nothing on the pace."""
        self._leave()

    def refused(
        self,
        now: float,
        sent_at: float,
        stated: int | None = None,
        wait: float | None = None,
        window: bool = False,
    ) -> None:
        """A 429: `stated` is the limit at once that it named, `wait` the seconds; `window`: a quota per minute."""
        self._leave()
        delay = max(0.0, now - sent_at)
        self._refusal_delay = (
            delay if self._refusal_delay is None else 0.75 * self._refusal_delay + 0.25 * delay
        )
        self._hold(now, sent_at, wait, window)
        self._cut_back(now, sent_at)
        if stated is not None:
            self._set(max(1, min(stated, self._limit)))
            self._ceiling = stated + 1
        self._rest_until = now + max(_REST if stated is None else _STATED_REST, 1.0 + (wait or 0.0))

    def overloaded(self, now: float, sent_at: float) -> None:
        """A 503, 529 or the like: one may be an accident, many are not."""
        self._leave()
        self._overloads += self._weight * (1 - self._overloads)
        if self._overloads > _OVERLOADED and sent_at > self._cut_at:
            self._overloads = 0.0
            self._cut(now, int(_OVERLOAD_CUT * (self.in_flight + 1)))
            self._rest_until = now + _REST

    @property
    def _weight(self) -> float:
        return 1 / max(20, min(200, 2 * self._limit))

    def _leave(self) -> None:
        self.in_flight = max(0, self.in_flight - 1)

    def _hold(self, now: float, sent_at: float, wait: float | None, window: bool) -> None:
        if wait is None:
            return
        since, until = self._held
        if window or since < sent_at < until:
            self.paused_until = max(self.paused_until, now + wait)
        if now >= until:
            self._held = (now, now + wait)

    def _cut_back(self, now: float, sent_at: float) -> None:
        if sent_at <= self._cut_at:  # part of what was cut: it shows what was borne, but is no further reason
            self._set(max(self._floor, min(self._limit, self._limit - 1)))
            return
        stepped = self._stepped and (self._full_at is None or now < self._full_at + 2 * self._judgement)
        follows = not stepped and now - self._cut_at < max(1.0, 2.5 * self._latency.usual)
        self._repeats = self._repeats + 1 if follows else 0
        if not follows:
            self._before = self._limit
            self._doubt = max(1.0, self._doubt / 2) if stepped else min(64.0, 2 * self._doubt)
        self._ceiling = self.in_flight + 1
        self._cut(now, int(_CUTS[min(self._repeats, len(_CUTS) - 1)] * self.in_flight))
        if not self.in_flight:
            self._gap = min(_LONGEST, max(1.0, 2 * self._gap))
            self.paused_until = max(self.paused_until, now + self._gap)

    def _cut(self, now: float, limit: int) -> None:
        self._doubling = False
        self._floor = max(1, self._limit // 2)
        self._cut_at, self._step, self._stepped = now, 1, False
        self._latency.forget_trial()
        self._set(max(1, min(self._limit, limit)))

    def _set(self, limit: int) -> None:
        if limit != self._limit:
            self._limit, self._full_at = limit, None

    def _reopen(self, now: float) -> None:
        if self._before > 1:
            self._gap = 0.0
            self._set(max(self._limit, int(0.7 * self._before)))
            return
        self._gap *= 0.9
        self._gap = self._gap if self._gap > 0.5 else 0.0
        self.paused_until = max(self.paused_until, now + self._gap)

    def _tune(self, now: float) -> None:
        better = self._latency.better_limit(now, self._limit) if self._automatic else None
        if better is not None:
            self._doubling = self._doubling and better != self._limit  # the same: there was a queue
            self._step = 1
            self._set(min(better, self.most))
        elif self._limit < self.most:
            self._grow(now, self._latency.headroom if self._automatic else 1.0)

    def _grow(self, now: float, headroom: float) -> None:
        if headroom <= 0:
            return
        if self._doubling:
            self._limit += 1
            return
        if self._full_at is None or now < self._full_at + self._judgement:
            return
        self._step = max(1, min(2 * self._step, int(headroom * self._limit))) if self._stepped else 1
        limit = min(self.most, self._limit + self._step, self._round_limit(now))
        if limit > _BACK_TO * self._ceiling:
            if now < self._rest_until:
                limit = min(limit, int(_BACK_TO * self._ceiling))
            else:
                self._ceiling = math.inf
                limit = min(limit, self._limit + 1)
                self._step = 1
        if limit > self._limit:
            self._stepped = True
            self._set(limit)

    @property
    def _judgement(self) -> float:
        """Seconds at a limit without a refusal before it counts as borne."""
        trip = 1.5 * self._latency.usual
        if self._refusal_delay is None:
            return trip
        return min(_LONGEST, self._doubt * max(0.25, min(4 * self._refusal_delay, 2.5 * trip)))

    def _round_limit(self, now: float) -> int:
        """At most twice the limit of a round trip ago: latencies must have time to tell."""
        since, limit = self._round
        if now - since > self._latency.usual:
            self._round = now, self._limit
            limit = self._limit
        return 2 * limit
