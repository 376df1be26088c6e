"""The verb `report`, on folders as the program writes them: what it says, what levels a dataset, how it ends."""

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dset_generator
from dset import answers, commands
from dset.errors import UsageError
from dset.reports import balance, evenness, remedies
from dset.reports.evenness import Shortage
from dset.reports.figures import Classes
from dset.reports.report import look
from dset.tasks import orders
from dset.tasks.catalog import load
from tests import samples
from tests.running import questions_csv
from tests.test_terminal import NOTHING

TASKS = Path("dset_generator/rehearsal/tasks")
MOODS = TASKS / "sentiment_analysis"


def rehearse(*arguments: str) -> None:
    command = ["task", "sentiment_analysis", "12", "--rehearse=calm", "--quiet", *arguments]
    assert dset_generator.main(command) == 0


def keep(folder: Path, most: dict[str, int], **plan: Any) -> None:
    """Leave only so many records of each label, as if the plan had asked for no more."""
    kept = []
    for line in samples.read_lines(folder / "output.json"):
        label = line["response"]["data"]["label"]
        most[label] -= 1
        if most[label] >= 0:
            kept.append(line)
    (folder / "output.json").write_bytes(b"".join(map(answers.as_line, kept)))
    document = json.loads((folder / "plan.json").read_bytes()) | {"count": len(kept)} | plan
    (folder / "plan.json").write_text(json.dumps(document), encoding="utf-8")


def told_commands(lines: list[str]) -> list[list[str]]:
    return [shlex.split(line) for line in lines if line.startswith("  python dset_generator.py")]


def test_a_rehearsed_task_is_reported_with_its_labels_even(capsys: pytest.CaptureFixture[str]) -> None:
    rehearse()
    capsys.readouterr()
    assert dset_generator.main(["report", str(MOODS), "--balance"]) == 0
    said = capsys.readouterr().out
    assert f"{MOODS.as_posix()}: sentiment_analysis (en), 12 of 12 records, in 12 answers\n" in said
    assert "  a rehearsal: these answers are invented\n" in said
    assert "label: 3 values, 4 each\n" in said
    assert "  4   33.3 %  ########################  positive\n" in said
    assert "duplicates, of 12 records:\n  the same: none\n" in said
    assert "%  ########################  en English\n" in said
    assert "USD per good record" in said
    assert "to level: nothing; label, topic" in said


