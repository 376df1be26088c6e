"""The README, .env.example and --help say what is true."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import __version__, commands, views
from dset.flags import FLAGS
from dset.settings import parser
from dset.verbs import VERBS, Verb
from tests import pictures
from tests.running import SCRIPT, Run, environment

ROOT = SCRIPT.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = "".join(
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("tasks", "exports", "images", "pages")
)
ENV = (ROOT / ".env.example").read_text(encoding="utf-8")
# Modules that are one subject with another one, and tested there.
TESTED_WITH = {
    "contents": "questions",
    "digests": "swaps",
    "ends": "answers",
    "clocks": "simulation",
    "clients": "endpoints",
    "closures": "failover",
    "lanes": "failover",
    "pauses": "pace",
    "inspection": "status",
    "price_lists": "prices",
    "spending": "simulation",
    "stops": "failover",
    "fleet": "failover",
    "slots": "failover",
    "turns": "asking",
    "crew": "asking",
    "transports": "endpoints",
    "quick_json": "answers",
    "folders": "outputs",
    "plans": "worklist",
    "recovery": "outputs",
    "tallies": "answers",
    "copies": "questions",
    "rows": "worklist",
    "steps": "files",
    "outages": "batch",
    "causes": "failures",
    "replies": "completions",
    "cleaning": "failures",
    "error_bodies": "failures",
    "wording": "progress",
    "env_files": "settings",
    "keys": "settings",
    "server": "rehearsal_server",
    "exchange": "rehearsal_server",
    "wire": "rehearsal_server",
    "faults": "rehearsal_server",
    "canned": "rehearsal_server",
    "stage": "rehearsal",
    "counting": "figures",
    "classes": "figures",
    "lengths": "figures",
    "likenesses": "figures",
    "payments": "figures",
    "planned": "figures",
    "reasons": "figures",
    "subject": "figures",
    "tongues": "figures",
    "twins": "figures",
    "ledger": "terminal",
    "balance": "report",
    "evenness": "report",
    "remedies": "report",
    "answered": "second",
    "archives": "imports",
    "cells": "imports",
    "conversion": "imports",
    "delimited": "imports",
    "derived": "second",
    "json_rows": "imports",
    "kinds": "imports",
    "naming": "imports",
    "parquet_files": "imports",
    "tables": "imports",
    "workbooks": "imports",
    "writing": "imports",
    "tasks/against": "making",
    "tasks/coming": "making",
    "tasks/standing": "making",
    "tasks/closing": "making",
    "tasks/orders": "making",
    "tasks/rounds": "making",
    "tasks/stock": "making",
    "tasks/checks": "gate",
    "tasks/codes": "definitions",
    "tasks/examples": "definitions",
    "tasks/findings": "definitions",
    "tasks/keywords": "definitions",
    "tasks/parameters": "definitions",
    "tasks/paths": "definitions",
    "tasks/references": "definitions",
    "tasks/fields": "rules",
    "tasks/rule_checks": "rules",
    "tasks/grammar": "parsing",
    "tasks/strict_json": "parsing",
    "tasks/language_words": "languages",
    "tasks/older_constraints": "older_form",
    "tasks/older_fields": "older_form",
    "tasks/older_writing": "older_form",
    "tasks/schema_words": "schemas",
    "tasks/shown": "schemas",
    "rehearsal/demands": "instances",
    "rehearsal/equality": "instances",
    "rehearsal/figures": "instances",
    "rehearsal/invention": "instances",
    "rehearsal/objects": "instances",
    "rehearsal/patterns": "instances",
    "rehearsal/variation": "instances",
    "rehearsal/words": "instances",
    "rehearsal/breaks": "mischief",
    "rehearsal/nearby": "mischief",
    "rehearsal/scalar_breaks": "mischief",
    "rehearsal/shape_breaks": "mischief",
    "rehearsal/wrapping": "mischief",
    "exports/drafts": "exports_formats",
    "exports/entries": "exports_formats",
    "exports/export": "exports_formats",
    "exports/gather": "exports_formats",
    "exports/lines": "exports_formats",
    "exports/names": "exports_formats",
    "exports/options": "exports_formats",
    "exports/spool": "exports_formats",
    "exports/tables": "exports_formats",
    "exports/shapes": "exports_columns",
    "exports/arrays": "exports_sources",
    "exports/merging": "exports_sources",
    "exports/origins": "exports_sources",
    "exports/card": "exports_hub",
    "exports/card_text": "exports_hub",
    "exports/census": "exports_hub",
    "exports/front_matter": "exports_hub",
    "exports/instructions": "exports_chats",
    "exports/orders": "task_exports",
    "buckets": "duplicates",
    "sketches": "duplicates",
    "commands": "flags",
    "values": "flags",
    "verbs": "flags",
    "following": "process_level",
    "screens": "process_level",
    "gates": "batch",
    "captions/afresh": "captions_command",
    "captions/choice": "captions_mending",
    "captions/closing": "captions_command",
    "captions/facts": "captions_checking",
    "captions/findings": "captions_checking",
    "captions/laid_out": "captions_entries",
    "captions/layout": "captions_mending",
    "captions/looking": "captions_checking",
    "captions/looks": "captions_command",
    "captions/moves": "captions_mending",
    "captions/notes": "captions_checking",
    "captions/places": "captions_making",
    "captions/prompt_file": "captions_making",
    "captions/records": "captions_entries",
    "captions/said": "captions_making",
    "captions/sheet_style": "captions_sheet",
    "captions/standing": "captions_command",
    "captions/table": "captions_checking",
    "captions/tidying": "captions_rules",
    "captions/training": "captions_checking",
    "captions/wordcount": "captions_rules",
    "captions/rehearsed": "captions_command",
    "names/likeness": "names_forbidden",
    "names/parts": "names_forbidden",
    "names/sounds": "names_forbidden",
    "names/spellings": "names_forbidden",
    "downloads/connecting": "downloads_fetching",
    "downloads/crowding": "downloads_fetching",
    "downloads/failing": "downloads_fetching",
    "downloads/kinds": "downloads_fetching",
    "downloads/naming": "downloads_fetching",
    "downloads/unpacking": "downloads_fetching",
    "composing": "second_opinion",
    "opinions": "second_opinion",
    "threads": "rooms",
    "exports/picture_columns": "picture_tasks",
    "images/calm": "images_opening",
    "images/finding": "captions_making",
    "images/orphans": "images_taking",
    "images/told": "captions_command",
    "images/workers": "images_pool",
    "images/sending": "sending",
    "picture_flags": "flags",
    "verb_values": "flags",
    "scraping/allowances": "scraping_searching",
    "scraping/closing": "scraping_scrape",
    "scraping/drawn": "scraping_drawing",
    "scraping/finds": "scraping_apis",
    "scraping/page_cache": "scraping_searching",
    "scraping/pexels": "scraping_apis",
    "scraping/pixabay": "scraping_apis",
    "scraping/plan": "scraping_folder",
    "scraping/records": "scraping_folder",
    "scraping/selection": "scraping_scrape",
    "scraping/shares": "scraping_generating",
    "scraping/sources": "scraping_engines",
    "scraping/storing": "scraping_drawing",
    "scraping/tools": "scraping_collecting",
    "scraping/tries": "scraping_scrape",
    "scraping/trying": "scraping_collecting",
    "scraping/tongues": "scraping_apis",
    "tasks/command": "making",
    "tasks/scraped": "picture_tasks",
    "/counting": "captions_command",
    "tasks/picture_closing": "picture_tasks",
    "tasks/picture_command": "picture_tasks",
    "tasks/picture_fields": "picture_tasks",
    "tasks/picture_gate": "picture_tasks",
    "tasks/picture_orders": "picture_tasks",
    "tasks/picture_records": "picture_tasks",
    "tasks/picture_rehearsal": "picture_tasks",
    "tasks/picture_requests": "picture_tasks",
    "tasks/picture_standing": "picture_tasks",
    "tasks/task_text": "task_file",
    "tasks/remote": "tasks_url",
    "tasks/remote_pages": "tasks_url",
    "bearings": "live",
    "markup": "report_html",
    "charts/amounts": "charts_timeline",
    "charts/histograms": "charts_timeline",
    "charts/over_time": "charts_gather",
    "charts/quantiles": "charts_timeline",
    "charts/specs": "charts_timeline",
    "charts/contents": "charts_gather",
    "charts/defects": "charts_gather",
    "charts/observed": "charts_gather",
    "charts/samples": "charts_gather",
    "charts/page": "report_html",
    "charts/rendered": "report_html",
    "charts/sampled": "report_html",
    "charts/style": "report_html",
    "watching/advice": "watching_watch",
    "watching/busy": "watching_watch",
    "watching/counts": "watching_watch",
    "watching/lanes": "watching_watch",
    "watching/lenient": "watching_watch",
    "watching/newest": "watching_watch",
    "watching/past": "watching_watch",
    "watching/standing": "watching_watch",
    "watching/failing": "watching_reading",
    "watching/history": "watching_reading",
    "watching/ledger": "watching_reading",
    "watching/tailing": "watching_reading",
    "browsing/entry": "browsing_index",
    "browsing/folding": "browsing_parts",
    "browsing/following": "browsing_hostile",
    "browsing/haystack": "browsing_parts",
    "browsing/intake": "browsing_index",
    "browsing/labels": "browsing_index",
    "browsing/pictures": "browsing_sent",
    "browsing/query": "browsing_index",
    "browsing/rows": "browsing_index",
    "browsing/searching": "browsing_parts",
    "browsing/selecting": "browsing_index",
    "browsing/shown": "browsing_hostile",
    "browsing/standing": "browsing_index",
    "browsing/store": "browsing_index",
    "browsing/tally": "browsing_index",
    "browsing/words": "browsing_index",
    "pages/answer_routes": "pages_routes",
    "pages/answer_shapes": "pages_fuzzed",
    "pages/chart_shapes": "pages_fuzzed",
    "pages/run_shapes": "pages_fuzzed",
    "pages/page_frame": "pages_routes",
    "pages/parameters": "pages_routes",
    "pages/refusals": "pages_routes",
    "pages/task_process": "pages_tasks",
    "pages/task_weight": "pages_tasks",
    "pages/api_calls": "pages_tasks",
    "pages/api_page": "pages_tasks",
    "pages/api_schemas": "pages_tasks",
    "pages/app": "pages_routes",
    "pages/assets": "pages_routes",
    "pages/bodies": "pages_guard",
    "pages/chart_routes": "pages_figures",
    "pages/connections": "pages_guard",
    "pages/desk": "pages_desk",
    "pages/figure_jobs": "pages_figures",
    "pages/figure_process": "pages_figures",
    "pages/house": "pages_guard",
    "pages/page_routes": "pages_routes",
    "pages/run_routes": "pages_routes",
    "pages/server": "pages_serving",
    "pages/task_answers": "pages_tasks",
    "pages/task_bodies": "pages_tasks",
    "pages/task_forms": "pages_tasks",
    "pages/task_judging": "pages_tasks",
    "pages/task_refusals": "pages_tasks",
    "pages/task_routes": "pages_tasks",
}
MODULES = sorted(path for path in (ROOT / "dset").rglob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: flag.field)
def test_each_setting_stands_in_the_readme_in_env_example_and_in_help(
    flag: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(flag, type(FLAGS[0]))
    assert re.search(rf"^\| `{flag.option}` \| `{flag.variable}` \|", README, re.MULTILINE)
    assert re.search(rf"^#?{flag.variable}=", ENV, re.MULTILINE)
    with pytest.raises(SystemExit):
        parser("x", "y").parse_args(["--help"])
    said = capsys.readouterr().out
    assert flag.option in said
    assert flag.variable in said


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    flags = [flag for verb in VERBS.values() for flag in verb.all_flags]
    known = {flag.option for flag in flags} | {"--help"}
    known |= {flag.option.replace("--", "--no-", 1) for flag in flags if flag.is_switch}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README + DOCS))
    assert named <= known
    variables = set(re.findall(r"DSET_[A-Z_]+", README + ENV + DOCS))
    assert variables <= {flag.variable for flag in flags} | {"DSET_API_KEY"}


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_each_flag_of_a_verb_stands_in_the_documents_and_in_its_help(
    verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        commands.read([verb.name, "--help"], "dset", "")
    said = capsys.readouterr().out
    for flag in verb.flags:
        assert f"`{flag.option}" in README + DOCS, flag.option
        assert flag.option in said
        assert flag.variable in said


def test_the_defaults_in_env_example_are_the_defaults() -> None:
    for flag in FLAGS:
        stated = re.search(rf"^#{flag.variable}=(.*)$", ENV, re.MULTILINE)
        assert stated
        if stated[1]:
            assert flag.parse(stated[1]) == flag.default


def test_each_column_of_output_csv_stands_in_the_readme() -> None:
    for column in views.FIXED:
        assert f"`{column}`" in README


def test_the_exit_statuses_stand_in_the_readme() -> None:
    for status in ("| 0 |", "| 1 |", "| 2 |", "| 130, 143 |"):
        assert status in README


def test_the_file_tree_names_every_module_and_every_module_has_its_tests() -> None:
    for path in MODULES:
        name = path.name if path.parent.name == "dset" else f"{path.parent.name}/"
        assert re.search(rf"^  {re.escape(name)}\s", README, re.MULTILINE), name
    for path in MODULES:
        package = "" if path.parent.name == "dset" else path.parent.name
        other = TESTED_WITH.get(f"{package}/{path.stem}") or TESTED_WITH.get(path.stem)
        names = [other] if other else [path.stem, f"{package}_{path.stem}"]
        assert any((ROOT / "tests" / f"test_{one}.py").exists() for one in names), path


def test_every_test_that_the_tables_of_faults_name_is_there() -> None:
    for table in (ROOT / "tests").glob("FAULTS*.md"):
        for name, test in re.findall(r"(test_\w+\.py)::(test_\w+)", table.read_text(encoding="utf-8")):
            assert f"def {test}(" in (ROOT / "tests" / name).read_text(encoding="utf-8"), (table.name, test)


def test_every_command_of_the_readme_parses() -> None:
    shown = re.findall(r"(?m)^(?:\$ )?(?:[^\s`]*python) dset_generator\.py ?([^#\n]*)", README + DOCS)
    assert len(shown) >= 7
    for command in shown:
        verb, settings, _ = commands.read(shlex.split(command), "dset", "")
        assert verb in VERBS
        assert settings.model


def test_the_transcripts_second_command_ends_as_the_readme_shows(
    rehearse: Callable[..., Run], clean_place: Path
) -> None:
    (clean_place / "q.csv").write_bytes((ROOT / "q.csv").read_bytes())
    first = rehearse("--rehearse", "--retry-waits", "0.1,0.1,0.1")  # longer than its thinking
    second = rehearse("--rehearse")
    shown = README.split("```console")[1].split("```")[0]
    for line in shown.split("\n"):
        if line.startswith(
            ("dset: rehearsal", "dset: 12 to", "dset: 6 to", "Stopped", "  answered", "  next", "Finished")
        ):
            # How many rows the outage reached in time differs from run to run; the words do not.
            pattern = re.sub(r"\\?\d+", r"\\d+", re.escape(line)).split("by\\ an\\ outage")[0]
            pattern = pattern.replace(r",\ not\ asked\ \d+", r"(?:,\ not\ asked\ \d+)?")
            assert re.search(pattern, first.said + second.said), line
    assert first.exit_status == 1
    assert second.exit_status == 0


def test_the_transcript_of_captions_is_what_the_program_says(
    main: Callable[..., Run], clean_place: Path
) -> None:
    folder = clean_place / "frames"
    folder.mkdir()
    for number in range(1, 9):
        (folder / f"film_{number}.jpg").write_bytes(pictures.jpeg(number, (64, 36)))
    (folder / "cut.jpg").write_bytes(pictures.cut(pictures.jpeg(9, (64, 36))))
    shown = next(one for one in README.split("```console") if "caption frames" in one.split("```")[0])
    command, *lines = (
        line for line in shown.split("```")[0].strip().split("\n") if line.strip() not in {"", "…"}
    )
    run = main(*shlex.split(command)[3:])
    assert run.exit_status == 0
    said = run.said.split("\n")
    assert [line for line in lines if line not in said] == []


def test_the_questions_we_ship_open_right_in_a_spreadsheet() -> None:
    assert (ROOT / "q.csv").read_bytes().startswith(b"\xef\xbb\xbfquestion,status")


def test_the_version_is_one_and_the_changelog_has_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_needs_what_requirements_txt_lists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("#")[0].strip() for line in lines] == project["dependencies"]


def test_nothing_in_dset_prints_exits_or_imports_the_script() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [name.name for name in node.names] + [getattr(node, "module", "") or ""]
                assert "dset_generator" not in names, path
            if isinstance(node, ast.Name):
                assert node.id not in {"print", "exit", "SystemExit"}, path
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "sys"
                and not path.name.endswith("_process.py")  # processes of their own: their stdout is a pipe
            ):
                assert node.attr not in {"stdout", "stderr", "exit"}, path


def test_only_steps_py_changes_a_disk_and_only_files_swaps_and_locks_use_it() -> None:
    system = {"fsync", "replace", "rename", "unlink", "ftruncate", "write", "mkdir", "link", "chmod", "chown"}
    anywhere = {"write_text", "write_bytes", "rmtree", "touch", "symlink_to", "hardlink_to", "O_CREAT"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and path.name not in {
                "steps.py",
                "files.py",
                "swaps.py",
                "locks.py",
                "haystack.py",  # what is searched stands beside the dataset, in a temporary folder
                "serving.py",  # the same folder, at the end
                "drafts.py",  # of an export: what stands there stands in the journal too
                "live.py",  # the note of a run, which is lost without harm
            }:
                of_os = isinstance(node.value, ast.Name) and node.value.id == "os"
                assert not (of_os and node.attr in system), (path, node.lineno)
                assert node.attr not in anywhere, (path, node.lineno)
                assert not (isinstance(node.value, ast.Name) and node.value.id == "steps"), (
                    path,
                    node.lineno,
                )
            is_other = path.parent.name == "exports" or path.name == "haystack.py"  # new files, no dataset's
            if isinstance(node, ast.Call) and set("wax+") & set(_mode(node)) and not is_other:
                raise AssertionError((path, node.lineno))


def _mode(call: ast.Call) -> str:
    """The mode of a call of open."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    texts = [one.value for one in call.args if isinstance(one, ast.Constant)] if name == "open" else []
    return "".join(text for text in texts if isinstance(text, str))


@pytest.mark.skipif(sys.platform == "win32", reason="the same on every system; slow on this one")
def test_a_wheel_has_the_script_and_every_package(tmp_path: Path) -> None:
    source = tmp_path / "source"  # a copy: a build leaves its litter beside what it builds
    shutil.copytree(ROOT / "dset", source / "dset", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dset_generator.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)],
        env=environment() | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    import zipfile

    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "dset_generator.py" in names
    assert {str(path.relative_to(ROOT).as_posix()) for path in MODULES} <= names
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    assert "dset = dset_generator:main" in zipfile.ZipFile(wheel).read(entry).decode()


def test_the_transcript_of_serve_is_what_it_says() -> None:
    from dset.pages import serving
    from dset.pages.house import House
    from dset.pages.shelf import Shelf

    house, shelf = House("127.0.0.1", "token"), Shelf((Path("dset_generator"),))
    for line in serving._greeting(shelf, house, "http://127.0.0.1:8000/")[:2]:
        assert f"{line}\n" in README
