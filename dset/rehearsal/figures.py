"""Numbers within the bounds and on the steps that schemas set, exactly."""

import math
import random
from fractions import Fraction
from typing import Any

from dset.rehearsal.demands import UnfitError


def number(draw: random.Random, schemas: list[dict[str, Any]], *, whole: bool) -> int | float:
    """A number within the bounds of all schemas; UnfitError where they leave none."""
    step = Fraction(1 if whole else 0)
    for schema in schemas:
        if "multipleOf" in schema:
            step = _common(step, Fraction(str(schema["multipleOf"])))
    fine = step or Fraction(1, 100)
    low = max(
        (Fraction(str(s[k])) for s in schemas for k in ("minimum", "exclusiveMinimum") if k in s),
        default=None,
    )
    high = min(
        (Fraction(str(s[k])) for s in schemas for k in ("maximum", "exclusiveMaximum") if k in s),
        default=None,
    )
    if low is None:
        low = Fraction(0) if high is None or high >= 0 else high - 100 * fine
    if high is None:
        high = low + 100 * max(fine, Fraction(1))
    if not step and high - low < 1:
        fine = (high - low) / 64 or Fraction(1, 100)
    first, last = math.ceil(low / fine), math.floor(high / fine)
    above = max(
        (Fraction(str(s["exclusiveMinimum"])) for s in schemas if "exclusiveMinimum" in s), default=None
    )
    below = min(
        (Fraction(str(s["exclusiveMaximum"])) for s in schemas if "exclusiveMaximum" in s), default=None
    )
    first += above is not None and first * fine <= above
    last -= below is not None and last * fine >= below
    if first > last:
        if not step and low == high and above is None and below is None:
            return float(low)
        raise UnfitError(f"no number lies between {float(low)} and {float(high)}")
    found = draw.randint(first, last) * fine
    return int(found) if found.denominator == 1 else float(found)


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The least common multiple; one of them may be 0, for any."""
    if not one:
        return other
    return Fraction(math.lcm(one.numerator, other.numerator), math.gcd(one.denominator, other.denominator))
