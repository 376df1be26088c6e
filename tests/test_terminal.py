"""A dataset's figures as lines: short, plain, and nothing in them that a terminal obeys."""

from dataclasses import replace
from typing import Any

from dset.reports.figures import (
    Classes,
    Duplicates,
    Figures,
    Group,
    Languages,
    Lengths,
    Reason,
    Rejections,
    Spent,
)
from dset.reports.terminal import lines
from tests import samples

NOTHING = Figures(
    folder="dset_generator",
    task="",
    lang="",
    wanted=0,
    answers=4,
    records=4,
    damaged=(),
    damages=0,
    classes=(),
    lengths=(),
    languages=None,
    duplicates=Duplicates(4, 0, 0, 0.85, 0, 0, "", ()),
    rejections=Rejections((), (), 0, 0),
    spent=Spent(1000, 100, 200, 50, 0, 0.5, 0.0, 0, 0.0),
    models=(("m", 4),),
    endpoints=(("p/K/m", 4),),
    first="2026-11-21T12:00:00Z",
    last="2026-11-21T12:30:00Z",
    is_invented=False,
)


def told(**more: Any) -> list[str]:
    return lines(replace(NOTHING, **more))


def test_a_plain_dataset_is_told_in_few_lines() -> None:
    assert told() == [
        "dset_generator: 4 answers",
        "  time: 2026-11-21T12:00:00Z to 2026-11-21T12:30:00Z",
        "  model: m",
        "  endpoint: p/K/m",
        "duplicates, of 4 records:",
        "  the same: none",
        "  near (85% and more): none",
        "rejected: nothing",
        "tokens: 1,000 in (100 cached), 200 out (50 thinking); 300 per good record",
        "cost: 0.50 USD; 0.125 USD per good record",
    ]


def test_a_task_tells_how_many_of_the_wanted_records_stand() -> None:
    assert told(task="mood", lang="th", wanted=9, answers=2)[0] == (
        "dset_generator: mood (th), 4 of 9 records, in 2 answers"
    )


def test_values_have_bars_by_their_share_of_the_largest() -> None:
    found = told(
        classes=(Classes("label", "label", (("good", 1000), ("bad", 500), ("none", 0)), 3),), records=1503
    )
    assert found[4:8] == [
        "label: 3 values, 0 to 1,000 each, 3 without",
        "  1,000   66.5 %  ########################  good",
        "    500   33.3 %  ############              bad",
        "      0    0.0 %                            none",
    ]


def test_a_rare_value_has_a_bar_too() -> None:
    found = told(classes=(Classes("kind", "column", (("a", 100_000), ("b", 1))),))
    assert "  #  " in found[6]


def test_of_many_values_the_ends_are_told_and_of_even_parameters_the_counts_alone() -> None:
    many = tuple((f"v{number}", number) for number in range(1, 31))
    found = told(
        classes=(Classes("topic", "parameter", many), Classes("form", "parameter", (("a", 5), ("b", 6))))
    )
    assert found[4:7] == [
        "parameter topic: 30 values, 1 to 30 each",
        "  30 v30, 29 v29, 28 v28 ... 3 v3, 2 v2, 1 v1",
        "parameter form: 2 values, 5 to 6 each",
    ]
    assert found[7].startswith("duplicates")


def test_lengths_and_languages_have_their_names_last() -> None:
    found = told(
        lengths=(Lengths("text", 4, 1, 20, 300, 4000),), languages=Languages(4, (("th", 3), ("", 1)))
    )
    assert found[4:9] == [
        "lengths in characters:",
        "       texts     least    median      90 %      most",
        "           4         1        20       300     4,000  text",
        "languages, of 4 texts:",
        "  3   75.0 %  ########################  th Thai",
    ]
    assert found[9].endswith("  not told")


