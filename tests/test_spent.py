"""What a dataset has cost so far, read from its own files."""

import json
from pathlib import Path
from typing import Any

import pytest

from dset import answers, rejections, spent
from dset.folders import Folder
from tests.samples import HOSTILE, answer, original, question, rejection, reply, write_lines

FOLDER = Folder(Path("out"))


def cost(**more: Any) -> answers.Record:
    """A line of output.json; `more` as the fields of Answer."""
    return answers.as_record(answer(**more))


def run_line(maybe: object) -> dict[str, Any]:
    return {"run": "r", "counts": {"maybe_billed_usd": maybe}}


def test_earlier_answers_without_a_known_cost_are_counted() -> None:
    write_lines(FOLDER.journal, [cost(cost_usd=usd) for usd in (0.5, None, None)])
    assert spent.unknown(FOLDER) == 2
    assert spent.unknown(Folder(Path("elsewhere"))) == 0


def test_a_folder_without_files_has_cost_nothing() -> None:
    assert spent.so_far(FOLDER) == 0.0


def test_answers_what_was_paid_for_in_vain_and_what_may_have_been_billed_add_up() -> None:
    write_lines(FOLDER.journal, [cost(cost_usd=0.5), cost(cost_usd=None), cost(cost_usd=1.25e-06)])
    vain = rejection(reply=reply(), figures=(("cost_usd", 0.25), ("seconds", 1.0)))
    tried = rejection(kind=rejections.RETRIED, reply=reply(), figures=(("cost_usd", 0.125),))
    write_lines(FOLDER.rejected, map(rejections.as_record, [vain, tried, rejection()]))
    write_lines(FOLDER.runs, [run_line(0.0625), run_line(None), {"run": "r", "counts": None}])
    assert spent.so_far(FOLDER) == 0.93750125


def test_a_last_line_without_its_end_counts_and_so_does_one_of_megabytes() -> None:
    long = cost(came=reply("x" * 3_000_000), cost_usd=0.5)
    data = write_lines(FOLDER.journal, [long, cost(cost_usd=0.25)])
    FOLDER.journal.write_bytes(data.rstrip(b"\n"))
    assert spent.so_far(FOLDER) == 0.75


FAKE = '"cost_usd": 900, "x'


@pytest.mark.parametrize("text", [FAKE, f"\\{FAKE}", f'", {FAKE}', f"}}, {FAKE}", *HOSTILE])
def test_nobodys_words_count_as_money(text: str) -> None:
    asked = question(text, image=text, messages=text, columns={text: text, "cost_usd": "900", "b": text})
    told = cost(asked=asked, came=reply(text, text), model=text, cost_usd=0.5)
    untold = cost(asked=asked, came=reply(text, text), model=text, cost_usd=None)
    write_lines(FOLDER.journal, [told, untold, original(text, text, text)])
    assert spent.so_far(FOLDER) == 0.5


def test_a_number_of_that_name_in_an_answers_data_is_not_money() -> None:
    data = {"cost_usd": 900, "deep": [{"cost_usd": 900}]}
    write_lines(FOLDER.journal, [cost(data=data, cost_usd=None), cost(data=data, cost_usd=0.5)])
    assert spent.so_far(FOLDER) == 0.5


@pytest.mark.parametrize(
    "value", ["-5", "NaN", "Infinity", "1e999", "1e300", "true", "1e", "9" * 5000, '"1"', "[1]"]
)
def test_what_is_no_amount_counts_as_nothing(value: str) -> None:
    FOLDER.path.mkdir()
    line = json.dumps(cost(cost_usd=0.5)).replace('"cost_usd": 0.5', f'"cost_usd": {value}')
    FOLDER.journal.write_text(f"{line}\n" * 40 + json.dumps(cost(cost_usd=0.25)) + "\n", encoding="utf-8")
    FOLDER.runs.write_text(f'{{"counts": {{"maybe_billed_usd": {value}}}}}\n' * 40, encoding="utf-8")
    assert spent.so_far(FOLDER) == 0.25


@pytest.mark.parametrize("line", ["", "null", "[]", "7", "{", "\xff", '{"counts": []}', "[" * 100_000])
def test_a_line_of_runs_json_that_cannot_be_read_is_passed_over(line: str) -> None:
    FOLDER.path.mkdir()
    FOLDER.runs.write_bytes(line.encode("latin-1") + b"\n" + json.dumps(run_line(0.5)).encode() + b"\n")
    assert spent.so_far(FOLDER) == 0.5