def test_a_rehearsed_run_is_reported_by_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"question {number},,{'food' if number % 3 else 'sport'}" for number in range(12)]
    Path("q.csv").write_text("question,status,topic\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert dset_generator.main(["--rehearse=calm", "--quiet"]) == 0
    capsys.readouterr()
    assert dset_generator.main(["report", "dset_generator/rehearsal", "--balance", "--near", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("dset_generator/rehearsal: 12 answers\n")
    assert "column topic: 2 values, 4 to 8 each\n" in said
    assert "  near: not looked for (--near 1 asks for the same only)\n" in said
    assert said.endswith("to level topic: 4 more of sport\n  add such rows to q.csv and run again\n")


def test_no_balance_is_told_unless_it_is_asked_for() -> None:
    samples.write_lines(Path("dset_generator/output.json"), [samples.record()])
    assert not [
        line for line in look(Path("dset_generator"), near=0.85, balance=False).lines if "level" in line
    ]
    assert look(Path("dset_generator"), near=0.85, balance=True).lines[-1] == (
        "to level: nothing here has few values of which there could be more or fewer"
    )


def test_a_folder_without_answers_ends_with_2_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    questions_csv(Path(), "one")
    assert dset_generator.main(["report"]) == 2
    assert capsys.readouterr().err == "dset: dset_generator: no such folder\n"


def test_damage_ends_with_2_and_the_figures_of_the_rest() -> None:
    samples.write_lines(Path("x/output.json"), [samples.record()])
    with Path("x/output.json").open("ab") as stream:
        stream.write(b"{broken\n")
        stream.write(answers.as_line(samples.record()))
    found = look(Path("x"), near=0.85, balance=False)
    assert found.exit_status == 2
    assert found.lines[0] == "x: 2 answers"
    assert "1 line of output.json damaged and left out" in found.lines[1]


def test_what_levels_a_task_is_told_with_commands_that_the_program_takes() -> None:
    rehearse("--lang", "th", "--seed", "7")
    keep(MOODS, {"positive": 4, "negative": 1, "neutral": 2})
    lines = look(MOODS, near=0.85, balance=True).lines
    assert "to level label: 3 more of negative, 2 more of neutral" in lines
    first, second, export = told_commands(lines)
    folder = MOODS.as_posix()
    assert (
        first[2:]
        == (
            f"task sentiment_analysis 3 --rehearse=calm --lang th --name sentiment_analysis-negative "
            f"--set label=negative --seed 8 --against {folder}"
        ).split()
    )
    assert export[2:5] == ["export", folder, f"{folder}-negative"]
    for words in (first, second):
        verb, settings, options = commands.read(words[2:], "dset", "")
        [order] = orders.read(options, load(), print)
        assert (verb, settings.output, settings.rehearse) == ("task", Path("dset_generator"), "calm")
        assert (order.lang, order.against) == ("th", (MOODS,))
    assert (order.count, order.folder, order.seed) == (2, "sentiment_analysis-neutral", 9)
    assert dict(order.fixed) == {"label": "neutral"}


def test_a_task_that_is_not_finished_is_finished_first() -> None:
    rehearse("--set", "topic=street food", "--name", "mine")
    keep(TASKS / "mine", {"positive": 4, "negative": 0, "neutral": 0}, count=12)
    lines = look(TASKS / "mine", near=0.85, balance=True).lines
    assert (
        lines[-2] == "to level: 8 records of the plan first, which may level it; the same command makes them:"
    )
    [words] = told_commands(lines[-1:])
    assert words[2:] == [
        *"task sentiment_analysis 12 --rehearse=calm --lang en --name mine --set".split(),
        "topic=street food",
    ]


PLAN = {"task": {"name": "mood"}, "lang": "th", "seed": 0, "per_request": 1, "near": 0.85, "against": []}
FOLDER = Path("dset_generator/tasks/mood")


def made(
    *more: tuple[str, int], name: str = "label", folder: Path = FOLDER, **plan: Any
) -> remedies.Remedies:
    return remedies.of(folder, PLAN | plan, Shortage(name, "label", more))


def test_counts_that_differ_by_one_are_level() -> None:
    level = Classes("a", "label", (("x", 5), ("y", 4)))
    short = Classes("b", "label", (("x", 5), ("y", 3), ("z", 0), ("w", 4)))
    fixed = Classes("c", "label", (("x", 5), ("y", 1)), is_fixed=True)
    assert evenness.shortages([level, short, fixed]) == [Shortage("b", "label", (("z", 5), ("y", 2)))]


def test_a_command_has_everything_that_the_plan_was_made_with() -> None:
    found = made(
        ("good", 9), per_request=5, near=0.9, set={"topic": "street food"}, against=["old.jsonl"], seed=3
    )
    assert shlex.split(found.commands[0])[2:] == [
        *"task mood 9 --lang th --per-request 5 --near 0.9 --name mood-good --set".split(),
        "topic=street food",
        *"--set label=good --seed 4 --against old.jsonl --against dset_generator/tasks/mood".split(),
    ]
    assert found.then == (
        "python dset_generator.py export dset_generator/tasks/mood dset_generator/tasks/mood-good"
    )


def test_another_output_folder_is_named() -> None:
    found = made(("good", 9), folder=Path("/data/my sets/tasks/mood"))
    assert '--output "/data/my sets"' in found.commands[0]
    assert '--against "/data/my sets/tasks/mood"' in found.commands[0]


def test_a_name_that_is_taken_is_not_given_again() -> None:
    (FOLDER.parent / "mood-so-so").mkdir(parents=True)
    found = made(("so/so", 4), ("so so", 3), ("เชิงลบ", 2))
    names = [shlex.split(one)[8] for one in found.commands]
    assert names == ["mood-so-so-2", "mood-so-so-3", "mood-more"]


@pytest.mark.skipif(sys.platform == "win32", reason="the rules of another shell")
@pytest.mark.parametrize(
    "value", ["a b", 'say "x"', "it's", "$HOME", "`id`", "a\\b", "50%", "!x", "เชิงลบ", ";rm -rf", "*"]
)
def test_a_value_comes_through_a_shell_as_it_is(value: str) -> None:
    [one] = made((value, 2)).commands
    words = shlex.split(one)
    assert words[words.index("--set") + 1] == f"label={value}"
    assert not [char for char in one.split("--set ")[1].split(" --seed")[0] if char in "$`"] or "'" in one


@pytest.mark.parametrize("value", ["a\x1b[2Jb", "a\nb", " a", "a\u202eb"])
def test_a_value_that_no_command_line_can_hold_has_none(value: str) -> None:
    assert made((value, 2)) == remedies.Remedies((), "", 1)


def test_of_many_values_a_dozen_have_commands() -> None:
    found = made(*((f"v{number}", 5) for number in range(30)))
    assert (len(found.commands), found.left) == (12, 18)


def test_without_a_short_label_the_parameter_that_lacks_most_has_the_commands() -> None:
    def parameter(name: str, *counts: tuple[str, int]) -> Classes:
        return Classes(name, "parameter", counts)

    aspect = Classes("aspect", "field", (("x", 50), ("y", 1)))
    level = Classes("label", "label", (("good", 5), ("bad", 5)))
    figures = replace(
        NOTHING,
        classes=(
            level,
            parameter("topic", ("a", 5), ("b", 3)),
            parameter("form", ("c", 5), ("d", 1)),
            aspect,
        ),
    )
    lines = balance.lines(figures, FOLDER, PLAN)
    assert lines[:3] == [
        "to level topic: 2 more of b",
        "to level form: 4 more of d",
        "form alone is levelled by these, each a dataset that repeats nothing of this one:",
    ]
    assert [words[words.index("--set") + 1] for words in told_commands(lines)[:-1]] == ["form=d"]


def test_no_folder_is_a_users_fault() -> None:
    with pytest.raises(UsageError):
        look(Path("nowhere"), near=0.85, balance=True)
