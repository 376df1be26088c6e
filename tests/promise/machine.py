"""A user and a hostile machine: rules for what they do, invariants for what must hold after each."""

import os
import re
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dset import swaps
from tests.promise.disk import Fault, Moment
from tests.promise.folder import Record, id_of, key_of
from tests.promise.run import Run, Scene, Story, said
from tests.promise.service import WELL, Plot, Service, answer_to
from tests.promise.users_csv import COLUMNS, DELIMITERS, ENCODINGS, NEWLINES, Form, Row

TEXTS = (
    "one",
    "two",
    " one ",
    "three, or four; or\tfive|six",
    'a "quoted" word',
    "two\nlines",
    "=1+1",
    "next\u0085line\u2028end",
    "น้ำแข็ง",
    "café",
    "long story",
    "long day",
    "risky one",
    "bad one",
    "bad two",
    "shaky one",
    "stuck one",
)
Texts = st.integers(0, 4)  # of those that this user has
OwnWords = st.sampled_from(["Done", "x", "see note, please"])
Words = st.one_of(st.just(""), st.just(""), OwnWords)
Places = st.integers(0, 7)
Concurrency = st.sampled_from([1, 3])
_QuestionMoments = st.builds(Moment, st.integers(1, 12), st.just("q.csv"))
Moments = st.one_of(
    st.builds(Moment, st.integers(1, 75)),
    _QuestionMoments,
    st.builds(Moment, st.integers(1, 9), st.just("output.json")),
    st.builds(Moment, st.integers(1, 25), st.just("output.")),
    st.builds(Moment, st.integers(1, 6), st.sampled_from(["rejected.json", "runs.json", ".state.json"])),
)
# From the fourth on the bookmarks are written: the first three are of the lock beside it.
SaveMoments = st.one_of(st.builds(Moment, st.integers(4, 16), st.just("q.csv")), Moments)
Forms = st.builds(
    Form,
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(DELIMITERS),
    newline=st.sampled_from(NEWLINES),
    quotes_all=st.booleans(),
    ends_in_newline=st.booleans(),
    has_header=st.sampled_from([True, True, False]),
    has_separator=st.booleans(),
)
Kills = st.builds(
    Fault,
    st.just("kill"),
    Moments,
    how=st.sampled_from(["before", "after", "torn"]),
    torn=st.sampled_from(["1", "half", "most"]),
)
Full = st.builds(
    Fault, st.just("full"), Moments, lasts=st.sampled_from([2, 4, 1 << 30]), everywhere=st.booleans()
)
Failing = st.builds(Fault, st.just("eio"), Moments)
BadPlots = st.builds(Plot, st.sampled_from(["flaky", "outage", "key", "busy"]), st.integers(0, 4))
Plots = st.one_of(st.just(WELL), BadPlots)
Edits = st.sampled_from(["append", "sort", "edit", "form", "delete", "clear"])


