"""`--rehearse`: the whole promise without a key and without a network."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.running import Run, csv_rows, journal, questions_csv, statuses

Dset = Callable[..., Run]
FOLDER = "dset_generator/rehearsal"
QUICK = ("--retry-waits", "0.05,0.05,0.05")
ROWS = ("one", "two", "สาม", "four", "five", "six")


def test_the_first_run_ends_at_a_bookmark_the_second_finishes_and_the_third_starts_afresh(
    rehearse: Dset, clean_place: Path
) -> None:
    path = questions_csv(clean_place, *ROWS, status={3: "ERROR", 4: "mine"})
    before = path.read_bytes()
    first = rehearse("--rehearse", *QUICK)
    assert first.exit_status == 1
    assert "Stopped by an outage" in first.out
    assert len(journal(clean_place, FOLDER)) == 3
    assert set(statuses(clean_place / FOLDER).values()) == {"ERROR"}

    second = rehearse("--rehearse", *QUICK)
    assert second.exit_status == 0
    assert sorted(row["question"] for row in csv_rows(clean_place, FOLDER)) == sorted(ROWS)
    assert statuses(clean_place / FOLDER) == {}

    third = rehearse("--rehearse", *QUICK)
    assert third.exit_status == 1
    assert len(journal(clean_place, FOLDER)) == 3
    assert path.read_bytes() == before
    assert [one.name for one in (clean_place / "dset_generator").iterdir()] == ["rehearsal"]


def test_a_calm_rehearsal_answers_every_row_at_once_and_marks_each_as_invented(
    rehearse: Dset, clean_place: Path
) -> None:
    questions_csv(clean_place, *ROWS)
    run = rehearse("--rehearse=calm")
    assert run.exit_status == 0
    answers = [record["response"]["answer"] for record in journal(clean_place, FOLDER)]
    assert len(answers) == len(ROWS)
    assert all("[rehearsal]" in answer for answer in answers)
    assert journal(clean_place, FOLDER)[0]["metadata"]["endpoint"] == "rehearsal/none/deepseek-flash"


def test_a_rehearsal_starts_afresh_when_the_questions_changed(rehearse: Dset, clean_place: Path) -> None:
    questions_csv(clean_place, *ROWS)
    assert rehearse("--rehearse", *QUICK).exit_status == 1
    questions_csv(clean_place, *ROWS, "seven", "eight")
    assert rehearse("--rehearse", *QUICK).exit_status == 1
    assert len(journal(clean_place, FOLDER)) == 4


def test_the_key_of_a_real_service_is_not_sent_to_a_rehearsal(rehearse: Dset, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    run = rehearse("--rehearse=calm", env={"DEEPSEEK_API_KEY": "sk-canary-0123456789"})
    assert run.exit_status == 0
    assert journal(clean_place, FOLDER)[0]["metadata"]["endpoint"].startswith("rehearsal/none/")


def test_a_rehearsal_mixes_with_nothing_real(rehearse: Dset, clean_place: Path) -> None:
    questions_csv(clean_place, "one")
    real = clean_place / "dset_generator"
    real.mkdir()
    record = {
        "metadata": {"timestamp": "t", "question": "one"},
        "response": {"reasoning": None, "answer": "1"},
    }
    (real / "output.json").write_text(json.dumps(record) + "\n")
    before = (real / "output.json").read_bytes()
    rehearse("--rehearse=calm")
    assert (real / "output.json").read_bytes() == before
    assert len(journal(clean_place, FOLDER)) == 1


def test_a_utf_16_file_with_images_of_its_own_is_rehearsed_as_it_is(
    rehearse: Dset, clean_place: Path
) -> None:
    (clean_place / "q.csv").write_bytes("question\timage\tstatus\r\nwhat?\tcat.png\t\r\n".encode("utf-16"))
    (clean_place / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    run = rehearse("--rehearse=calm")
    assert run.exit_status == 0
    [record] = journal(clean_place, FOLDER)
    assert record["metadata"]["image"] == "cat.png"
