"""The rehearsal of a caption dataset: captions that nobody wrote, from a model that errs now and then."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

from dset.captions.making import KEEP, TRANSLATE, Making
from dset.endpoints import Endpoint
from dset.rehearsal import canned, faults, stage
from dset.rehearsal.server import Behaviour, Request, Script, Server
from dset.settings import Settings

_WHO = (
    "a young girl,an old man,a tall woman,a small boy,two friends,a tired farmer,a happy cook,a quiet teacher"
)
_WEARS = (
    "in a blue coat,in a red dress,in plain work clothes,with a straw hat,in a white shirt,with a green scarf"
)
_DOES = (
    "standing still,sitting on a bench,walking slowly,looking to the left,holding a basket,reading a letter"
)
_WHERE = "in front of an old house,near a wide river,in a busy kitchen,on a green hill,beside a train,under tall trees"
_LIGHT = (
    "soft morning light,warm evening light,cold winter light,bright noon sun,dim lamp light,pale moonlight"
)
_MOOD = "a calm mood,a sad mood,a hopeful mood,a playful mood,a lonely mood,a gentle mood"
_PARTS = [part.split(",") for part in (_WHO, _WEARS, _DOES, _WHERE, _LIGHT, _MOOD)]
_THAI = "ภาพคนยืนอยู่หน้าบ้านเก่า,แสงแดดอ่อนยามเช้า,อารมณ์สงบ,พื้นหลังเป็นต้นไม้สูง,สวมเสื้อผ้าธรรมดา"
_ERRS = 0.05  # of the captions break a rule, and are asked for again


class Model:
    """Looks at no picture: an answer follows from the picture's bytes, or from the text where there is none."""

    def __init__(self, making: Making) -> None:
        self._making = making

    def __call__(self, request: Request) -> Behaviour:
        """The answer to one request."""
        messages = request.body.get("messages", [])
        digest = hashlib.sha256(str(messages[:1]).encode("utf-8", "replace")).hexdigest()
        draw = random.Random(f"{digest}/{len(messages)}")
        text = self._said(draw, int(digest[:12], 16), first=len(messages) < 2)
        return faults.ok(
            text,
            model=str(request.body.get("model", "rehearsal")),
            prompt_tokens=400 + len(request.text) // 4,
            cached_tokens=0,
            completion_tokens=1 + len(text) // 4,
            reasoning_tokens=0,
        )

    def _said(self, draw: random.Random, number: int, *, first: bool) -> str:
        trigger = self._making.order.trigger
        if self._making.step == KEEP:
            return draw.choice(["Yes", "yes", "yes, it is", "no"])
        if self._making.step == TRANSLATE:
            parts = draw.sample(_THAI.split(","), 4)
            return f"{trigger} {' '.join(parts)}".strip()
        words = self._caption(draw, number)
        if first and draw.random() < _ERRS:
            return draw.choice([f"{words}.", f"Here it is: {words}. It is a nice picture."])
        return f"{trigger} {words}".strip()

    @staticmethod
    def _caption(draw: random.Random, number: int) -> str:
        """One of some 280,000 captions, and their parts in some order."""
        parts = [draw.choice(part) for part in _PARTS]
        far = ["far away", "close by", "in the middle", "at the edge"][number % 4]
        return ", ".join([*parts[:3], f"{parts[3]} {far}", *parts[4:]])


@contextmanager
def staged(making: Making, settings: Settings) -> Iterator[Endpoint]:
    """The offline endpoint for a rehearsal; its first run meets an outage, unless it is to be calm."""
    latency = stage.THINKING[settings.rehearse]
    script: Script = Model(making)
    if settings.rehearse == "outage" and not any(making.order.folder.glob("**/output.json")):
        script = canned.outage(max(1, len(making.album.ready()) // 2), latency, script)
    else:
        script = faults.slow(latency, script)
    with Server(script, keep_bodies=False) as server:
        yield stage.endpoint_at(settings, server)
