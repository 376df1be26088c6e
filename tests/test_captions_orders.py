"""What a caption dataset is asked to be, and plan.json, which binds some of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dset import commands, planned
from dset.captions import orders
from dset.captions.orders import Order
from dset.errors import UsageError
from dset.images.fitting import Form
from tests.running import Run


def order_of(*arguments: str) -> Order:
    """The order in a command line, in the working directory."""
    _, settings, options = commands.read(["caption", *arguments], "dset_generator.py", "")
    return orders.read(options, settings, settings.output)


@pytest.fixture(autouse=True)
def _frames(clean_place: Path) -> None:
    (clean_place / "frames").mkdir()


def test_what_is_not_said_is_as_the_help_says() -> None:
    order = order_of("frames")
    assert order == Order(
        Path("frames"), Path("dset_generator/captions/frames"), Form((512, 512), "crop", 95)
    )


def test_flags_shape_the_order(clean_place: Path) -> None:
    order = order_of("frames", "--size", "640x480", "--fit", "pad", "--quality", "80", "--filter", "--keep-if", " a dog ",
                     "--trigger", "Style {x}", "--word-count", "none", "--lang", "th", "--translate", "en", "--text-model", "m",
                     "--keep-blocked", "--format", "kohya", "--name", "mine")  # fmt: skip
    assert order.form == Form((640, 480), "pad", 80)
    assert (order.likeness, order.keep_if, order.trigger, order.words) == (0.94, "a dog", "Style {x}", None)
    assert (order.name, order.is_kohya, order.keeps_blocked) == ("mine", True, True)
    skipped = order_of("frames", "--filter", "0.9", "--keep-if", "a dog", "--skip-filter", "--skip-resize")
    assert (skipped.likeness, skipped.keep_if, skipped.form) == (None, "", None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("missing",), "there is no such folder"),
        (("file.txt",), "is a file"),
        (("dset_generator",), "where datasets of ours are"),
        (("dset_generator/captions/a",), "where datasets of ours are"),
        (("dset_generator/rehearsal/captions",), "where datasets of ours are"),
        ((), "name the folder that holds the pictures"),
        (("--name", "unknown"), "name the folder that holds the pictures"),
        (("frames", "--lang", "klingon"), "--lang"),
        (("frames", "--translate", "xx"), "--translate"),
        (("frames", "--trigger", "two  blanks"), "--trigger"),
        (("frames", "--trigger", "two\nlines"), "--trigger"),
        (("frames", "--trigger", " Style"), "--trigger"),
        (("frames", "--trigger", "Style {source}"), "--trigger: {source}"),
        (("frames", "--trigger", "Style { Image }"), "--trigger: {image}"),
    ],
)
def test_what_cannot_be_asked_is_one_line_that_says_why(
    clean_place: Path, arguments: tuple[str, ...], told: str
) -> None:
    (clean_place / "file.txt").touch()
    for name in ("captions/a", "rehearsal/captions"):
        (clean_place / "dset_generator" / name).mkdir(parents=True)
    with pytest.raises(UsageError) as error:
        order_of(*arguments)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


NAMES = {"ภาพยนตร์": "ภาพยนตร์", "a b.c": "a b.c", "=cmd": "cmd", "x\ny\x1b[31m": "x_y__31m", "'\"": "pictures", "…": "pictures",
         "trailing.": "trailing", "n" * 250: "n" * 250, "\U0001f600 fun": "fun", "หนังที่ 2": "หนังที่ 2"}  # fmt: skip


@pytest.mark.parametrize("folder", NAMES)
def test_the_dataset_has_a_name_that_any_system_can_take(clean_place: Path, folder: str) -> None:
    (clean_place / folder).mkdir()
    assert order_of(folder).name == NAMES[folder]


@pytest.mark.parametrize("name", ["ภาพยนตร์", "a b.c", "_x", "é-1"])
def test_a_name_of_any_script_can_be_given(name: str) -> None:
    assert order_of("frames", "--name", name).name == name


@pytest.mark.parametrize("name", ["a/b", "..", ".x", "x.", "x ", "a\nb", "-x", "\U0001f600"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="a name is letters"):
        order_of("frames", f"--name={name}")


def test_the_working_directory_can_be_the_folder(clean_place: Path) -> None:
    assert order_of(".").name == "work"


def test_the_one_dataset_that_stands_needs_no_folder(clean_place: Path) -> None:
    order = order_of("frames")
    order.folder.mkdir(parents=True)
    orders.bind(order)
    assert order_of().source == Path("frames")
    other = order_of("frames", "--name", "other")
    other.folder.mkdir()
    orders.bind(other)
    with pytest.raises(UsageError, match="there are frames, other"):
        order_of()
    assert order_of("--name", "other").folder == other.folder


def test_a_plan_binds_what_pictures_and_captions_are_made_by(clean_place: Path) -> None:
    order = order_of("frames")
    order.folder.mkdir(parents=True)
    orders.bind(order)
    before = (order.folder / "plan.json").read_bytes()
    orders.bind(order)
    assert (order.folder / "plan.json").read_bytes() == before
    orders.bind(order_of("frames", "--word-count", "5-6", "--keep-if", "a dog"))
    assert json.loads((order.folder / "plan.json").read_bytes())["words"] == [5, 6]
    with pytest.raises(
        UsageError, match=r"--size was 512x512 and is 64x64 now.*--trigger was not given and is S now"
    ):
        orders.bind(order_of("frames", "--size", "64", "--trigger", "S"))
    with pytest.raises(UsageError, match="--size was 512x512 and is not given now"):
        orders.bind(order_of("frames", "--skip-resize"))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"task": {}}', b"\xff", b"[" * 9_999])
def test_a_plan_that_is_none_is_told_with_what_to_do(clean_place: Path, data: bytes) -> None:
    order = order_of("frames")
    order.folder.mkdir(parents=True)
    (order.folder / "plan.json").write_bytes(data)
    with pytest.raises(UsageError, match="delete that file and ask exactly as before"):
        orders.bind(order)


def test_plans_are_told_apart(tmp_path: Path) -> None:
    assert planned.kind_of(tmp_path) == ""
    for text, kind in (("{", ""), ("[]", ""), ('{"task": {}}', "task"), ('{"kind": "captions"}', "captions")):
        (tmp_path / "plan.json").write_text(text)
        assert planned.kind_of(tmp_path) == kind


def test_rules_of_a_plan_that_somebody_damaged_ask_for_nothing() -> None:
    assert orders.rules_of({"words": "many", "trigger": None}, None) == orders.rules_of({}, None)


def test_a_list_of_names_that_is_not_there_is_told(main: Callable[..., Run]) -> None:
    done = main("caption", "frames", "--forbid", "gone.txt", "--rehearse=calm")
    assert done.exit_status == 2
    assert "gone.txt" in done.err
