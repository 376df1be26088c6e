"""The output folder: committed to in the right order, recovered after anything, left in a known state."""

import csv
import errno
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from dset import answers, files, leveling, rejections, views
from dset.answers import Answer
from dset.contents import content_key
from dset.errors import JournalError
from dset.failures import Kind
from dset.folders import Folder
from dset.outputs import Outputs
from dset.rejections import DONE_BEFORE
from dset.tallies import identify
from dset.views import View
from tests import samples

FOLDER, QUESTIONS = Path("dset_generator"), Path("q.csv")
JOURNAL, CSV, TXT = FOLDER / "output.json", FOLDER / "output.csv", FOLDER / "output.txt"
REJECTED, STATE = FOLDER / "rejected.json", FOLDER / ".state.json"
BOTH = ("csv", "txt")


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the rescue file goes."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


class Life:
    """One run on the folder, from start to end; `said` is what it told."""

    def __init__(self, *columns: str, names: tuple[str, ...] = BOTH, exact: bool = False) -> None:
        self.said: list[str] = []
        self.outputs = Outputs(FOLDER, self.said.append)
        self.outputs.recover(QUESTIONS)
        self.outputs.open(columns, names, csv_exact=exact)

    def commit(self, *answered: Answer) -> "Life":
        self.outputs.commit(answered)
        return self

    def close(self) -> "Life":
        self.outputs.close(QUESTIONS)
        return self


def said_by_a_run(*columns: str, **more: Any) -> list[str]:
    return Life(*columns, **more).close().said


def csv_questions() -> list[str]:
    with CSV.open(encoding="utf-8-sig", newline="") as stream:
        return [views.unguard(row["question"]) for row in csv.DictReader(stream)]


def txt_questions() -> list[str]:
    lines = TXT.read_text(encoding="utf-8").split("\n")
    return [line.removeprefix("Question: ") for line in lines if line.startswith("Question: ")]


def journal_questions() -> list[str]:
    return [record["metadata"]["question"] for record in answers.read(JOURNAL)]


def assert_level(*questions: str) -> None:
    assert journal_questions() == csv_questions() == txt_questions() == list(questions)


def asides() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if ".bak" in path.name)


# --- Commits -----------------------------------------------------------------------------------------------


def test_an_answer_is_in_all_three_outputs_once() -> None:
    life = Life().commit(*samples.answers_to("one", "=two")).commit(*samples.answers_to("three"))
    assert_level("one", "=two", "three")
    assert life.outputs.tally.total == 3
    life.close()
    assert_level("one", "=two", "three")
    assert not asides()


