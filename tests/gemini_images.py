"""Gemini as it captions pictures: keys and models with limits, safety blocks in every shape, faults, and a book of it all.

It looks at the pictures: which frame one is stands in it (tests.frames). Shapes: FACTS of the endpoint, as `faults` has them.
"""

import base64
import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, json_reply
from tests import frames

TRIGGER = "Ghibli style"
NAMES = ("Totoro", "Chihiro", "Haku", "Spirited Away")
MODELS = ("gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.5-flash-lite", "gemini-3.1-flash-lite")
KEYS = tuple(f"GEMINI_API_KEY_{number}" for number in range(1, 6))

_WHO = "a young girl,an old man,a tall woman,a small boy,a tired farmer,a happy cook,a quiet teacher,a brave sailor,a slim nurse,a shy student"
_WEARS = "a blue coat,a red dress,plain work clothes,a straw hat,a white shirt,a green scarf,brown boots,a grey apron,a yellow raincoat,black gloves"
_WHERE = "an old house,a wide river,a busy kitchen,a green hill,a slow train,tall trees,a stone bridge,a small shop,a quiet lake,a dark forest"
_LIGHT = "soft morning light,warm evening light,cold winter light,bright noon sun,dim lamp light,pale moonlight,golden autumn light,grey rainy light,clear spring light,deep blue dusk"
_KNOWN = 20  # after so many captions the first has been taken
_MOODS = ("a calm and gentle mood", "a hopeful and quiet mood", "a playful and warm mood", "a lonely and slow mood")  # fmt: skip


@cache
def caption(number: int, variant: int = 0) -> str:
    """A good caption of the frame; another one for each `variant`, and no other frame has it."""
    digits = [int(digit) for digit in f"{number:04}"]
    who, wears, where, light = (
        text.split(",")[digit] for text, digit in zip((_WHO, _WEARS, _WHERE, _LIGHT), digits, strict=True)
    )
    return f"{TRIGGER} {who} in {wears}, standing near {where} with a small smile, {light}, {_MOODS[variant % 4]}"


def captions(number: int) -> set[str]:
    """All good captions of the frame."""
    return {caption(number, variant) for variant in range(len(_MOODS))}


# --- Safety blocks: bodies of status 200 ----------------------------------------------------------------------


def _chosen(finish: str, **message: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "finish_reason": finish, **({"message": message} if message else {})}]}


BLOCKS: tuple[dict[str, Any], ...] = (
    _chosen("content_filter: PROHIBITED_CONTENT"),
    {},  # no `choices` at all
    _chosen("IMAGE_SAFETY"),
    {"choices": []},
    {"choices": None},
    _chosen("content_filter: SAFETY"),
    _chosen("content_filter", role="assistant", content=None, refusal="I cannot help with this picture."),
    _chosen("SAFETY"),
    _chosen("RECITATION", role="assistant", content=""),
    _chosen("BLOCKLIST"),
    _chosen("PROHIBITED_CONTENT", role="assistant"),
    _chosen("SPII"),
    _chosen("IMAGE_PROHIBITED_CONTENT"),
)


def blocked(model: str, shape: Mapping[str, Any]) -> Behaviour:
    """A reply of status 200 that is a block."""
    usage = {"prompt_tokens": 300, "completion_tokens": 0, "total_tokens": 300}
    whole = {"id": "x", "object": "chat.completion", "model": model, "created": 1, **shape, "usage": usage}
    return json_reply(whole)


# --- The service ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grants:
    """What one key gets of one model. `window` in seconds stands for the minute."""

    per_window: int
    window: float
    per_day: Mapping[str, int]  # requests of one key, by model


@dataclass(frozen=True, slots=True)
class Temper:
    """How often it goes wrong, as shares of the requests, and how long an answer takes."""

    errs: float = 0.05  # a first caption that breaks a rule
    overloaded: float = 0.005
    dropped: float = 0.002
    seconds: float = 0.08


@dataclass
class Book:
    """What was asked and what was said. `good` holds, for each frame, the captions that had to be taken."""

    requests: int = 0
    said: Counter[str] = field(default_factory=Counter)
    good: dict[int, list[str]] = field(default_factory=dict)
    asked: dict[int, list[str]] = field(default_factory=dict)  # the models that looked at a frame
    spent: Counter[tuple[str, str]] = field(default_factory=Counter)  # key, model -> requests of the day
    refused: set[tuple[str, str]] = field(default_factory=set)  # whose day was over
    unknown: int = 0  # pictures that are no frame


