"""What a caption dataset is asked to be: the command's words and flags, and plan.json, which binds some of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files, values
from dset.captions import prompts
from dset.captions.rules import Rules
from dset.errors import UsageError
from dset.images.fitting import Form
from dset.names.forbidden import Names
from dset.settings import Settings
from dset.tasks import languages
from dset.verbs import Options

NAME = "plan.json"
COLUMNS = ("image", "question", "status", "source", "file")  # of the queues
Document = Mapping[str, Any]
_BOUND = ("size", "fit", "quality", "trigger", "lang")  # in which a command must not differ


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    source: Path  # the user's folder
    folder: Path  # of the dataset
    form: Form | None = None  # None: the pictures stay as they are
    likeness: float | None = None  # pictures this much alike an earlier one are filtered; None: none is
    keep_if: str = ""  # what a model must say yes to
    trigger: str = ""
    words: tuple[int, int] | None = (20, 30)
    lang: str = "en"
    forbid: Path | None = None
    translate: str = ""  # the language of a second caption
    text_model: str = ""  # that translates; '': the one that captions
    keeps_blocked: bool = False
    is_kohya: bool = False

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    def as_document(self) -> dict[str, Any]:
        """As plan.json holds it."""
        form = self.form
        return {
            "version": 1,
            "kind": "captions",
            "folder": self.source.as_posix(),
            "size": list(form.size) if form and form.size else None,
            "fit": form.fit if form else None,
            "quality": form.quality if form else None,
            "trigger": self.trigger,
            "lang": self.lang,
            "words": list(self.words) if self.words else None,
            "forbid": self.forbid.as_posix() if self.forbid else None,
        }


def read(options: Options, settings: Settings, home: Path) -> Order:
    """The order; `home`: the folder of all that the program writes. Raises UsageError for a folder that is none, and for what cannot be asked."""
    word = options["words"]
    place = settings.output / "captions"
    source = _source(word, home) if word else _known_source(_only_one(place, options["name"]))
    skips = options["skip_filter"]
    for flag in ("lang", "translate"):
        code = options[flag]
        if code and not languages.is_known(code):
            raise UsageError(f"--{flag}: {code!r} is no language that can be checked; write th, en, vi …")
    _check_trigger(options["trigger"])
    return Order(
        source=source,
        folder=place / (options["name"] or _named(source)),
        form=None if options["skip_resize"] else Form(options["size"], options["fit"], options["quality"]),
        likeness=None if skips else options["filter"],
        keep_if="" if skips else options["keep_if"].strip(),
        trigger=options["trigger"],
        words=options["word_count"],
        lang=options["lang"],
        forbid=options["forbid"],
        translate=options["translate"],
        text_model=options["text_model"],
        keeps_blocked=options["keep_blocked"],
        is_kohya=options["format"] == "kohya",
    )


def _check_trigger(trigger: str) -> None:
    if trigger != " ".join(trigger.split()):
        raise UsageError("--trigger must be words with single blanks between them, on one line")
    if named := prompts.taken_for_columns(trigger, COLUMNS):
        raise UsageError(
            f"--trigger: {{{named[0]}}} would be replaced by a cell in every prompt; write it without braces"
        )


def _source(word: str, home: Path) -> Path:
    folder = Path(word).expanduser()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "there is no such folder"
        raise UsageError(f"caption: {folder}: {what}; name the folder that holds the pictures")
    here, ours = folder.resolve(), home.resolve()
    if here in {ours, ours / "rehearsal"} or any(
        here.is_relative_to(one / "captions") for one in (ours, ours / "rehearsal")
    ):
        raise UsageError(
            f"caption: {folder} is where datasets of ours are; name the folder with your own pictures"
        )
    return folder


def _only_one(place: Path, name: str) -> Path:
    """The plan.json of the one dataset that stands there, or of the one that --name names."""
    plans = [place / name / NAME] if name else sorted(place.glob(f"*/{NAME}"))
    if len(plans) != 1 or not plans[0].exists():
        known = ", ".join(path.parent.name for path in plans if path.exists())
        raise UsageError(
            f"caption: name the folder that holds the pictures{f' (there are {known})' if known else ''}"
        )
    return plans[0]


def _known_source(plan: Path) -> Path:
    return Path(str(known_plan(plan.parent).get("folder") or "."))


def _named(source: Path) -> str:
    """The folder's own name, as one that any system can take."""
    return values.as_name(source.resolve().name) or "pictures"


def known_plan(folder: Path) -> dict[str, Any]:
    """What plan.json of a dataset says, {} where there is none. Raises UsageError where it cannot be read."""
    try:
        document = json.loads((folder / NAME).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("kind") != "captions":
        raise UsageError(
            f"{folder / NAME} is no plan of captions, or damaged: delete that file and ask exactly as before"
        )
    return document


def differences(order: Order) -> list[str]:
    """Each argument in which the order differs from what plan.json binds, in words. Raises UsageError."""
    wanted, known = order.as_document(), known_plan(order.folder)
    if not known:
        return []
    told = [_told(name, known.get(name), wanted[name]) for name in _BOUND if known.get(name) != wanted[name]]
    if not _is_same_folder(str(known.get("folder")), order.source):
        told.insert(0, f"the pictures were in {known.get('folder')} and are in {order.source} now")
    return told


def bind(order: Order) -> None:
    """Note the order in plan.json. Raises UsageError that names each argument in which it differs from what stands there."""
    if told := differences(order):
        raise UsageError(
            f"{order.folder / NAME} holds another plan: {'; '.join(told)}. "
            "Make a dataset of its own with --name, or ask as before"
        )
    if known_plan(order.folder) != (wanted := order.as_document()):
        text = json.dumps(wanted, ensure_ascii=False, indent=1) + "\n"
        files.replace(order.folder / NAME, [text.encode("utf-8", "surrogatepass")])


def _is_same_folder(known: str, source: Path) -> bool:
    """The same one, or the one that took its place: a project that was moved takes its pictures along."""
    return Path(known).resolve() == source.resolve() or not Path(known).exists()


def _told(name: str, known: object, wanted: object) -> str:
    return f"--{name} was {_shown(known)} and is {_shown(wanted)} now"


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "x".join(map(str, value))
    return str(value) if value not in {None, ""} else "not given"


def rules_of(document: Document, forbid: Path | None) -> Rules:
    """What the captions of a plan must be; `forbid` in place of its own list of names. Raises UsageError."""
    words, listed = document.get("words"), forbid or document.get("forbid")
    pair = (int(words[0]), int(words[1])) if isinstance(words, list) and len(words) == 2 else None
    names = names_in(Path(str(listed))) if listed else None
    return Rules(str(document.get("trigger") or ""), pair, str(document.get("lang") or ""), names)


def names_in(path: Path) -> Names:
    """The forbidden names. Raises UsageError that names file and line."""
    return Names.read(path)


def folder_of(options: Options, settings: Settings) -> Path:
    """The dataset that is meant: by its own folder, by the folder of its pictures, by --name, or the only one.

    Raises UsageError where there is none.
    """
    word, place = options["words"], settings.output / "captions"
    named = Path(word).expanduser() if word else Path()
    if word and (named / NAME).exists():
        return named
    if word or options["name"]:
        folder = place / (options["name"] or _named(named))
    else:
        folder = _only_one(place, "").parent
    if not (folder / NAME).exists():
        raise UsageError(f"{folder} holds no captions: run `caption` on your pictures first")
    return folder
