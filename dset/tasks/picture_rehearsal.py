"""The rehearsal of a task on pictures: records that nobody wrote, from a model that looks at no picture and errs at first."""

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dset import files
from dset.endpoints import Endpoint
from dset.errors import UsageError
from dset.rehearsal import canned, faults, stage
from dset.rehearsal.instances import Maker
from dset.rehearsal.mischief import Mischief, spoiled_text, wrapped
from dset.rehearsal.server import Behaviour, Request, Script, Server
from dset.tasks import planfile, requests, rules
from dset.tasks.picture_orders import PictureOrder
from dset.tasks.picture_tasks import PictureMaking
from dset.tasks.rehearsed import ERRING, Rates

_MARK = "rehearsal.json"


class Model:
    """An answer follows from the picture's bytes; one that was refused is put right when it is asked again."""

    def __init__(self, order: PictureOrder, rates: Rates = ERRING) -> None:
        """Raises UsageError for a schema that no record can be invented for."""
        task = self._task = order.asked
        self._rates = rates
        self._maker = Maker(task.schema, requests.examples(task, order.lang), lang=order.lang)
        self._mischief = Mischief(task.schema)
        read = (rules.read(rule, f"rules[{at}]", task.schema) for at, rule in enumerate(task.rules))
        self._pairs = [one.names for one in read if one.name == "pairs"]
        try:
            self._maker.make(0, {})
        except ValueError as error:
            raise UsageError(f"--rehearse: {error}") from None

    def __call__(self, request: Request) -> Behaviour:
        """The answer to one request."""
        messages = request.body.get("messages", [])
        told = [one for one in messages if one.get("role") == "user"]
        digest = hashlib.sha256(str(told[:1]).encode("utf-8", "replace")).hexdigest()
        draw = random.Random(f"{digest}/{len(told)}")
        text = self._written(draw, is_first=len(told) < 2)
        return faults.ok(
            text,
            model=str(request.body.get("model", "rehearsal")),
            prompt_tokens=400 + len(request.text) // 4,
            cached_tokens=0,
            completion_tokens=1 + len(text.encode("utf-8", "replace")) // 4,
            reasoning_tokens=0,
        )

    def _written(self, draw: random.Random, *, is_first: bool) -> str:
        record = self._maker.make(draw.randrange(10**9), self._paired(draw))
        if is_first and draw.random() < self._rates.broken * 0.8:
            record, _ = self._mischief.broken(record, draw)
        text = json.dumps(record, ensure_ascii=False)
        if is_first and draw.random() < self._rates.broken * 0.2:
            return spoiled_text(draw, text)
        return wrapped(draw, text) if draw.random() < self._rates.wrapped else text

    def _paired(self, draw: random.Random) -> dict[str, Any]:
        """What goes together of the fields that no schema binds to each other."""
        found: dict[str, Any] = {}
        for names in self._pairs:
            found |= dict(zip(names["fields"], draw.choice(list(names["table"].items())), strict=True))
        return found


def begin(making: PictureMaking) -> None:
    """Lay the folder out afresh where the last rehearsal was finished, or was of another plan. Its pictures stay."""
    folder = making.folder
    known = planfile.read(folder / planfile.NAME)
    if (folder / _MARK).exists() or (known is not None and known != making.order.as_document()):
        stage.clear(folder, planfile.NAME, _MARK)


def finish(making: PictureMaking) -> None:
    """Note that every picture has its record."""
    if len(making.records()) == len(making.pictures()):
        files.replace(making.folder / _MARK, [b'{"finished": true}\n'])


@contextmanager
def staged(making: PictureMaking) -> Iterator[Endpoint]:
    """The offline endpoint; its first run meets an outage, unless it is to be calm."""
    latency = stage.THINKING[making.settings.rehearse]
    script: Script = Model(making.order)
    if making.settings.rehearse == "outage" and not (making.folder / "output.json").exists():
        script = canned.outage(max(1, len(making.pictures()) // 2), latency, script)
    else:
        script = faults.slow(latency, script)
    with Server(script, keep_bodies=False) as server:
        yield stage.endpoint_at(making.settings, server)