class Service:
    """The script of a server. `never` are the frames that all models block, each in its shape; `once` those that the
    first model blocks which sees it."""

    def __init__(
        self,
        grants: Grants,
        never: Mapping[int, Mapping[str, Any]],
        once: Sequence[int] = (),
        temper: Temper | None = None,
    ) -> None:
        self._grants, self._never, self._once = grants, never, frozenset(once)
        self._temper = temper or Temper()
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}
        self._numbers: dict[bytes, int] = {}
        self._told: Counter[int] = (
            Counter()
        )  # with a frame's last request: how often its captions were refused
        self._dice = random.Random(0)
        self.book = Book()
        self.clock: Callable[[], float] = time.monotonic

    def script(self, request: Request) -> Behaviour:
        """What comes of one request."""
        self.book.requests += 1
        lane = (request.headers.get("authorization", "").removeprefix("Bearer "), str(request.body["model"]))
        limited = self._limited(lane)
        if limited is not None:
            return limited
        kind, behaviour = self._fate(lane[1], request)
        self.book.said[kind] += 1
        return replace(behaviour, delay=self._temper.seconds * self._dice.uniform(0.5, 1.5))

    def _limited(self, lane: tuple[str, str]) -> Behaviour | None:
        """A 429, or None for a request that is let in, and counts."""
        most, now = self._grants.per_day[lane[1]], self.clock()
        if self.book.spent[lane] >= most:
            self.book.refused.add(lane)
            self.book.said["429 day"] += 1
            name = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
            return _over(name, most, lane[1], f"{self._dice.uniform(28, 55):.9f}s")
        began, count = self._windows.get(lane, (now, 0))
        if now >= began + self._grants.window:
            began, count = now, 0
        if count >= self._grants.per_window:
            self.book.said["429 minute"] += 1
            name = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
            left = began + self._grants.window - now
            return _over(name, self._grants.per_window, lane[1], f"{left:.9f}s")
        self._windows[lane] = (began, count + 1)
        self.book.spent[lane] += 1
        return None

    def _fate(self, model: str, request: Request) -> tuple[str, Behaviour]:
        chance = self._dice.random()
        if chance < self._temper.overloaded:
            return "503", faults.gemini_unavailable()
        if chance < self._temper.overloaded + self._temper.dropped:
            return "dropped", faults.dropped()
        number = self._seen(request)
        seen_by = self.book.asked.setdefault(number, [])
        seen_by.append(model)
        if number in self._never:
            return "blocked", blocked(model, self._never[number])
        if number in self._once and model == seen_by[0]:
            return "blocked", blocked(model, BLOCKS[number % 2 * 2])
        told = self._told[number] + 1 if len(request.body["messages"]) > 1 else 0
        self._told[number] = told
        kind, text = self._caption(number, told)
        if kind == "good":
            self.book.good.setdefault(number, []).append(text)
        return kind, faults.ok(text, model=model, prompt_tokens=300, cached_tokens=0, completion_tokens=30)

    def _seen(self, request: Request) -> int:
        parts = request.body["messages"][0]["content"]
        url = next(part["image_url"]["url"] for part in parts if part["type"] == "image_url")
        head, _, data = url.partition(",")
        picture = base64.b64decode(data)
        digest = hashlib.sha256(picture).digest()
        if digest not in self._numbers:
            is_jpeg = head == "data:image/jpeg;base64" and picture.startswith(b"\xff\xd8")
            self._numbers[digest] = frames.number_in(picture) if is_jpeg else 0
        self.book.unknown += not self._numbers[digest]
        return self._numbers[digest]

    def _caption(self, number: int, told: int) -> tuple[str, str]:
        """A caption, and what is wrong with it: the first may err, the second now and then, the third never."""
        dice = random.Random(f"{number}/{told}")
        good = caption(number, told)
        errs = (self._temper.errs, 0.2, 0.0)[min(told, 2)]
        if dice.random() >= errs:
            return "good", good
        kind = dice.choice(["full stop", "no trigger", "too long", "said twice", "named"])
        earliest = next(iter(self.book.good), number) if len(self.book.good) > _KNOWN else number
        return kind, {
            "full stop": f"{good}.",
            "no trigger": good.removeprefix(f"{TRIGGER} "),
            "too long": f"{good}, {good.removeprefix(TRIGGER)}",
            "said twice": self.book.good[earliest][0] if earliest != number else f"{good}.",
            "named": good.replace("with a small smile", "beside โทโทโร่"),
        }[kind]


def _over(quota: str, limit: int, model: str, retry: str) -> Behaviour:
    metric = "generate_content_free_tier_requests"
    return faults.gemini_quota(quota, metric, limit, retry, model)


def endpoints_toml(base_url: str) -> str:
    """The file that names its keys and models."""
    keys, models = (", ".join(f'"{name}"' for name in names) for names in (KEYS, MODELS))
    return f'[[providers]]\nname = "gemini"\nbase_url = "{base_url}/v1beta/openai"\nkeys = [{keys}]\nmodels = [{models}]\n'


def dot_env() -> str:
    """The .env that holds its keys."""
    return "".join(f"{name}=key-{name[-1]}-of-a-test\n" for name in KEYS)
