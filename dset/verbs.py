"""The verbs of the command line: what each takes beside, or in place of, the flags of a run."""

import re
from dataclasses import dataclass, replace
from typing import Any

from dset import values
from dset.flags import FLAGS, Flag

FORMATS = ("json", "jsonl", "csv", "parquet", "arrow", "hf", "chat", "alpaca")


def _formats(text: str) -> tuple[str, ...]:
    asked = [values.one_of(*FORMATS)(part) for part in text.split(",")]
    return tuple(dict.fromkeys(asked))


def _split(text: str) -> tuple[int, ...]:
    parts = tuple(values.whole(1, 99)(part.strip()) for part in text.split("/"))
    if len(parts) not in {2, 3} or sum(parts) != 100:
        raise ValueError(f"{text!r} must be two or three parts of 100, like 90/5/5")
    return parts


def _fixed(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals or not value.strip():
        raise ValueError(f"{text!r} must be NAME=VALUE, like topic=food")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{text!a} is not UTF-8 text")
    return name.strip(), value.strip()


def _folder_name(text: str) -> str:
    if not values.is_name(text):
        raise ValueError(f"{text!r}: a name is letters, digits, - and _")
    return text


def _dimensions(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d{1,5})(?:\s*[x×*]\s*(\d{1,5}))?\s*", text)
    width, height = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (16 <= width <= 8192 and 16 <= height <= 8192):
        raise ValueError(f"{text!r} must be like 512 or 768x512, from 16 to 8192")
    return width, height


def _span(text: str) -> tuple[int, int] | None:
    if text.strip().lower() == "none":
        return None
    match = re.fullmatch(r"\s*(\d{1,4})\s*[-–]\s*(\d{1,4})\s*", text)
    if not match or int(match[1]) > int(match[2]):
        raise ValueError(f"{text!r} must be like 20-30, or none")
    return int(match[1]), int(match[2])


def _repository(text: str) -> str:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        raise ValueError(f"{text!r} must look like user/name")
    return text


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: the words that follow it, its own flags, and whether those of a run go with it."""

    name: str
    words: str  # as they stand in a usage line
    nargs: str  # how many: argparse's ?, *, or '' for none
    help: str
    flags: tuple[Flag, ...] = ()
    is_run: bool = True
    without: frozenset[str] = frozenset()  # flags of a run that mean nothing to it

    @property
    def usage(self) -> str:
        """The verb and its words, shortened where they are many."""
        return f"{self.name} {self.words}" if len(self.words) < 14 else f"{self.name} …"

    @property
    def looks_at_a_folder(self) -> bool:
        """Its word names the output folder."""
        return self.words == "[FOLDER]"

    @property
    def all_flags(self) -> tuple[Flag, ...]:
        """The flags its command line takes; its own stand first."""
        own = {flag.field for flag in self.flags} | self.without
        shared = FLAGS if self.is_run else tuple(flag for flag in FLAGS if flag.field in {"output", "quiet"})
        return self.flags + tuple(flag for flag in shared if flag.field not in own)


_EXPORT: tuple[Flag, ...] = (
    Flag("format", "FORMAT,…", ("jsonl",), _formats, f"what to write: {', '.join(FORMATS)} (jsonl)"),
    Flag(
        "split",
        "90/5/5",
        (),
        _split,
        "train, validation and test: by label, no near-duplicates across (none)",
    ),
    Flag(
        "out", "PATH", None, values.path, "the file or folder to write (a new one in dset_generator/exports)"
    ),
    Flag("license", "NAME", "", values.verbatim, "the licence that the dataset's card names (none)"),
    Flag("push", "USER/NAME", "", _repository, "upload to the Hugging Face hub; HF_TOKEN stands in .env"),
    Flag("public", "", False, values.switch, "with --push: for everybody to see"),
)
_SEED = Flag("seed", "N", 0, values.whole(0), "another number, another plan or split (0)")
_NEAR = Flag(
    "near", "SHARE", 0.85, values.number(0.1, 1), "how much alike two records may not be; 1: the same (0.85)"
)

VERBS = {
    verb.name: verb
    for verb in (
        Verb("run", "", "", "ask what is to be asked; the same as no command"),
        Verb("status", "[FOLDER]", "?", "what is done, what is left, whether the files agree; asks nothing"),
        Verb(
            "check",
            "",
            "",
            "one small request to each key and model: works or not, how fast, what a row would cost",
        ),
        Verb(
            "task",
            "NAME[,NAME…] COUNT | list | show NAME | check FILE",
            "*",
            "make COUNT records by a task's schema, checked, level and without duplicates",
            (
                Flag(
                    "lang",
                    "CODE",
                    "",
                    values.verbatim,
                    "the language of the records: th, en, vi … (the task's own)",
                ),
                _SEED,
                Flag("set", "NAME=VALUE", (), _fixed, "fix a parameter or the label", is_many=True),
                Flag(
                    "per_request",
                    "K",
                    1,
                    values.whole(1, 100),
                    "records asked for at once, to save tokens (1)",
                ),
                _NEAR,
                Flag("against", "PATH", (), values.path, "a dataset that no record may repeat", is_many=True),
                Flag(
                    "max_requests",
                    "N",
                    None,
                    values.whole(1),
                    "ask no more than N times in all (3 for each record)",
                ),
                Flag(
                    "name",
                    "NAME",
                    "",
                    _folder_name,
                    "the folder below dset_generator/tasks (the task's name)",
                ),
                replace(_EXPORT[0], default=(), help=f"export as well: {', '.join(FORMATS)} (no export)"),
                *_EXPORT[1:],
            ),
            # A task writes its own q.csv and its own prompt; what failed is planned anew.
            without=frozenset("questions column encoding prompt system schema samples retry_failed".split()),
        ),
        Verb(
            "caption",
            "FOLDER",
            "?",
            "caption a folder of pictures for training: prepared, asked, checked, laid out",
            (
                Flag("size", "512|WxH", (512, 512), _dimensions, "pixels of each picture (512)"),
                Flag(
                    "fit",
                    "crop|pad|stretch",
                    "crop",
                    values.one_of("crop", "pad", "stretch"),
                    "how a picture of another shape is made to fit (crop)",
                ),
                Flag("quality", "N", 95, values.whole(1, 100), "of the JPEG files (95)"),
                Flag("skip_resize", "", False, values.switch, "take the pictures as they are"),
                Flag(
                    "filter",
                    "SHARE",
                    None,
                    values.number(0.5, 1),
                    "move pictures aside that are so much like an earlier one, 0.5 to 1; alone: 0.95 (no filter)",
                    bare="0.95",
                ),
                Flag(
                    "keep_if",
                    "TEXT",
                    "",
                    values.verbatim,
                    "ask the model first whether this is true of a picture; if not, it is moved aside (not asked)",
                ),
                Flag("skip_filter", "", False, values.switch, "neither --filter nor --keep-if"),
                Flag(
                    "trigger", "TEXT", "", values.verbatim, "the words that each caption begins with (none)"
                ),
                Flag("word_count", "LOW-HIGH", (20, 30), _span, "words of a caption, or none (20-30)"),
                Flag("lang", "CODE", "en", values.verbatim, "the language of the captions (en)"),
                Flag(
                    "forbid",
                    "FILE",
                    None,
                    values.path,
                    "names that no caption may hold, one a line, in any spelling or script (none)",
                ),
                Flag("translate", "CODE", "", values.verbatim, "a second caption in this language (none)"),
                Flag("text_model", "NAME", "", values.verbatim, "the model that translates (the same)"),
                Flag(
                    "keep_blocked",
                    "",
                    False,
                    values.switch,
                    "leave pictures in train/ that the service's safety filter refuses",
                ),
                Flag(
                    "format",
                    "imagefolder|kohya",
                    "imagefolder",
                    values.one_of("imagefolder", "kohya"),
                    "metadata.jsonl alone, or a .txt beside each picture as well (imagefolder)",
                ),
                Flag(
                    "name",
                    "NAME",
                    "",
                    _folder_name,
                    "the folder below dset_generator/captions (the folder's name)",
                ),
                Flag("check", "", False, values.switch, "ask nothing: is all fit for training?"),
                Flag("fix", "", False, values.switch, "ask nothing: mend what can be mended, then check"),
                Flag(
                    "sheet",
                    "",
                    False,
                    values.switch,
                    "ask nothing: write a page that shows all pictures and captions",
                ),
            ),
            # It writes its own q.csv; its prompt is a file of its own unless --prompt is given.
            without=frozenset("questions column encoding schema near samples".split()),
        ),
        Verb(
            "export",
            "[FOLDER|FILE …]",
            "*",
            "answers as a dataset that other tools read",
            (*_EXPORT, _SEED, _NEAR),
            is_run=False,
        ),
        Verb(
            "report",
            "[FOLDER]",
            "?",
            "counts by label and parameter, lengths, languages, duplicates, cost",
            (
                Flag("balance", "", False, values.switch, "say what to ask for to level the labels"),
                _NEAR,
            ),
            is_run=False,
        ),
        Verb(
            "import",
            "FILE",
            "?",
            "make a q.csv of a table: xlsx, jsonl, json, parquet, csv",
            (
                Flag("sheet", "NAME", "", values.verbatim, "the sheet of a workbook (the first)"),
                Flag("column", "NAME", "", values.verbatim, "the column that holds the questions (question)"),
                Flag("encoding", "NAME", "", values.encoding, "how a CSV is encoded (as a run reads it)"),
                Flag("questions", "FILE", None, values.path, "the q.csv to make (q.csv)"),
            ),
            is_run=False,
        ),
    )
}
Options = dict[str, Any]  # field -> value, of the verb's own flags
