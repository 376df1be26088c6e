"""The verbs of the command line: what each takes beside, or in place of, the flags of a run."""

from dataclasses import dataclass, replace
from typing import Any

from dset import picture_flags, values
from dset.flags import FLAGS, Flag
from dset.verb_values import FORMATS, fixed, folder_name, formats, repository, split


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
    Flag("format", "FORMAT,…", ("jsonl",), formats, f"what to write: {', '.join(FORMATS)} (jsonl)"),
    Flag(
        "split",
        "90/5/5",
        (),
        split,
        "train, validation and test: by label, no near-duplicates across (none)",
    ),
    Flag(
        "out", "PATH", None, values.path, "the file or folder to write (a new one in dset_generator/exports)"
    ),
    Flag("license", "NAME", "", values.verbatim, "the licence that the dataset's card names (none)"),
    Flag("push", "USER/NAME", "", repository, "upload to the Hugging Face hub; HF_TOKEN stands in .env"),
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
                Flag(
                    "images",
                    "FOLDER",
                    None,
                    values.path,
                    "with a task about pictures: make a record of each in this folder (no pictures)",
                ),
                Flag(
                    "tasks_url",
                    "URL",
                    "",
                    values.base_url,
                    "take tasks from this server, before the built-in ones; no tasks.json is read (none)",
                ),
                _SEED,
                Flag("set", "NAME=VALUE", (), fixed, "fix a parameter or the label", is_many=True),
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
                    folder_name,
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
            picture_flags.CAPTION,
            # It writes its own q.csv; its prompt is a file of its own unless --prompt is given.
            without=frozenset("questions column encoding schema near samples".split()),
        ),
        Verb(
            "scrape",
            "",
            "",
            "collect pictures by search, each with where it comes from",
            picture_flags.SCRAPE,
            # It plans its own rows, in a folder of its own; who makes a picture takes a prompt and no more.
            without=frozenset(
                "questions output column encoding schema samples views csv_exact "
                "system thinking temperature max_tokens".split()
            ),
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
                Flag(
                    "html",
                    "FILE",
                    None,
                    values.path,
                    "write it as one page for a browser, with charts and a sample (report.html in FOLDER)",
                    bare="{folder}/report.html",
                ),
                _NEAR,
            ),
            is_run=False,
        ),
        Verb(
            "serve",
            "[FOLDER …]",
            "*",
            "look at runs and answers in a browser; offers the tasks to other programs; asks nothing",
            (
                Flag("port", "N", 8000, values.whole(0, 65_535), "the port (8000); 0 takes a free one"),
                Flag(
                    "host",
                    "ADDRESS",
                    "127.0.0.1",
                    values.verbatim,
                    "where it can be reached from; another one than this machine takes --token (127.0.0.1)",
                ),
                Flag(
                    "token",
                    "TEXT",
                    "",
                    values.verbatim,
                    "what a program shows that changes tasks, and everybody from elsewhere (a new one each time)",
                ),
                Flag("browser", "", True, values.switch, "open it in the browser (yes)"),
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
