"""Every setting of a run, once: its flag, its variable, its default, how its text is read, its help."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import values


@dataclass(frozen=True, slots=True)
class Flag:
    """One setting. `parse` turns text from the command line or a variable into the value, or raises ValueError."""

    field: str
    metavar: str
    default: Any
    parse: Callable[[str], Any]
    help: str
    bare: str = ""  # what the flag means without a value, where it may stand alone
    is_many: bool = (
        False  # may stand several times: the value is a tuple; in a variable they stand between blanks
    )
    is_list: bool = False  # takes several values at once as well; a variable holds one
    alias: str = ""  # another spelling of the flag

    @property
    def option(self) -> str:
        """The flag: --max-tokens."""
        return "--" + self.field.replace("_", "-")

    @property
    def variable(self) -> str:
        """Its twin in .env and in the environment: DSET_MAX_TOKENS."""
        return "DSET_" + self.field.upper()

    @property
    def is_switch(self) -> bool:
        """On or off, without a value."""
        return self.parse is values.switch


FLAGS = (
    Flag(
        "questions",
        "FILE|FOLDER",
        Path("q.csv"),
        values.path,
        "the CSV with the questions, or the folder of another run, whose answers are asked about (q.csv)",
    ),
    Flag(
        "output",
        "FOLDER",
        Path("dset_generator"),
        values.path,
        "where the dataset is written (dset_generator)",
    ),
    Flag(
        "base_url",
        "URL",
        "https://api.deepseek.com",
        values.base_url,
        "any OpenAI-compatible service (https://api.deepseek.com)",
    ),
    Flag("model", "NAME", "deepseek-flash", values.model_name, "the model to ask (deepseek-flash)"),
    Flag(
        "prompt",
        "TEXT|@FILE",
        "answer this question: {question}",
        values.template,
        "what is sent for a row; {column} is that row's cell (answer this question: {question})",
    ),
    Flag("system", "TEXT|@FILE", "", values.template, "a system message before it (none)"),
    Flag(
        "thinking",
        "on|off",
        "",
        values.one_of("on", "off"),
        "let the model think first (as the service has it)",
    ),
    Flag(
        "temperature",
        "N",
        None,
        values.number(0, 2),
        "0 to 2 (as the service has it; ignored while it thinks)",
    ),
    Flag("max_tokens", "N", None, values.whole(1), "longest answer, thinking included (DeepSeek: 32768)"),
    Flag("timeout", "SECONDS", 1800.0, values.number(0.001), "longest wait for one answer (1800)"),
    Flag(
        "retry_waits",
        "S,S,S",
        (60.0, 120.0, 240.0),
        values.waits,
        "waits before a failed request is tried again, or none (60,120,240)",
    ),
    Flag(
        "concurrency",
        "N|auto",
        None,
        values.concurrency,
        "requests at once; auto finds out what the service bears (auto)",
    ),
    Flag(
        "spread", "", False, values.switch, "let all keys and models share the load, not one after the other"
    ),
    Flag(
        "wait",
        "",
        False,
        values.switch,
        "where every key and model is spent, sleep until the first opens again",
    ),
    Flag(
        "budget",
        "USD",
        None,
        values.number(0),
        "start no request that could cost more than is left of it (no budget)",
    ),
    Flag("off_peak", "", False, values.switch, "ask only in the cheap hours of a service that has them"),
    Flag("limit", "N", None, values.whole(1), "ask at most N in this run (no limit)"),
    Flag("samples", "N", 1, values.whole(1, 100_000), "answers to each question (1)"),
    Flag("schema", "FILE", None, values.path, "a JSON Schema: answers are JSON, checked against it (none)"),
    Flag(
        "near",
        "SHARE",
        None,
        values.number(0.1, 1),
        "with a schema: refuse an answer so much like an earlier one, 1 for the same (a task: 0.85)",
    ),
    Flag(
        "encoding",
        "NAME",
        "",
        values.encoding,
        "how the CSV is encoded (told from its first bytes, else UTF-8)",
    ),
    Flag("column", "NAME", "", values.verbatim, "the column that holds the questions (question)"),
    Flag(
        "views",
        "csv,txt|none",
        values.VIEWS,
        values.views,
        "which files to write beside output.json (csv,txt)",
    ),
    Flag(
        "csv_exact", "", False, values.switch, "no ' before cells that a spreadsheet would run as a formula"
    ),
    Flag("retry_failed", "", False, values.switch, "ask again what was cut short, rejected or blocked"),
    Flag(
        "rehearse",
        "calm",
        "",
        values.rehearse,
        "no key, no network: invented answers, an outage on the way; =calm: no outage",
        bare="outage",
    ),
    Flag("quiet", "", False, values.switch, "only the summary and errors"),
)