def test_duplicates_are_named_with_rows_and_text() -> None:
    found = told(
        duplicates=Duplicates(
            9, 1, 2, 0.85, 1, 1, "", (Group(12, 2, (2, 3, 4, 5, 6), "once upon"), Group(2, 1, (0, 0), "x"))
        )
    )
    assert found[5:9] == [
        "  the same: 2 beyond the first, in 1 group",
        "  near (85% and more): 1 beyond the first, in 1 group",
        "    12 alike (rows 2, 3, 4, 5, 6, ...): once upon",
        "    2 the same (rows not known): x",
    ]


def test_it_is_said_why_duplicates_were_not_looked_for() -> None:
    assert "  near: not looked for (too many)" in told(
        duplicates=Duplicates(9, 0, 0, 0.85, None, None, "too many", ())
    )
    assert "duplicates: not looked for (few values)" in told(
        duplicates=Duplicates(0, 0, 0, 0.85, None, None, "few values", ())
    )


def test_rejections_are_told_most_frequent_first_with_a_row_to_look_at() -> None:
    reasons = tuple(Reason(f"fault {number}", 20 - number, number, "x") for number in range(10))
    found = told(rejections=Rejections((("retried", 40), ("invalid", 2)), reasons, 5, 1))
    at = found.index("rejected: 42 tries (asked again 40, invalid 2)")
    assert found[at + 1 : at + 3] == ["     20 x fault 0", "     19 x fault 1 (first in row 1)"]
    assert found[at + 9 : at + 11] == ["     28 x something else", "  1 line of rejected.json cannot be read"]


def test_an_unknown_cost_is_never_told_as_a_sum() -> None:
    assert told(spent=Spent(0, 0, 0, 0, 4, 0.0, 0.0, 4, 0.0))[-2:] == [
        "tokens: 0 in (0 cached), 0 out (0 thinking); not told for 4",
        "cost: unknown (4 answers whose cost nobody knows)",
    ]
    assert told(spent=Spent(1, 0, 1, 0, 0, 0.5, 0.25, 1, 0.1))[-4:] == [
        "cost: at least 0.50 USD; at least 0.125 USD per good record",
        "  unknown for 1 answer",
        "  0.25 USD of it went into what was rejected",
        "  up to 0.10 USD more may have been billed for requests that brought nothing",
    ]


def test_without_a_record_nothing_is_divided() -> None:
    assert (
        told(records=0, answers=0, classes=(Classes("label", "label", (("a", 0),)),))[-1] == "cost: 0.50 USD"
    )


def test_a_rehearsal_says_so_and_damage_is_named() -> None:
    found = told(is_invented=True, damages=12, damaged=("output.json line 3 is damaged",))
    assert found[1:4] == [
        "  a rehearsal: these answers are invented",
        "  12 lines of output.json damaged and left out:",
        "    output.json line 3 is damaged",
    ]
    assert ", had it been real;" in found[-1]


def test_hostile_text_in_every_place_stays_one_harmless_short_line() -> None:
    for text in samples.HOSTILE:
        counts = ((text, 2), ("other", 1))
        found = told(
            folder=text,
            task=text,
            lang=text,
            damages=1,
            damaged=(text,),
            classes=(
                Classes(text, "column", counts),
                Classes(text, "column", tuple((f"{n}{text}", n) for n in range(20))),
            ),
            lengths=(Lengths(text, 1, 1, 1, 1, 1),),
            languages=Languages(3, counts),
            duplicates=Duplicates(2, 1, 1, 0.85, None, None, text, (Group(2, 1, (1,), text),)),
            rejections=Rejections(counts, (Reason(text, 2, 2, text),), 0, 0),
            models=counts,
            endpoints=counts,
            first=text or "x",
            last=text,
        )
        for line in found:
            assert line.isprintable() or "\u200b" in line or "\u200d" in line, ascii(line)
            assert len(line) < 450


def test_our_own_words_survive_a_terminal_of_windows() -> None:
    for line in told(languages=Languages(1, (("th", 1),)), classes=(Classes("a", "column", (("x", 1),)),)):
        line.encode("ascii")
        assert len(line) <= 100
