"""When nothing at all may be sent to an endpoint."""

_LONGEST_GAP = 10.0  # seconds between single requests
_WINDOW = 5.0  # seconds that a quota per minute holds at first, where it names none


class Pauses:
    """The time until which nothing is sent, from the waits that refusals name and from what one at a time meets."""

    def __init__(self) -> None:
        self.until = 0.0
        self.gap = 0.0  # seconds between single requests, where even one at a time was too many
        self._held = (0.0, 0.0)  # when a refusal named a wait, and the end of that wait

    def refused(self, now: float, sent_at: float, wait: float | None, window: bool) -> None:
        """A refusal named a wait. It holds all if it is a quota per minute, or if another wait was not kept.

        The first wait holds its own row alone: a service that limits what is in flight names one too.
        """
        if wait is None:
            if not window:
                return
            wait = _WINDOW
        since, until = self._held
        if window or since < sent_at < until:
            self._extend(now + wait)
        if now >= until:
            self._held = (now, now + wait)

    def refused_alone(self, now: float) -> None:
        """Nothing else was in flight."""
        self.gap = min(_LONGEST_GAP, max(1.0, 1.5 * self.gap))
        self._extend(now + self.gap)

    def answered_alone(self, now: float) -> None:
        """One at a time is borne at this gap: a little less of it."""
        self.gap = 0.95 * self.gap if self.gap > 0.5 else 0.0
        self._extend(now + self.gap)

    def _extend(self, until: float) -> None:
        self.until = max(self.until, until)