class Promise(RuleBasedStateMachine):
    """One user, one folder."""

    def __init__(self, service: Service, base_url: str, root: Path) -> None:
        super().__init__()
        place = Path(tempfile.mkdtemp(dir=root))
        (place / "tmp").mkdir()
        tempfile.tempdir = str(place / "tmp")
        os.chdir(place)
        self.scene = Scene(place, service, base_url)
        self.q, self.outputs = self.scene.q, self.scene.outputs
        self.texts: list[str] = []
        self.kept: dict[str, Record] = {}  # every answer that stood in output.json, or in the rescue file
        self.edited: set[bytes] = set()  # views as the user left them
        self.has_bookmarked = True
        self.is_tampered = False  # the user gave a reason to set a view aside

    # --- the user

    @initialize(
        texts=st.lists(st.sampled_from(TEXTS), min_size=5, max_size=5),
        rows=st.lists(st.tuples(Texts, Words), max_size=5),
        form=Forms,
        samples=st.sampled_from([1, 1, 1, 2]),
    )
    def begin(self, texts: list[str], rows: list[tuple[int, str]], form: Form, samples: int) -> None:
        self.texts, self.q.form, self.scene.samples = texts, form, samples
        self.q.rows = [Row(texts[text], word) for text, word in rows]
        self.q.save()

    @rule(text=Texts, at=Places, word=Words, is_short=st.booleans())
    def add_row(self, text: int, at: int, word: str, is_short: bool) -> None:
        own = {} if is_short else {"topic": f"topic of {text}", "id": "=7"}
        if word:
            self.q.add_column("status")
        self.q.rows.insert(at, Row(self.texts[text], word, own, is_short))
        self.q.save()

    @rule(at=Places)
    def add_equal_row(self, at: int) -> None:
        if row := self._row(at):
            self.q.rows.insert(at // 2, Row(row.text))
            self.q.save()

    @rule(at=Places)
    def add_blank_row(self, at: int) -> None:
        self.q.rows.insert(at, Row(""))
        self.q.save()

    @rule(at=Places, text=Texts)
    def edit_question(self, at: int, text: int) -> None:
        if row := self._row(at):
            row.text = self.texts[text]
            self.q.save(in_place=False)

    @rule(is_reversed=st.booleans())
    def sort_rows(self, is_reversed: bool) -> None:
        self.q.rows.sort(key=lambda row: row.text, reverse=is_reversed)
        self.q.save()

    @rule(at=Places)
    def delete_row(self, at: int) -> None:
        if row := self._row(at):
            self.q.rows.remove(row)
            self.q.save()

    @rule(name=st.sampled_from(COLUMNS), is_first=st.booleans())
    def add_column(self, name: str, is_first: bool) -> None:
        self.is_tampered = True  # a run that is killed leaves views of the old columns
        self.q.add_column(name, first=is_first)
        self.q.save()

    @rule(name=st.sampled_from(COLUMNS))
    def remove_column(self, name: str) -> None:
        self.is_tampered = True
        self.q.remove_column(name)
        self.q.save()

    @precondition(lambda self: not any(row.cell for row in self.q.rows))
    @rule()
    def remove_the_status_column(self) -> None:
        self.q.remove_column("status")
        self.q.save()

    @rule(at=Places, word=OwnWords)
    def write_in_status_cell(self, at: int, word: str) -> None:
        if row := self._row(at):
            self.q.set_cell(row, word)
            self.q.save()

    @rule()
    def clear_status_cells(self) -> None:
        for row in self.q.rows:
            row.cell = ""
        self.q.save()

    @rule(form=Forms)
    def save_in_another_form(self, form: Form) -> None:
        self.q.form = form
        self.q.save()

    @rule()
    def move_behind_a_link(self) -> None:
        if not self.q.path.is_symlink():
            elsewhere = self.scene.place / "elsewhere"
            elsewhere.mkdir()
            self.q.path.rename(elsewhere / "q.csv")
            self.q.path.symlink_to(elsewhere / "q.csv")

    def _row(self, at: int) -> Row | None:
        return self.q.rows[at % len(self.q.rows)] if self.q.rows else None

    # --- what else happens to the files between runs

    @precondition(lambda self: self.outputs.journal.exists())
    @rule(size=st.sampled_from([1, 2, 40, 1_000, 3_000]))
    def cut_the_journal(self, size: int) -> None:
        self._spoil(self.outputs.journal.read_bytes()[:-size])

    @precondition(lambda self: self.outputs.journal.exists())
    @rule(junk=st.sampled_from(['{"metadata": {"id": "0123', "{", "\0" * 600, '{"metadata": {}, "resp\0\0']))
    def append_junk_to_the_journal(self, junk: str) -> None:
        self._spoil(self.outputs.journal.read_bytes() + junk.encode())

    @precondition(lambda self: self.outputs.journal.exists())
    @rule(at=Places)
    def delete_a_line_of_the_journal(self, at: int) -> None:
        lines = self.outputs.journal.read_bytes().split(b"\n")
        if lines[:-1]:
            del lines[at % len(lines[:-1])]
            self._spoil(b"\n".join(lines))

    def _spoil(self, data: bytes) -> None:
        self.is_tampered = True
        before = self.outputs.standing
        self.outputs.journal.write_bytes(data)
        for gone in before.keys() - self.outputs.standing.keys():
            del self.kept[gone]

    @precondition(lambda self: self.outputs.path.exists())
    @rule(name=st.sampled_from(["output.csv", "output.txt"]), at_end=st.booleans())
    def edit_a_view(self, name: str, at_end: bool) -> None:
        path = self.outputs.path / name
        self.is_tampered = True
        if path.exists():
            data = path.read_bytes()
            self.edited.discard(data)
            data = data + b"my note\n" if at_end else b"my" + data[:-9]
            path.write_bytes(data)
            self.edited.add(data)

    @precondition(lambda self: self.outputs.path.exists())
    @rule(name=st.sampled_from(["output.csv", "output.txt", ".state.json", "run.log", "runs.json"]))
    def delete_a_file(self, name: str) -> None:
        path = self.outputs.path / name
        self.is_tampered = True
        if path.exists():
            self.edited.discard(path.read_bytes())
            path.unlink()

    @precondition(lambda self: self.outputs.path.exists())
    @rule(name=st.sampled_from(["output.csv", "output.txt", "output.json", "rejected.json"]))
    def touch_a_file(self, name: str) -> None:
        path = self.outputs.path / name
        self.is_tampered = True
        if path.exists():
            os.utime(path)

    # --- runs

    @rule(concurrency=Concurrency)
    def run_to_the_end(self, concurrency: int) -> None:
        self._run(Story(concurrency=concurrency), busily=False)

    @rule(limit=st.integers(1, 3), plot=Plots)
    def run_with_a_limit(self, limit: int, plot: Plot) -> None:
        self._run(Story(plot, limit=limit))

    @rule(plot=BadPlots, concurrency=Concurrency)
    def run_with_a_bad_service(self, plot: Plot, concurrency: int) -> None:
        self._run(Story(plot, concurrency=concurrency))

    @rule(at=st.integers(1, 4), plot=Plots, concurrency=Concurrency)
    def run_and_interrupt(self, at: int, plot: Plot, concurrency: int) -> None:
        self._run(Story(replace(plot, interrupt_at=at), concurrency=concurrency))

    @rule(fault=Kills, concurrency=Concurrency)
    def run_and_kill(self, fault: Fault, concurrency: int) -> None:
        self._run(Story(fault=fault, concurrency=concurrency))

    @rule(fault=Kills, plot=BadPlots)
    def run_with_a_bad_service_and_kill(self, fault: Fault, plot: Plot) -> None:
        self._run(Story(plot, fault))

    @rule(fault=Full, plot=Plots)
    def run_on_a_full_disk(self, fault: Fault, plot: Plot) -> None:
        self._run(Story(plot, fault, patience=0.03 if fault.lasts < 9 else 0.0))

    @rule(fault=Failing, plot=Plots)
    def run_on_a_failing_disk(self, fault: Fault, plot: Plot) -> None:
        self._run(Story(plot, fault))

    @rule(plot=BadPlots)
    def run_with_a_read_only_file(self, plot: Plot) -> None:
        self._run(Story(plot, can_write=False))

    @rule(edit=Edits, at=st.integers(1, 4), text=Texts, form=Forms, plot=BadPlots)
    def save_while_questions_are_asked(self, edit: str, at: int, text: int, form: Form, plot: Plot) -> None:
        self._run(Story(replace(plot, save_at=at), save=lambda: self._edit(edit, text, form)))

    @rule(edit=Edits, at=SaveMoments, text=Texts, form=Forms, plot=BadPlots, in_place=st.booleans())
    def save_at_a_step(
        self, edit: str, at: Moment, text: int, form: Form, plot: Plot, in_place: bool
    ) -> None:
        save = lambda: self._edit(edit, text, form, in_place=in_place)  # noqa: E731
        self._run(Story(plot, save=save, save_at=at))

    @rule(
        edit=Edits, at=SaveMoments, kill=Kills, later=st.integers(0, 5), plot=BadPlots, in_place=st.booleans()
    )
    def save_at_a_step_and_kill(
        self, edit: str, at: Moment, kill: Fault, later: int, plot: Plot, in_place: bool
    ) -> None:
        save = lambda: self._edit(edit, 0, Form(), in_place=in_place)  # noqa: E731
        kill = replace(kill, at=replace(at, later=later))
        self._run(Story(plot, kill, save=save, save_at=at))

    @rule()
    def ask_for_the_status(self) -> None:
        self._status()

    def _edit(self, edit: str, text: int, form: Form, *, in_place: bool = True) -> None:
        """Open the file as it stands, change it, save it."""
        self.q.look()
        rows = self.q.rows
        if edit == "append":
            rows.append(Row(self.texts[text]))
        elif edit == "sort":
            rows.sort(key=lambda row: row.text)
        elif edit == "edit" and rows:
            rows[0].text = self.texts[text]
        elif edit == "delete" and rows:
            del rows[0]
        elif edit == "clear":
            for row in rows:
                row.cell = ""
        elif edit == "form" and not self.q.flags and not form.encoding.startswith("cp"):
            self.q.form = form
        self.q.save(in_place=in_place)

    def _run(self, story: Story, *, busily: bool = True) -> int | None:
        """Run; `busily`: with something to ask, or little would be seen."""
        if busily and not self.q.counted() - self.outputs.answered:
            self.q.rows += [Row(self.texts[0]), Row(self.texts[1]), Row(self.texts[0])]
            self.q.save()
        run = Run(self.scene, story)
        run.go()
        run.check()
        self.has_bookmarked = run.has_bookmarked
        return run.exit_status

    def _status(self) -> tuple[int, str]:
        before = self._contents()
        exit_status, report, _ = said(["status", *self.scene.flags])
        note(report)
        assert before == self._contents(), "status changed a file"
        assert exit_status in {0, 1, 2}
        return exit_status, report

    def _contents(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.scene.place.rglob("*") if path.is_file()}

    # --- what must hold

    @invariant()
    def no_answer_is_lost(self) -> None:
        standing = self.outputs.standing
        for name, record in self.kept.items():
            assert standing.get(name) == record, f"the answer {name} was saved and is gone"
        self.kept = standing
        names = [id_of(record) for record in self.outputs.answers]
        assert len(set(names)) == len(names), "two answers of one name"
        for record in standing.values():
            answer = record["response"]["answer"]
            assert answer == answer_to(key_of(record)), "an answer to another question"

    @invariant()
    def the_file_is_the_users(self) -> None:
        if self.q.path.exists():
            self.q.look()

    @invariant()
    def edited_views_are_kept(self) -> None:
        if self.edited:
            found = {path.read_bytes() for path in self.outputs.path.glob("output.*")}
            assert self.edited <= found, "a view that the user had edited is gone"

    @invariant()
    def nothing_is_set_aside_without_need(self) -> None:
        if not self.is_tampered:
            assert not [*self.outputs.path.glob("output.*.bak*")], (
                "a view that nobody had touched was set aside"
            )

    # --- the end

    def teardown(self) -> None:
        try:
            if self.q.path.exists():
                self._finish()
        finally:
            os.chdir(self.scene.place.parent)
            tempfile.tempdir = None
            shutil.rmtree(self.scene.place)

    def _finish(self) -> None:
        """A healthy run: all that is not blocked or held is answered, once; `status` foretells and confirms it."""
        was_bookmarked = self.has_bookmarked
        with_word = {row.key for row in self.q.rows if row.cell}
        looked, foretold = self._status()
        was_in_place = not swaps.is_unfinished(self.q.path)
        exit_status = self._run(Story(), busily=False)
        asked = sum(bill.total() for bill in self.scene.service.bill.values())
        promised = re.search(r"the next run asks (?:(\d+) time|nothing)", foretold)
        assert promised, foretold
        if was_in_place:
            assert int(promised[1] or 0) == asked, (foretold, asked)
        else:
            assert looked == 1
        self.no_answer_is_lost()
        self.the_file_is_the_users()
        self.edited_views_are_kept()
        self._check_complete(with_word if was_bookmarked else None)
        assert exit_status in {0, 1}
        assert self._status()[0] == exit_status
        again = self._run(Story(), busily=False)
        # Which of equal rows failed in which way is a guess once some of them were answered: one may be asked again.
        if exit_status == 0 or all(len(kinds) == 1 for kinds in self.outputs.failed.values()):
            assert again == exit_status
            assert self.scene.service.count == 0, "answered rows were asked again"

    def _check_complete(self, with_word: set[str] | None) -> None:
        """`with_word`: contents with something in a status cell before, where all bookmarks stood in q.csv."""
        assert not self.outputs.rescued
        answered, failed = self.outputs.answered, self.outputs.failed
        for key, rows in self.q.counted().items():
            left = rows - answered[key] // self.scene.samples
            kinds = failed.get(key, Counter())
            paid = kinds["cut short"] + kinds["refusal"]
            blocked = sum(row.cell == "BLOCKED" for row in self.q.of(key))
            assert left <= max(paid, blocked), f"{key!r} was not asked"
            assert with_word is None or key in with_word or left <= 0, (
                f"{key!r} has no mark and was not asked"
            )
