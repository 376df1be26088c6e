"""Every setting once: how its text is read, what is refused, and that flag and variable are twins."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from dset import settings
from dset.errors import UsageError
from dset.flags import FLAGS

BY_FIELD = {flag.field: flag for flag in FLAGS}

TAKEN: list[tuple[str, str, Any]] = [
    ("questions", "data/my q.csv", Path("data/my q.csv")),
    ("questions", "~/q.csv", Path.home() / "q.csv"),
    ("output", "out", Path("out")),
    ("base_url", "https://api.example.com/v1", "https://api.example.com/v1"),
    ("base_url", " https://api.example.com/v1/ ", "https://api.example.com/v1"),
    ("base_url", "https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
    ("base_url", "http://localhost:11434", "http://localhost:11434"),
    ("base_url", "http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ("model", " some/model:free ", "some/model:free"),
    ("prompt", "ตอบ {question}\n", "ตอบ {question}\n"),
    ("system", "", ""),
    ("thinking", "ON", "on"),
    ("thinking", "off", "off"),
    ("temperature", "0", 0.0),
    ("temperature", "2", 2.0),
    ("temperature", ".7", 0.7),
    ("max_tokens", "1", 1),
    ("max_tokens", "65536", 65536),
    ("timeout", "0.5", 0.5),
    ("retry_waits", "60,120,240", (60.0, 120.0, 240.0)),
    ("retry_waits", "0.5, 1", (0.5, 1.0)),
    ("retry_waits", "0", (0.0,)),
    ("retry_waits", "none", ()),
    ("concurrency", "64", 64),
    ("limit", "10", 10),
    ("samples", "3", 3),
    ("encoding", "cp874", "cp874"),
    ("encoding", "UTF8", "utf-8"),
    ("encoding", " Latin-1 ", "iso8859-1"),
    ("encoding", "windows-1252", "cp1252"),
    ("column", "คำถาม ", "คำถาม "),
    ("views", "csv,txt", ("csv", "txt")),
    ("views", "txt, CSV", ("csv", "txt")),
    ("views", "txt", ("txt",)),
    ("views", "none", ()),
    ("rehearse", "outage", "outage"),
    ("rehearse", "calm", "calm"),
    ("rehearse", "on", "outage"),
    ("rehearse", "0", ""),
]
SWITCHES = ["csv_exact", "retry_failed", "quiet"]
WORDS = [
    ("1", True),
    ("true", True),
    ("YES", True),
    (" on ", True),
    ("0", False),
    ("False", False),
    ("no", False),
]

REFUSED: list[tuple[str, str, str]] = [
    ("questions", " ", "needs a path"),
    ("output", "a\0b", "needs a path"),
    ("questions", "~nobody-of-this-name/q.csv", "there is no such home folder"),
    ("base_url", "api.example.com", "must look like https://host/v1"),
    ("base_url", "ftp://example.com", "must look like https://host/v1"),
    ("base_url", "https://", "must look like https://host/v1"),
    ("base_url", "https://example.com:port/v1", "is no URL"),
    ("base_url", "https://example.com:99999/v1", "is no URL"),
    ("base_url", "https://[::1/v1", "is no URL"),
    ("base_url", "https://exa mple.com/v1", "has blanks in it"),
    ("base_url", "https://example.com/\n/v1", "has blanks in it"),
    ("base_url", "https://user:hunter22@example.com/v1", "must hold no password"),
    ("base_url", "https://user:hunter22@example.com:port", "must hold no password"),
    ("base_url", "user:hunter22@example.com", "must hold no password"),
    ("base_url", "https://example.com/v1?key=hunter22", "no query; keys belong in .env"),
    ("base_url", "https://example.com/v1#hunter22", "no query; keys belong in .env"),
    ("model", " ", "needs the name of a model"),
    ("model", "a\nb", "needs the name of a model"),
    ("prompt", "@missing.txt", "cannot read missing.txt"),
    ("prompt", "@", "cannot read ."),
    ("system", "@~nobody-of-this-name/x", "there is no such home folder"),
    ("thinking", "maybe", "'maybe' must be one of on, off"),
    ("budget", "2,50", "'2,50' is no number: write a point, not a comma"),
    ("temperature", "hot", "'hot' is no number"),
    ("temperature", "2.1", "2.1 must be at least 0 and at most 2"),
    ("temperature", "nan", "nan must be at least 0"),
    ("max_tokens", "0", "0 must be from 1"),
    ("max_tokens", "1.5", "'1.5' is no whole number"),
    ("max_tokens", "many", "'many' is no whole number"),
    ("timeout", "0", "0 must be at least 0.001"),
    ("timeout", "inf", "inf must be at least"),
    ("timeout", "1e999", "1e999 must be at least"),
    ("retry_waits", "60,,240", "'' is no number"),
    ("retry_waits", "60;120", "'60;120' is no number"),
    ("retry_waits", "-1", "-1 must be at least 0"),
    ("base_url", "https://exa\x01mple.com", "holds what no address has"),
    ("concurrency", "0", "0 must be from 1 to 10000"),
    ("concurrency", "10001", "10001 must be from 1 to 10000"),
    ("limit", "0", "0 must be from 1"),
    ("samples", "-1", "-1 must be from 1"),
    ("encoding", "klingon", "'klingon' is no encoding that Python knows; try utf-8"),
    ("encoding", "rot13", "'rot13' is no encoding"),
    ("encoding", "base64", "'base64' is no encoding"),
    ("encoding", "", "'' is no encoding"),
    ("views", "csv,pdf", "'pdf' must be one of csv, txt"),
    ("rehearse", "storm", "'storm' must be one of outage, calm"),
]


def given(*arguments: str) -> dict[str, Any]:
    return vars(settings.parser("dset", "").parse_args(arguments))


@pytest.mark.parametrize(("field", "text", "value"), TAKEN)
def test_a_flag_and_its_variable_take_the_same_text(field: str, text: str, value: Any) -> None:
    flag = BY_FIELD[field]
    assert flag.parse(text) == value
    assert getattr(settings.load(given(f"{flag.option}={text}"), {}), field) == value
    if text:
        assert getattr(settings.load({}, {flag.variable: text}), field) == value


@pytest.mark.parametrize(("field", "text", "message"), REFUSED)
def test_what_a_setting_cannot_take_is_refused_in_one_line_that_names_flag_or_variable(
    field: str, text: str, message: str
) -> None:
    flag = BY_FIELD[field]
    with pytest.raises(ValueError, match=r"\S") as pure:
        flag.parse(text)
    assert message in str(pure.value)
    with pytest.raises(UsageError) as by_flag:
        settings.load(given(f"{flag.option}={text}"), {})
    assert str(by_flag.value) == f"{flag.option}: {pure.value}"
    if text:
        with pytest.raises(UsageError) as by_variable:
            settings.load({}, {flag.variable: text})
        assert str(by_variable.value) == f"{flag.variable}: {pure.value}"
    assert "\n" not in str(by_flag.value)
    assert "hunter22" not in str(by_flag.value)
    assert by_flag.value.exit_status == 2


@pytest.mark.parametrize("field", SWITCHES)
def test_a_switch_is_off_unless_it_is_given_and_can_be_turned_off_again(field: str) -> None:
    flag = BY_FIELD[field]
    assert flag.is_switch
    assert getattr(settings.load({}, {}), field) is False
    assert getattr(settings.load(given(flag.option), {}), field) is True
    no = "--no-" + flag.option.removeprefix("--")
    assert getattr(settings.load(given(no), {flag.variable: "on"}), field) is False
    for text, value in WORDS:
        assert getattr(settings.load({}, {flag.variable: text}), field) is value
    with pytest.raises(UsageError, match=f"{flag.variable}: 'perhaps' is neither on nor off"):
        settings.load({}, {flag.variable: "perhaps"})


def test_a_rehearsal_may_be_named_without_its_kind() -> None:
    assert settings.load(given("--rehearse"), {}).rehearse == "outage"
    assert settings.load(given("--rehearse=calm"), {}).rehearse == "calm"
    assert settings.load({}, {}).rehearse == ""


@pytest.mark.parametrize("field", [flag.field for flag in FLAGS])
def test_every_setting_has_one_name_in_three_spellings_and_one_line_of_help(field: str) -> None:
    flag = BY_FIELD[field]
    assert flag.option == "--" + field.replace("_", "-")
    assert flag.variable == "DSET_" + field.upper()
    assert flag.help
    assert "\n" not in flag.help
    page = settings.parser("dset", "").format_help()
    assert flag.option in page
    assert f"[{flag.variable}]" in page.replace("\n" + " " * 24, "")


def test_every_setting_of_a_run_is_a_flag_and_every_flag_a_setting() -> None:
    fields = [name for name in settings.Settings.__annotations__ if name in BY_FIELD]
    assert set(settings.Settings.__annotations__) - set(BY_FIELD) == {
        "given",
        "appendix",
        "second_opinion",
        "beside",
        "is_planned",
        "services",
        "secrets",
        "warnings",
    }
    assert fields == [flag.field for flag in FLAGS]


def test_the_defaults_are_what_the_help_says() -> None:
    made = settings.load({}, {})
    assert made.questions == Path("q.csv")
    assert made.output == Path("dset_generator")
    assert made.prompt == "answer this question: {question}"
    assert list(made.retry_waits) == [60, 120, 240]
    assert (made.timeout, made.samples, made.limit, made.max_tokens) == (1800, 1, None, None)
    assert (made.base_url, made.system, made.views) == ("https://api.deepseek.com", "", ("csv", "txt"))
    for flag in FLAGS:
        assert getattr(made, flag.field) == flag.default


def test_a_prompt_is_read_from_a_file_with_or_without_a_byte_order_mark(clean_place: Path) -> None:
    (clean_place / "p.txt").write_bytes("\ufeffแปล: {question}\r\nดี\n".encode())
    assert BY_FIELD["prompt"].parse("@p.txt") == "แปล: {question}\nดี\n"
    (clean_place / "p.txt").write_bytes("é".encode("cp1252"))
    with pytest.raises(ValueError, match=r"p\.txt is not UTF-8 text"):
        BY_FIELD["prompt"].parse("@p.txt")


@pytest.mark.parametrize(
    "arguments", [["--nope"], ["--max-tok", "5"], ["--model"], ["--quiet=1"], ["stray"], ["--api-key", "x"]]
)
def test_a_command_line_that_cannot_be_read_is_one_line_and_points_at_help(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match=r"\A[^\n]+ \(see --help\)\Z"):
        given(*arguments)


def test_a_flag_not_given_leaves_no_value_behind() -> None:
    assert given() == {}
    assert given("--limit", "3") == {"limit": "3"}
    assert isinstance(settings.parser("dset", ""), argparse.ArgumentParser)
