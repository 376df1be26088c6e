"""Counts and times in words, the same everywhere."""


def counted(number: int, thing: str, things: str = "") -> str:
    """1 row, 2 rows, 1,190 rows."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def span(seconds: float) -> str:
    """A time for people: 4.2 s, 37 s, 3 min 10 s, 2 h 05 min, 12 d 3 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def sentences(reason: str, advice: str) -> str:
    """What is wrong and what to do, as sentences; either may be ''."""
    stop = "" if not reason or not advice or reason[-1] in ".!?:…" else "."
    return f"{reason}{stop} {advice}".strip()
