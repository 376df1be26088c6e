"""A caption dataset, step by step: pictures are prepared, filtered, captioned, translated, laid out for training.

Each step takes up what stands and does the rest, so that the same command goes on after any end.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from dset import files, planned, views
from dset.captions import afresh, gate, laid_out, orders, prompt_file, prompts, publishing, records, said
from dset.captions.orders import Order
from dset.captions.places import BLOCKED, FILTERED, REPLACED, SHELVES, TRAIN, Place
from dset.captions.publishing import Published
from dset.captions.rules import Rules
from dset.images import album as albums
from dset.images import finding
from dset.images.album import Album, Picture
from dset.images.finding import Counting, Prepared
from dset.images.likeness import Prints
from dset.images.taking import Taking
from dset.locks import Lock
from dset.queues import Asked, Queue
from dset.settings import Settings
from dset.workspace import Workspace

KEEP, CAPTION, TRANSLATE = "keep", "caption", "translate"
_IMAGE, _SOURCE = "image", "source"
Ask = Callable[[Queue, str], Asked]  # (queue, the model that is meant; '' for the usual one)


class Making:
    """One dataset. Use as a context manager, which locks it; the methods in their order here."""

    def __init__(self, order: Order, settings: Settings, home: Path) -> None:
        """`home`: the folder of all that the program writes. Raises UsageError for a file of names that cannot be read."""
        self.order, self._settings, self._home = order, settings, home
        self.place = Place(order.folder)
        self._lock = Lock(self.place.lock, f"the folder {order.folder}")
        names = orders.names_in(order.forbid) if order.forbid else None
        self.rules = Rules(order.trigger, order.words, order.lang, names)
        self.step = ""  # which queue is being asked
        self.asked: dict[str, Asked] = {}

    def __enter__(self) -> Self:
        files.make_folder(self.order.folder)
        self._lock.acquire()
        try:
            if self.is_rehearsal:
                afresh.clear(self.order)
            orders.bind(self.order)
            self.album = Album(self.order.folder, SHELVES, self._spoken_of())
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _spoken_of(self) -> set[str]:
        """Pictures of which something was said: were images.jsonl lost, their numbers would be given to others."""
        return {name for folder in (self.place.path, self.place.keeping) for name in said.pictures(folder)}

    def prepare(self, counting: Counting) -> Prepared:
        """Take what is new in the user's folder into train/, numbered in natural order. Raises OSError."""
        taking = Taking(self.album, self.order.source, self.order.form)
        prepared = finding.take(taking, self.order.source, [self._home], counting)
        self._put_right()
        return prepared

    def filter_alike(self) -> int:
        """Move pictures aside that are too much like an earlier one; how many."""
        if self.order.likeness is None:
            return 0
        prints, alike = Prints(self.order.likeness), list[Picture]()
        for picture in self.album.ready():
            twin = prints.find(picture.fingerprint)
            if twin is None:
                prints.add(picture.file, picture.fingerprint)
            else:
                alike.append(_filtered(picture, f"{twin[1]:.2f} like {twin[0]}"))
        self.album.note(alike)
        self._put_right()
        return len(alike)

    def keep(self, ask: Ask) -> None:
        """Ask a model of each picture whether it fulfils the condition; those that do not are moved aside."""
        condition = self.order.keep_if
        if not condition:
            return
        folder = self.place.keeping
        self._take_back(condition)
        rows = [{"question": condition, _IMAGE: one.file} for one in self.album.ready()]
        planned.extend(folder / "q.csv", ["question", _IMAGE, "status"], rows)
        settings = self._for_queue(folder, prompts.keeping("{question}"))
        self._ask(ask, KEEP, Queue(settings, self.order.folder, gate.yes_or_no, self._undecided))
        decided = said.decisions(folder, condition)
        out = [one for one in self.album.ready() if decided.get(Path(one.file).name) is False]
        self.album.note([_filtered(one, _unfulfilled(condition)) for one in out])
        self._put_right()

    def _take_back(self, condition: str) -> None:
        """What another condition filtered is asked about anew."""
        earlier = (one for one in self.album.of(albums.FILTERED) if one.reason.startswith(_unfulfilled("")))
        back = [one for one in earlier if one.reason != _unfulfilled(condition)]
        self.album.note([replace(one, state=albums.READY, reason="") for one in back])
        self._put_right()

    def _undecided(self, work: Workspace) -> None:
        here = {one.file for one in self._in_train()}
        work.plan.narrow(lambda asked: asked.text == self.order.keep_if and asked.image in here)

    def caption(self, ask: Ask) -> None:
        """Ask for the captions of the pictures in train/, and of blocked ones that are to be asked again."""
        rows = [{_IMAGE: one.file, _SOURCE: views.guard(one.source)} for one in self.album.ready()]
        # A lone column of another name would be taken for the questions.
        planned.extend(self.place.questions, [_IMAGE, "question", "status", _SOURCE], rows)
        text = prompt_file.read(self.place.prompt, self.rules, self._settings)
        settings = replace(self._for_queue(self.order.folder, text), second_opinion=True)
        said_of = records.captions(self.order.folder)
        known = {
            one.file: said_of[name] for one in self.album.ready() if (name := Path(one.file).name) in said_of
        }
        captions = gate.CaptionGate(self.rules, known)
        self._ask(ask, CAPTION, Queue(settings, self.order.folder, captions, self._uncaptioned))

    def _uncaptioned(self, work: Workspace) -> None:
        """Pictures that somebody removed, that were filtered, or whose condition nobody answered, are not asked about."""
        ready = {one.file for one in self.album.ready()}
        asked = {question.image for question in work.plan.all_questions()}
        self.album.shelve((Path(image).name for image in asked & ready), TRAIN)
        here = {one.file for one in self._in_train()}
        if self.order.keep_if:
            kept = said.decisions(self.place.keeping, self.order.keep_if)
            refused = said.refused(self.place.keeping)
            here = {file for file in here if kept.get(Path(file).name) or Path(file).name in refused}
        work.plan.narrow(lambda question: question.image in here)

    def _in_train(self) -> list[Picture]:
        return [one for one in self.album.ready() if self.album.where(one) == self.place.path / one.file]

    def translate(self, ask: Ask) -> None:
        """Ask for a second caption in another language."""
        lang = self.order.translate
        if not lang:
            return
        folder = self.place.translating(lang)
        edited = publishing.standing(self.place.train, self._captioned())  # what the user wrote counts
        captions = {line.text: line.name for line in edited.lines}
        planned.extend(
            folder / "q.csv",
            ["question", "status", "file"],
            [{"question": text, "file": name} for text, name in captions.items()],
        )
        template = prompts.translating(lang, self.order.trigger) + "\n\n{question}"
        settings = self._for_queue(folder, template)
        wanted = Rules(self.order.trigger, None, lang, self.rules.names)

        def standing(work: Workspace) -> None:
            work.plan.narrow(lambda asked: asked.text in captions)

        self._ask(
            ask, TRANSLATE, Queue(settings, folder, gate.translation(wanted), standing), self.order.text_model
        )

    def standing(self) -> list[Picture]:
        """The pictures that are to have a caption: all but those that were filtered, and that somebody removed."""
        return [one for one in self.album.ready() if self.album.where(one) is not None]

    def blocked(self) -> set[str]:
        """The file names of pictures that a service's safety filter refuses."""
        standing = {Path(one.file).name for one in self.standing()}
        return standing & said.refused(self.order.folder) - records.captions(self.order.folder).keys()

    @property
    def is_rehearsal(self) -> bool:
        """Everything said is invented."""
        return bool(self._settings.rehearse)

    @property
    def is_limited(self) -> bool:
        """--limit leaves pictures for another run."""
        return self._settings.limit is not None

    def lay_out(self) -> Published:
        """Blocked pictures leave train/, and the captions of the others are written there. Raises OSError."""
        self.album.shelve(self.blocked(), TRAIN if self.order.keeps_blocked else BLOCKED)
        self._put_right()
        lines, lang = self._captioned(), self.order.translate
        translated = said.translations(self.place.translating(lang)) if lang else {}
        more = {text: {f"text_{lang}": laid_out.plain(other)} for text, other in translated.items()}
        return publishing.publish(self.place.train, lines, more, is_kohya=self.order.is_kohya)

    def _captioned(self) -> list[laid_out.Line]:
        """A line for each picture in train/ that has a caption, in image order."""
        captions = records.captions(self.order.folder)
        names = (Path(one.file).name for one in self._in_train())
        return [laid_out.Line(name, laid_out.plain(captions[name])) for name in names if name in captions]

    def _put_right(self) -> None:
        captions = records.captions(self.order.folder)
        back = said.refused(self.order.folder) & captions.keys()  # answered since
        self.album.shelve(back, TRAIN)
        self.album.put_right(TRAIN, {albums.FILTERED: FILTERED, albums.REPLACED: REPLACED})

    def _for_queue(self, folder: Path, prompt: str) -> Settings:
        return replace(
            self._settings,
            questions=folder / "q.csv",
            output=folder,
            given=self._settings.given | {"output"},
            prompt=prompt,
            beside=tuple(one for one in self.place.queues(self.order.translate) if one != folder),
            samples=1,
            schema=None,
            encoding="",
            column="",
        )

    def _ask(self, ask: Ask, step: str, queue: Queue, model: str = "") -> None:
        self.step = step
        self.asked[step] = ask(queue, model)

    @property
    def is_over(self) -> bool:
        """Something ended a queue that would end the next one too."""
        return any(one.is_over for one in self.asked.values())


def _unfulfilled(condition: str) -> str:
    return f"not: {condition}"


def _filtered(picture: Picture, reason: str) -> Picture:
    return replace(picture, state=albums.FILTERED, reason=reason)
