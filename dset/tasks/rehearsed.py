"""The rehearsal of a task: records that nobody wrote, from a model that errs as models do."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dset import files, texts
from dset.duplicates import Index
from dset.endpoints import Endpoint
from dset.errors import UsageError
from dset.rehearsal import canned, faults, stage
from dset.rehearsal.instances import Maker
from dset.rehearsal.mischief import Mischief, spoiled_text, wrapped
from dset.rehearsal.server import Behaviour, Request, Script, Server
from dset.tasks import paths, planfile, requests
from dset.tasks.checks import stated
from dset.tasks.making import Making
from dset.tasks.planfile import Order
from dset.tasks.requests import MANY

_MARK = "rehearsal.json"
Asked = Callable[
    [str], Sequence[tuple[int, Mapping[str, str]]]
]  # the question's text -> slots and their specs


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the model errs, of 1."""

    broken: float = 0.0  # records that break their schema, or are no JSON
    wrapped: float = 0.0  # in prose, in a fence, with trailing commas
    repeated: float = 0.0  # the same as an earlier record
    nearly: float = 0.0  # almost the same as an earlier one


ERRING = Rates(0.15, 0.20, 0.10, 0.10)


class Model:
    """Writes records for a task's rows, some of them bad."""

    def __init__(self, order: Order, asked: Asked, rates: Rates = ERRING) -> None:
        """Raises UsageError for a schema that no record can be invented for."""
        task = order.task
        self._task, self._asked, self._rates = task, asked, rates
        self._maker = Maker(task.schema, requests.examples(task, order.lang), order.seed, lang=order.lang)
        self._free = Maker(task.schema, (), order.seed, lang=order.lang)
        self._known = Index(order.near)
        self._mischief = Mischief(task.schema)
        self._is_many = order.per_request > 1
        self._earlier: list[dict[str, Any]] = []
        self.ways: set[str] = set()  # in which records were broken
        try:
            self._maker.make(0, {})
        except ValueError as error:
            raise UsageError(f"--rehearse: {error}") from None

    def __call__(self, request: Request) -> Behaviour:
        """The answer to one request: another one each time the same is asked."""
        messages = request.body.get("messages", ())
        told = [one for one in messages if one.get("role") == "user"]
        first = str(told[0].get("content", "")) if told else ""
        draw = random.Random(f"{first}/{len(told)}/{request.attempt}")
        records = [self._record(draw, spec) for _, spec in self._asked(first)]
        text = self._written(draw, records)
        size = 1 + len(text.encode("utf-8", "replace")) // 4
        return faults.ok(
            text,
            model=str(request.body.get("model", "rehearsal")),
            prompt_tokens=1 + sum(len(str(one.get("content"))) for one in messages) // 4,
            cached_tokens=0,
            completion_tokens=size,
            reasoning_tokens=0,
        )

    def _record(self, draw: random.Random, spec: Mapping[str, str]) -> Any:
        fixed = {name: self._own(name, spec[name]) for name in stated(self._task) if name in spec}
        rates, luck = self._rates, draw.random()
        if self._earlier and luck < rates.repeated:
            return draw.choice(self._earlier)
        if self._earlier and luck < rates.repeated + rates.nearly:
            return self._mischief.near_copy(draw.choice(self._earlier), draw, self._task.unique)
        try:
            made = self._new(draw, fixed)
        except ValueError:  # with this label nothing fits the schema: a real model would fail as well
            return fixed
        if draw.random() < rates.broken * 0.8:  # the others are no JSON at all
            broken, way = self._mischief.broken(made, draw)
            self.ways.add(way)
            return broken
        self._earlier.append(made)
        return made

    def _new(self, draw: random.Random, fixed: Mapping[str, Any]) -> Any:
        """A record like no earlier one; from the schema alone where the examples leave no room for another."""
        for maker in (self._maker, self._free, self._free):
            made = maker.make(draw.randrange(10**9), fixed)
            if self._known.find(text := texts.text_of(made, self._task.unique)) is None:
                break
        self._known.add("", text)
        return made

    def _own(self, name: str, word: str) -> Any:
        """The value of the field that a spec has a word for: 2 for "2" where the schema lists numbers."""
        return next((value for value in paths.enum(self._task.schema, name) if str(value) == word), word)

    def _written(self, draw: random.Random, records: list[Any]) -> str:
        text = json.dumps({MANY: records} if self._is_many else records[0], ensure_ascii=False)
        if draw.random() < self._rates.broken * 0.2:
            return spoiled_text(draw, text)
        return wrapped(draw, text) if draw.random() < self._rates.wrapped else text


@contextmanager
def staged(making: Making) -> Iterator[Endpoint]:
    """The offline endpoint for a task's rehearsal, which is laid out afresh where the last one was finished."""
    settings, folder = making.settings, making.settings.output
    known = planfile.read(folder / planfile.NAME)
    if (folder / _MARK).exists() or (known is not None and known != making.order.as_document()):
        stage.clear(folder, planfile.NAME, _MARK)
    latency = stage.THINKING[settings.rehearse]
    script: Script = Model(making.order, making.asked)
    if settings.rehearse == "outage" and not (folder / "output.json").exists():
        script = canned.outage(max(1, making.order.count // making.order.per_request // 2), latency, script)
    else:
        script = faults.slow(latency, script)
    with Server(script, keep_bodies=False) as server:
        yield stage.endpoint_at(settings, server)
    if making.is_done:
        files.replace(folder / _MARK, [b'{"finished": true}\n'])