def test_the_journal_is_on_disk_before_any_view_is_written_and_answers_together_share_one_sync(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    life = Life()
    steps: list[str] = []
    names = {os.fstat(file._descriptor).st_ino: file.path.name for file in _open_files(life.outputs)}
    write, sync = os.write, os.fsync

    def noted_write(descriptor: int, data: Any) -> int:
        steps.append(f"write {names[os.fstat(descriptor).st_ino]}")
        return write(descriptor, data)

    def noted_sync(descriptor: int) -> None:
        steps.append(f"sync {names[os.fstat(descriptor).st_ino]}")
        sync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", noted_write)
        patched.setattr(os, "fsync", noted_sync)
        life.commit(*samples.answers_to("one", "two", "three"))
    assert steps == ["write output.json", "sync output.json", "write output.csv", "write output.txt"]
    life.close()


def _open_files(outputs: Outputs) -> list[files.AppendFile]:
    return [file for file in (outputs._journal, *(file for _, file in outputs._views)) if file]


def test_views_are_on_disk_before_the_state_says_that_they_are_level(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life().commit(*samples.answers_to("one"))
    inodes = {path.stat().st_ino: path.name for path in (CSV, TXT)}
    synced: list[str] = []
    sync, saved = os.fsync, files.replace

    def noted_sync(descriptor: int) -> None:
        synced.append(inodes.get(os.fstat(descriptor).st_ino, "another"))
        sync(descriptor)

    def noted_replace(path: Path, *rest: Any) -> None:
        assert (path.name, set(synced)) == (".state.json", {"output.csv", "output.txt"})
        saved(path, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", noted_sync)
        patched.setattr(files, "replace", noted_replace)
        life.close()


def test_nothing_to_commit_writes_nothing() -> None:
    life = Life().commit()
    life.outputs.reject([])
    assert JOURNAL.read_bytes() == b""
    assert REJECTED.read_bytes() == b""
    life.close()


def refusing(name: str, error: int) -> Callable[[int, Any], int]:
    """An os.write that refuses the file of this name."""
    write, inode = os.write, (FOLDER / name).stat().st_ino

    def refuse(descriptor: int, data: Any) -> int:
        if os.fstat(descriptor).st_ino == inode:
            raise OSError(error, os.strerror(error))
        return write(descriptor, data)

    return refuse


def test_a_journal_that_cannot_be_written_saves_nothing_and_shows_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    life = Life().commit(*samples.answers_to("one"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refusing("output.json", errno.ENOSPC))
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            life.commit(*samples.answers_to("two"))
    assert_level("one")
    assert life.outputs.tally.total == 1
    assert not life.outputs.is_broken
    life.commit(*samples.answers_to("two")).close()
    assert_level("one", "two")


def test_after_a_failed_sync_the_journal_is_broken_and_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life()

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="Input/output"):
            life.commit(*samples.answers_to("one"))
    assert life.outputs.is_broken
    with pytest.raises(OSError, match="earlier write failed"):
        life.commit(*samples.answers_to("one"))
    assert JOURNAL.read_bytes() == b""
    life.close()


def test_rejections_are_noted_and_known_at_once() -> None:
    life = Life()
    asked = samples.question("bad", 5)
    life.outputs.reject([samples.rejection(asked, Kind.REFUSAL, reason="no")])
    (line,) = samples.read_lines(REJECTED)
    assert (line["metadata"]["row"], line["kind"], line["reason"]) == (5, "refusal", "no")
    assert life.outputs.register.of(asked.key) == [rejections.Known("refusal", "no", "f1", 5, pending=True)]
    life.close()


def test_a_try_that_was_repeated_is_kept_and_is_nothing_that_is_known_of_its_row() -> None:
    life = Life()
    tried = samples.rejection(kind=rejections.RETRIED, reply=samples.reply("half"))
    life.outputs.reject([tried])
    assert [line["response"]["answer"] for line in samples.read_lines(REJECTED)] == ["half"]
    assert list(life.outputs.register) == []
    life.close()


# --- Bodies that were no UTF-8 -----------------------------------------------------------------------------


def test_a_body_that_was_no_utf8_is_on_disk_before_the_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    life, order, append, replace = Life(), [""][:0], files.AppendFile.append, files.replace

    def noted_append(self: files.AppendFile, data: bytes, *, durable: bool = True) -> None:
        order.append(self.path.name)
        append(self, data, durable=durable)

    def noted_replace(path: Path, chunks: Iterable[bytes]) -> None:
        order.append(path.parent.name)
        replace(path, chunks)

    monkeypatch.setattr(files.AppendFile, "append", noted_append)
    monkeypatch.setattr(files, "replace", noted_replace)
    life.commit(samples.answer(samples.question("a"), samples.reply("caf\ufffd", raw=b"caf\xe9")))
    life.outputs.reject(
        [samples.rejection(samples.question("b"), Kind.CUT_SHORT, reply=samples.reply(raw=b"\xff"))]
    )
    assert order == ["raw", "output.json", "output.csv", "output.txt", "raw", "rejected.json"]
    for path, body in ((JOURNAL, b"caf\xe9"), (REJECTED, b"\xff")):
        (line,) = samples.read_lines(path)
        assert (FOLDER / line["metadata"]["raw"]).read_bytes() == body
    life.close()
    assert said_by_a_run() == []


def test_a_raw_folder_that_cannot_be_written_costs_no_answer() -> None:
    (FOLDER / "raw").parent.mkdir()
    (FOLDER / "raw").write_bytes(b"a file of the user's")
    life = Life().commit(samples.answer(came=samples.reply("caf\ufffd", raw=b"caf\xe9")))
    (line,) = samples.read_lines(JOURNAL)
    assert line["metadata"]["raw"] is None
    assert line["response"]["answer"] == "caf\ufffd"
    assert [said for said in life.said if said.startswith("raw/ cannot be written")]
    life.close()


def test_what_a_kill_left_half_written_is_removed_and_whole_bodies_stay() -> None:
    (FOLDER / "raw").mkdir(parents=True)
    for name in (".other.new", "raw/.id.00.bin.new", "raw/id.00.bin"):
        (FOLDER / name).write_bytes(b"half")
    Life().close()
    assert [path.name for path in (FOLDER / "raw").iterdir()] == ["id.00.bin"]
    assert not (FOLDER / ".other.new").exists()


def test_most_answers_have_no_raw_body_and_no_folder_for_it() -> None:
    Life().commit(samples.answer()).close()
    assert "raw" not in samples.read_lines(JOURNAL)[0]["metadata"]
    assert not (FOLDER / "raw").exists()


# --- Views that cannot be written --------------------------------------------------------------------------


def test_a_view_that_cannot_be_written_stops_no_commit_and_is_caught_up_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    life = Life().commit(*samples.answers_to("one"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refusing("output.csv", errno.EACCES))
        life.commit(*samples.answers_to("two"))
    life.commit(*samples.answers_to("three"))
    assert journal_questions() == txt_questions() == ["one", "two", "three"]
    assert csv_questions() == ["one"]
    assert life.outputs.behind == ["output.csv"]
    assert len([line for line in life.said if "output.csv cannot be written" in line]) == 1
    life.close()
    assert_level("one", "two", "three")
    assert (life.outputs.behind, life.said[-1]) == ([], "output.csv caught up")
    assert said_by_a_run() == []
    assert not asides()


def test_a_view_that_stays_locked_is_caught_up_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    Life().commit(*samples.answers_to("one")).close()
    opened = files.AppendFile.__init__

    def locked(self: files.AppendFile, path: Path) -> None:
        if path.name == "output.csv":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        opened(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(files.AppendFile, "__init__", locked)
        life = Life().commit(*samples.answers_to("two")).close()
    assert life.outputs.behind == ["output.csv"]
    (said,) = life.said
    assert said == (
        "output.csv cannot be written (Permission denied); close it in other programs. "
        "output.json goes on, the next run catches up"
    )
    assert journal_questions() == txt_questions() == ["one", "two"]
    assert csv_questions() == ["one"]
    assert said_by_a_run() == ["output.csv was completed from output.json"]
    assert_level("one", "two")


def test_the_end_of_a_run_survives_a_torn_journal_and_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    life = Life().commit(*samples.answers_to("one"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", refusing("output.csv", errno.ENOSPC))
        life.commit(*samples.answers_to("two"))
    with JOURNAL.open("ab") as stream:
        stream.write(b'{"metadata": {"id": "half')  # what a write leaves that cannot be taken back

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, "replace", full)
        life.close()
    assert life.outputs.behind == ["output.csv"]
    assert "bytes of a torn last line were cut off" in said_by_a_run()[0]
    assert_level("one", "two")


# --- The next start ----------------------------------------------------------------------------------------


def test_nothing_is_compared_where_size_and_time_are_as_the_last_run_left_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Life("topic").commit(*samples.answers_to("one", "two", columns={"topic": "x"})).close()
    with monkeypatch.context() as patched:
        patched.setattr(leveling, "level", None)
        patched.setattr(answers, "parse", None)
        life = Life("topic")
    assert life.outputs.tally.total == 2
    life.commit(*samples.answers_to("three", columns={"topic": "x"})).close()
    assert life.said == []
    assert_level("one", "two", "three")


@pytest.mark.parametrize("name", ["output.json", "output.csv", "output.txt"])
def test_a_file_that_was_touched_is_compared_and_found_level(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Life().commit(*samples.answers_to("one")).close()
    os.utime(FOLDER / name, (1, 1))
    compared: list[str] = []
    level = leveling.level

    def noted(some: list[View], *rest: Any) -> dict[str, str | OSError]:
        compared.extend(view.path.name for view in some)
        return level(some, *rest)

    monkeypatch.setattr(leveling, "level", noted)
    assert said_by_a_run() == []
    assert compared == (["output.csv", "output.txt"] if name == "output.json" else [name])
    assert not asides()


def test_a_run_that_was_killed_before_its_views_were_written_is_completed() -> None:
    Life().commit(*samples.answers_to("one"))  # no close: killed
    with JOURNAL.open("ab") as stream:
        stream.writelines(answers.as_line(answers.as_record(one)) for one in samples.answers_to("two"))
    said = said_by_a_run()
    assert sorted(said) == [f"output.{name} was completed from output.json" for name in ("csv", "txt")]
    assert_level("one", "two")
    assert not asides()


def test_a_torn_journal_and_nul_ended_views_are_mended_and_what_was_cut_is_kept() -> None:
    Life().commit(*samples.answers_to("one")).close()
    for path, tail in (
        (JOURNAL, b'{"metadata": {"id"'),
        (REJECTED, b"\0\0\0"),
        (CSV, b"\0" * 40),
        (TXT, b"\0"),
    ):
        with path.open("ab") as stream:
            stream.write(tail)
    said = said_by_a_run()
    assert said == [
        "output.json: 18 bytes of a torn last line were cut off and kept in output.json.torn",
        "rejected.json: 3 bytes of a torn last line were cut off and kept in rejected.json.torn",
    ]
    assert (FOLDER / "output.json.torn").read_bytes() == b'{"metadata": {"id"\n'
    assert b"\0" not in CSV.read_bytes() + TXT.read_bytes() + REJECTED.read_bytes()
    assert_level("one")
    assert not asides()


def test_damage_in_the_middle_of_the_journal_stops_the_start_and_changes_nothing() -> None:
    Life().commit(*samples.answers_to("one", "two")).close()
    JOURNAL.write_bytes(b"oops" + JOURNAL.read_bytes())
    before = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    with pytest.raises(JournalError, match=r"output\.json line 1 is damaged"):
        Life()
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == before


def test_a_view_edited_by_hand_is_set_aside_and_made_anew_each_time() -> None:
    Life().commit(*samples.answers_to("one", "two")).close()
    for number in (1, 2):
        CSV.write_bytes(CSV.read_bytes().replace(b"two", b"edited %d" % number))
        assert said_by_a_run() == [
            f"output.csv was edited; it was set aside as output.csv.bak{number} and made anew from output.json"
        ]
        assert_level("one", "two")
    assert asides() == ["output.csv.bak1", "output.csv.bak2"]
    assert b"edited 2" in (FOLDER / "output.csv.bak2").read_bytes()


def test_a_view_edited_while_a_run_goes_on_is_set_aside_by_the_next_one() -> None:
    life = Life().commit(*samples.answers_to("one"))
    CSV.write_bytes(CSV.read_bytes() + b"my note\r\n")
    life.close()
    assert "output.csv.bak1" in said_by_a_run()[0]
    assert_level("one")
    assert b"my note" in (FOLDER / "output.csv.bak1").read_bytes()


def test_deleting_a_line_of_the_journal_takes_the_answer_out_of_the_views() -> None:
    Life().commit(*samples.answers_to("one", "two", "three")).close()
    lines = JOURNAL.read_bytes().split(b"\n")
    JOURNAL.write_bytes(b"\n".join([lines[0], *lines[2:]]))
    assert sorted(said_by_a_run()) == [
        f"output.{name} was rebuilt from output.json" for name in ("csv", "txt")
    ]
    assert_level("one", "three")
    assert not asides()


def test_changed_columns_rebuild_output_csv_without_a_copy() -> None:
    Life("a").commit(*samples.answers_to("one", columns={"a": "1"})).close()
    life = Life("b", "a").commit(*samples.answers_to("two", columns={"b": "2", "a": "3"})).close()
    assert life.said == ["output.csv was rebuilt from output.json"]
    heading, *rows = [line.split(",")[11:] for line in CSV.read_text(encoding="utf-8-sig").splitlines()]
    assert (heading, rows) == (["a", "b"], [["1", ""], ["3", "2"]])
    assert said_by_a_run("b", "a") == []
    assert said_by_a_run("a") == []
    assert not asides()


def test_columns_that_no_answer_has_yet_are_no_edit_after_a_crash() -> None:
    Life("a").close()  # all its rows failed
    Life("b").commit(*samples.answers_to("one", columns={"b": "1"}))  # killed
    assert said_by_a_run("b") == []
    assert not asides()


def test_csv_exact_rebuilds_output_csv_without_guards_and_back() -> None:
    Life().commit(*samples.answers_to("=1+1")).close()
    assert b",'=1+1," in CSV.read_bytes()
    for exact, cell in ((True, b",=1+1,"), (False, b",'=1+1,")):
        assert said_by_a_run(exact=exact) == ["output.csv was rebuilt from output.json"]
        assert cell in CSV.read_bytes()
    assert not asides()


def test_only_the_views_asked_for_are_kept() -> None:
    Life(names=("txt",)).commit(*samples.answers_to("one")).close()
    assert not CSV.exists()
    assert txt_questions() == ["one"]
    Life(names=()).commit(*samples.answers_to("two")).close()
    assert said_by_a_run() == ["output.txt was completed from output.json"]
    assert_level("one", "two")


def test_a_view_that_was_deleted_is_written_again_without_a_word() -> None:
    Life().commit(*samples.answers_to("one")).close()
    TXT.unlink()
    assert said_by_a_run() == []
    assert_level("one")


@pytest.mark.parametrize("content", [b"", b"\0" * 200, b"{}", b'{"views": 7}'])
def test_a_lost_state_costs_nothing_but_the_comparison(content: bytes) -> None:
    Life("a").commit(*samples.answers_to("one", columns={"a": "1"})).close()
    STATE.write_bytes(content)
    assert said_by_a_run("a") == []
    assert not asides()


def test_texts_that_change_on_their_way_through_the_journal_leave_the_views_level() -> None:
    pair = samples.answer(samples.question("a\ud83d\ude00b"), samples.reply("c\udc00\ud800\0"))
    Life().commit(pair).close()
    STATE.unlink()
    assert said_by_a_run() == []
    assert csv_questions() == ["a😀b"]


# --- A journal that is missing -----------------------------------------------------------------------------


@pytest.mark.parametrize("exact", [False, True])
def test_without_a_journal_the_answers_are_taken_over_from_output_csv(exact: bool) -> None:
    asked = ("one", "=1+1", "'quoted", "'=1")
    Life(exact=exact).commit(*samples.answers_to(*asked)).close()
    JOURNAL.unlink()
    life = Life(exact=exact)
    assert life.said == ["output.json is missing: 4 answers were taken over from output.csv"]
    assert journal_questions() == list(asked)
    assert all(life.outputs.tally.claim(content_key(text)) for text in asked)
    life.close()
    assert not asides()


def test_the_original_tools_output_csv_is_taken_over_and_kept_aside() -> None:
    FOLDER.mkdir()
    with CSV.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows(
            [["timestamp", "question", "thoughts", "final_answer"], [samples.NOW, "'=1", "mm", "=2"]]
        )
    before = CSV.read_bytes()
    life = Life()
    assert "1 answers were taken over" in life.said[0]
    assert life.outputs.tally.claim(content_key("'=1"))
    assert asides() == ["output.csv.bak1"]
    assert (FOLDER / "output.csv.bak1").read_bytes() == before
    life.close()
    assert_level("'=1")


def test_only_a_folder_with_neither_journal_nor_output_csv_is_new() -> None:
    outputs = Outputs(FOLDER, print)
    outputs.recover(QUESTIONS)
    found = [outputs.folder.is_new]
    for path in (CSV, JOURNAL):
        path.write_bytes(b"")
        found.append(outputs.folder.is_new)
        path.unlink()
    assert found == [True, False, False]


def test_rows_that_the_original_tool_answered_are_noted_once_and_count_as_done() -> None:
    asked = [samples.question("one"), samples.question("twice", 3), samples.question("twice", 4)]
    for noted in (3, 0):  # the second: killed before the journal was made
        outputs = Outputs(FOLDER, print)
        outputs.recover(QUESTIONS)
        assert outputs.note_done_before(asked, "f1") == noted
        assert [outputs.tally.claim(one.key) for one in asked] == [True] * 3
        assert not outputs.tally.claim(asked[0].key)
        assert [known.kind for _, _, known in outputs.register] == [DONE_BEFORE] * 3
    lines = samples.read_lines(REJECTED)
    assert [(line["kind"], line["metadata"]["row"]) for line in lines] == [
        (DONE_BEFORE, row) for row in (2, 3, 4)
    ]
    assert [line["metadata"]["id"] for line in lines][1:] == [asked[1].id, asked[1].id + "-2"]
    assert not JOURNAL.exists()


# --- The rescue file ---------------------------------------------------------------------------------------


def test_a_rescue_file_is_named_after_the_folder_and_lies_in_the_temporary_folder(
    temporary_folder: Path,
) -> None:
    here, there = Folder(Path("a")), Folder(Path("b"))
    assert here.rescue.parent == temporary_folder
    assert here.rescue.name.startswith("dset-rescue-")
    assert here.rescue == Folder(Path("a").resolve()).rescue != there.rescue


def test_answers_that_had_to_be_kept_elsewhere_are_taken_up_once() -> None:
    Life().commit(*samples.answers_to("one")).close()
    kept = [answers.as_record(one) for one in samples.answers_to("one", "two")]
    lost = rejections.as_record(samples.rejection(samples.question("bad"), Kind.CUT_SHORT))
    rescue = Folder(FOLDER).rescue
    samples.write_lines(rescue, [*kept, lost])
    with rescue.open("ab") as stream:
        stream.write(b'{"metadata": {"torn')
    life = Life()
    assert life.said[0] == f"took up 1 answer from {rescue}"
    assert not rescue.exists()
    assert life.outputs.tally.total == 2
    assert [known.kind for known in life.outputs.register.of(content_key("bad"))] == ["cut short"]
    life.close()
    assert_level("one", "two")
    assert said_by_a_run() == []
    assert not asides()


def test_a_rescue_file_that_was_taken_up_and_not_removed_adds_nothing_a_second_time() -> None:
    rescue = Folder(FOLDER).rescue
    for _ in range(2):
        samples.write_lines(rescue, map(answers.as_record, samples.answers_to("one")))
        Life().close()
    assert_level("one")


# --- Bookmarks ---------------------------------------------------------------------------------------------


def test_bookmarks_are_pending_until_q_csv_is_known_to_hold_them() -> None:
    asked = samples.question("bad")

    def pending(questions: Path) -> bool:
        outputs = Outputs(FOLDER, print)
        outputs.recover(questions)
        return outputs.register.of(asked.key)[0].pending

    life = Life()
    life.outputs.reject([samples.rejection(asked)])
    life.outputs.close(None)  # q.csv could not be written
    assert pending(QUESTIONS)
    Life().close()
    assert not pending(QUESTIONS)
    assert pending(Path("another.csv"))


def test_damaged_lines_of_rejected_json_are_told_and_cost_nothing() -> None:
    FOLDER.mkdir()
    REJECTED.write_bytes(b"oops\n" + answers.as_line(rejections.as_record(samples.rejection())))
    life = Life()
    assert life.said == ["rejected.json: cannot read line 1; passed over"]
    assert len(list(life.outputs.register)) == 1
    life.close()


def test_ids_stay_different_over_runs_for_equal_questions() -> None:
    for _ in range(3):
        life = Life()
        number = life.outputs.tally.issue(content_key("Why?"))
        life.commit(samples.answer(samples.question(number=number))).close()
    numbers = [identify(record["metadata"])[1] for record in answers.read(JOURNAL)]
    assert numbers == [1, 2, 3]
