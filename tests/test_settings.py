"""Settings: which source wins, what an .env may look like, and that a key never shows."""

import base64
import dataclasses
import json
import os
import stat
import sys
import traceback
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.env_files import read_env_file
from dset.errors import UsageError
from dset.keys import Secret, Secrets
from dset.settings import Settings, load

KEY = "sk-canary/0123456789+ü"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="mode bits are POSIX's")


def env_file(content: str | bytes, mode: int = 0o600) -> Path:
    path = Path(".env")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


# --- which source wins

SOURCES: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
    ("", {}, {}, "deepseek-flash"),
    ("DSET_MODEL=file", {}, {}, "file"),
    ("DSET_MODEL=", {}, {}, "deepseek-flash"),
    ("DSET_MODEL", {}, {}, "deepseek-flash"),
    ("DSET_MODEL=file", {"DSET_MODEL": "environment"}, {}, "environment"),
    ("DSET_MODEL=file", {"DSET_MODEL": ""}, {}, "file"),
    ("DSET_MODEL=file", {"DSET_MODEL": "environment"}, {"model": "flag"}, "flag"),
    ("DSET_MODEL=file", {}, {"model": "flag"}, "flag"),
]


@pytest.mark.parametrize(("file", "environment", "given_flags", "model"), SOURCES)
def test_a_default_gives_way_to_env_file_then_environment_then_flag(
    file: str, environment: dict[str, str], given_flags: dict[str, Any], model: str
) -> None:
    env_file(file)
    assert load(given_flags, environment).model == model


def test_the_environment_of_the_process_is_read_where_no_other_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DSET_LIMIT", "7")
    assert load({}).limit == 7


def test_an_empty_flag_is_a_value_where_an_empty_variable_is_none() -> None:
    assert load({"system": ""}, {"DSET_SYSTEM": "from the environment"}).system == ""


@pytest.mark.parametrize(
    ("file", "environment", "given_flags", "source"),
    [
        ("DSET_LIMIT=x", {}, {}, "DSET_LIMIT in .env: "),
        ("DSET_LIMIT=1", {"DSET_LIMIT": "x"}, {}, "DSET_LIMIT: "),
        ("DSET_LIMIT=1", {"DSET_LIMIT": "2"}, {"limit": "x"}, "--limit: "),
    ],
)
def test_a_bad_value_is_told_with_the_place_where_it_stands(
    file: str, environment: dict[str, str], given_flags: dict[str, Any], source: str
) -> None:
    env_file(file)
    with pytest.raises(UsageError) as caught:
        load(given_flags, environment)
    assert str(caught.value) == f"{source}'x' is no whole number"


@pytest.mark.parametrize(
    ("environment", "given_flags", "default"),
    [
        ({}, {}, True),
        ({"DSET_OUTPUT": "dset_generator"}, {}, False),
        ({}, {"output": "dset_generator"}, False),
    ],
)
def test_an_output_folder_that_anybody_named_is_not_the_default_one(
    environment: dict[str, str], given_flags: dict[str, Any], default: bool
) -> None:
    made = load(given_flags, environment)
    assert made.is_default_output is default
    assert made.output == Path("dset_generator")


# --- .env as it is found

READ: dict[str, tuple[str | bytes, dict[str, str]]] = {
    "plain": ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
    "no newline at the end": ("A=1", {"A": "1"}),
    "BOM": ("\ufeffA=1\nB=2\n", {"A": "1", "B": "2"}),
    "PowerShell's UTF-16": (b"\xff\xfe" + "A=1\r\nB=ก\r\n".encode("utf-16-le"), {"A": "1", "B": "ก"}),
    "UTF-16 BE": (b"\xfe\xff" + "A=1\n".encode("utf-16-be"), {"A": "1"}),
    "CRLF": ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
    "old Mac": ("A=1\rB=2\r", {"A": "1", "B": "2"}),
    "double quotes": ('A="a # b"\n', {"A": "a # b"}),
    "single quotes": ("A='a \\n $b'\n", {"A": "a \\n $b"}),
    "a newline in quotes": ('A="a\nb"\n', {"A": "a\nb"}),
    "export": ("export A=1\n", {"A": "1"}),
    "blanks round the sign": ("A = 1\n  B  =2  \n", {"A": "1", "B": "2"}),
    "a comment behind a value": ("A=1 # one\n", {"A": "1"}),
    "a # within a value": ("A=sk-a#b\n", {"A": "sk-a#b"}),
    "comments and blank lines": ("# A=1\n\nB=2\n", {"B": "2"}),
    "an = within a value": ("A=b==\n", {"A": "b=="}),
    "the same name twice": ("A=1\nA=2\n", {"A": "2"}),
    "an empty value": ("A=\nB=2\n", {"B": "2"}),
    "empty": ("", {}),
    "empty with BOM": (b"\xef\xbb\xbf", {}),
    "braces of a prompt": ("A=Answer {question}\n", {"A": "Answer {question}"}),
}


@pytest.mark.parametrize("name", READ)
def test_an_env_file_is_read_however_an_editor_or_a_shell_wrote_it(name: str) -> None:
    content, values = READ[name]
    assert read_env_file(env_file(content)) == (values, [])


def test_the_variables_of_an_env_file_do_not_get_into_the_environment() -> None:
    env_file("DSET_MODEL=m\nDEEPSEEK_API_KEY=sk-1\n")
    load({}, {})
    assert "DSET_MODEL" not in os.environ
    assert "DEEPSEEK_API_KEY" not in os.environ


def test_a_missing_env_file_is_no_fault(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env") == ({}, [])


def test_an_env_file_above_the_working_directory_is_not_looked_for(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DSET_MODEL=somebody-else-s")
    assert load({}, {}).model == "deepseek-flash"


def test_a_line_that_is_none_is_left_out_and_told_by_its_number() -> None:
    values, warnings = read_env_file(env_file("A=1\n=2\nB='unclosed\nC=3\n"))
    assert values["A"] == "1"
    assert warnings[0] == ".env: line 2 is no NAME=value and was left out"


REFUSED = {
    "bytes of another encoding": (b"A=1\nB=\xe9t\xe9\n", ".env line 2: not UTF-8 text; save it as UTF-8"),
    "half a UTF-16 unit": (b"\xff\xfeA\0=\0\n\0x", ".env line 2: not UTF-8 text; save it as UTF-8"),
    "UTF-16 without BOM": ("A=1\n".encode("utf-16-le"), ".env: holds NUL characters; save it as UTF-8 text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_env_file_that_cannot_be_read_is_refused_in_one_line(name: str) -> None:
    content, message = REFUSED[name]
    env_file(content)
    with pytest.raises(UsageError) as caught:
        load({}, {})
    assert str(caught.value) == message


def test_an_env_folder_is_refused_as_what_it_is(tmp_path: Path) -> None:
    Path(".env").mkdir()
    with pytest.raises(UsageError, match=r"\.env is a folder: it must be a text file with lines like"):
        load({}, {})


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_an_env_file_that_may_not_be_read_is_refused_as_what_it_is() -> None:
    env_file("A=1", mode=0o000)
    with pytest.raises(UsageError, match=r"\.env cannot be read \(Permission denied\)"):
        load({}, {})


def test_an_env_file_whose_name_got_a_hidden_txt_is_named(tmp_path: Path) -> None:
    Path(".env.txt").write_text("DEEPSEEK_API_KEY=x")
    (warning,) = load({}, {}).warnings
    assert warning.startswith("found .env.txt, but it must be named .env")


@POSIX
@pytest.mark.parametrize(
    ("content", "mode", "warned"),
    [
        ("DEEPSEEK_API_KEY=sk-1", 0o644, True),
        ("DSET_API_KEY_2=sk-1", 0o604, True),
        ("DEEPSEEK_API_KEY=sk-1", 0o600, False),
        ("DEEPSEEK_API_KEY=sk-1", 0o640, False),
        ("DSET_MODEL=m", 0o644, False),
    ],
)
def test_a_key_that_everybody_on_the_machine_can_read_is_warned_of(
    content: str, mode: int, warned: bool
) -> None:
    env_file(content, mode)
    warnings = load({}, {}).warnings
    assert bool(warnings) is warned
    if warned:
        assert warnings[0].endswith("chmod 600 .env")
        assert stat.S_IMODE(Path(".env").stat().st_mode) == mode


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("DSET_MAXTOKENS", "DSET_MAXTOKENS is no setting: did you mean DSET_MAX_TOKENS?"),
        ("DSET_MODELS", "DSET_MODELS is no setting: did you mean DSET_MODEL?"),
        ("dset_model", "dset_model is no setting: did you mean DSET_MODEL?"),
        ("DSET_KEY", "DSET_KEY is no setting: did you mean DSET_API_KEY?"),
        ("DSET_ZZZZ99999999", "DSET_ZZZZ99999999 is no setting"),
    ],
)
def test_a_name_that_is_no_setting_is_warned_of_with_the_one_that_was_meant(name: str, warning: str) -> None:
    assert load({}, {name: "1"}).warnings == (warning,)
    env_file(f"{name}=1")
    assert load({}, {}).warnings == (warning,)


@pytest.mark.parametrize("name", ["DSET_API_KEY", "DSET_API_KEY_3", "DEEPSEEK_API_KEY", "HOME", "ODSET_X"])
def test_keys_and_names_of_others_are_not_warned_of(name: str) -> None:
    assert load({}, {name: "1"}).warnings == ()


@pytest.mark.parametrize(
    "name", ["deepseek_api_key", "DEEPSEEK_KEY", "$env:DEEPSEEK_API_KEY", "DEEPSEEK_APIKEY"]
)
def test_a_key_under_nearly_the_right_name_is_warned_of(name: str) -> None:
    env_file(f"{name}=sk-canary0123456789")
    assert load({}, {}).warnings == (f"{name} in .env is not read: did you mean DEEPSEEK_API_KEY?",)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gemini_api_key_2", "GEMINI_API_KEY_2"),
        ("GEMINI_API_KEY10", "GEMINI_API_KEY_10"),
        ("GOOGLE_KEY_1", "GOOGLE_API_KEY_1"),
        ("OLLAMA_APIKEY", "OLLAMA_API_KEY"),
        ("GEMINI_API_KEY_A", "GEMINI_API_KEY"),
    ],
)
def test_a_numbered_key_under_nearly_the_right_name_is_warned_of_with_its_number(
    name: str, meant: str
) -> None:
    env_file(f"{name}=sk-canary0123456789")
    assert load({}, {}).warnings == (f"{name} in .env is not read: did you mean {meant}?",)


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY", "SECRET_KEY", "DEEPSEEK_API_KEY", "MY_API_KEY", "HF_TOKEN"]
)
def test_keys_of_other_programs_are_not_warned_of(name: str) -> None:
    env_file(f"{name}=sk-canary0123456789")
    assert load({}, {}).warnings == ()


# --- keys


def test_keys_are_taken_from_file_and_environment_by_the_name_of_their_variable() -> None:
    env_file("DEEPSEEK_API_KEY= sk-file \nDSET_API_KEY=sk-file\nOPENAI_API_KEY=\n")
    secrets = load({}, {"DSET_API_KEY": "sk-environment", "MY_API_KEY_2": "2", "MY_API_KEYS": "3"}).secrets
    assert secrets.get("DEEPSEEK_API_KEY") == "sk-file"
    assert secrets.get("DSET_API_KEY") == "sk-environment"
    assert secrets.get("MY_API_KEY_2") == "2"
    assert secrets.get("OPENAI_API_KEY") is None
    assert secrets.get("MY_API_KEYS") is None


def test_no_repr_shows_a_key() -> None:
    made = load({}, {"DEEPSEEK_API_KEY": KEY})
    key = made.secrets.get("DEEPSEEK_API_KEY")
    assert isinstance(key, Secret)
    assert repr(key) == "***"
    assert f"{[key]} {(key,)!r} {{'key': {key!r}}}".count("***") == 3
    shown = f"{made!r} {made.secrets!r} {dataclasses.replace(made)} {made.request} {made.fingerprint}"
    assert KEY not in shown
    assert "DEEPSEEK_API_KEY" in repr(made.secrets)


CODE = base64.b64encode(KEY.encode()).decode()
WAYS = {
    "plain": KEY,
    "in lower case, as a host": KEY.lower(),
    "base64": CODE,
    "base64 without padding": CODE.rstrip("="),
    "base64 for a URL": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "base64 in a URL": urllib.parse.quote(CODE, safe=""),
    "in a URL": urllib.parse.quote(KEY, safe=""),
    "in a URL within a URL": urllib.parse.quote(urllib.parse.quote(KEY, safe=""), safe=""),
    "in JSON": "sk-canary/0123456789+\\u00fc",
    "in PHP's JSON": KEY.replace("/", "\\/"),
    "in JSON, each letter": "".join(f"\\u{ord(letter):04X}" for letter in KEY),
    "in JSON within JSON": "".join(f"\\\\u{ord(letter):04x}" for letter in KEY),
    "in HTML": "".join(f"&#{ord(letter)};" for letter in KEY),
    "in HTML, hexadecimal": KEY.replace("/", "&#x2F;"),
    "wrapped": f"{KEY[:9]}\n  {KEY[9:]}",
    "wrapped in JSON": f"{KEY[:9]}\\n{KEY[9:]}",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_scrubbed_in_every_form_it_may_travel_in(way: str) -> None:
    form = WAYS[way]
    secrets = load({}, {"DEEPSEEK_API_KEY": KEY, "DSET_API_KEY": "sk-canary"}).secrets
    assert secrets.scrub(f"<{form}> and {form}{form}") in {"<***> and ******", "<***> and *********"}
    assert secrets.scrub("nothing to hide, 100%25 \\u00fc &#169;") == "nothing to hide, 100%25 \\u00fc &#169;"


@pytest.mark.parametrize("before", ["", "B", "Be", "Bearer "])
def test_a_key_is_scrubbed_from_base64_of_more_than_the_key(before: str) -> None:
    secrets = load({}, {"DEEPSEEK_API_KEY": KEY}).secrets
    for behind in ("", "\n", "\r\n"):
        data = before.encode() + KEY.encode() + behind.encode()
        scrubbed = secrets.scrub(base64.b64encode(data).decode())
        assert scrubbed.count("***") == 1
        assert len(scrubbed) <= len("***") + len(before) / 3 * 4 + 5


def test_scrubbing_leaves_json_that_can_be_read() -> None:
    secrets = Secrets({"A_API_KEY": "sk-0123456789"})
    for way in ("sk-0123456789", "".join(f"\\u{ord(one):04x}" for one in "sk-0123456789")):
        for text in (way, f"\\n{way}\\n", way.replace("\\", "\\\\"), f"\\\\{way}", f'\\"{way}'):
            assert "***" in json.loads(secrets.scrub(f'{{"a": "{text}"}}'))["a"]


def test_a_placeholder_is_no_key_and_stays_in_an_answer_about_programming() -> None:
    secrets = load({}, {"DEEPSEEK_API_KEY": "sk-0123456789", "OPENAI_API_KEY": "your-key-here"}).secrets
    text = 'client = OpenAI(api_key="your-key-here")'
    assert secrets.scrub(text) == text


@pytest.mark.parametrize("form", [KEY, KEY.replace("/", "\\/"), "\\u0073\\u006B" + KEY[2:]])
def test_a_key_is_taken_out_of_bytes_too_and_other_bytes_stay(form: str) -> None:
    secrets = Secrets({"A_API_KEY": KEY})
    assert secrets.scrub_bytes(b"\xe9 " + form.encode() + b" \xff\n") == b"\xe9 *** \xff\n"
    untouched = b'\xe9 {"a": "\\u0022\\/\\n"} \xff'
    assert secrets.scrub_bytes(untouched) == untouched


def test_a_key_within_another_does_not_leave_the_rest_of_the_longer_one() -> None:
    secrets = Secrets({"A_API_KEY": "sk-12345678", "B_API_KEY": "sk-12345678-and-more"})
    assert secrets.scrub("sk-12345678-and-more") == "***"


def test_a_value_too_short_for_a_key_is_no_reason_to_black_out_the_text() -> None:
    assert Secrets({"A_API_KEY": "test"}).scrub("this is a test") == "this is a test"
    assert Secrets({}).scrub("text") == "text"


@given(st.text(), st.text())
def test_scrubbing_takes_out_nothing_but_keys(before: str, after: str) -> None:
    secrets = Secrets({"A_API_KEY": "sk-0123456789"})
    text = f"{before}sk-0123456789{after}"
    if text.count("sk-") == 1:
        assert secrets.scrub(text) == f"{before}***{after}"


def test_a_key_pasted_into_the_wrong_variable_is_not_printed() -> None:
    with pytest.raises(UsageError) as caught:
        load({}, {"DEEPSEEK_API_KEY": KEY, "DSET_THINKING": KEY})
    assert str(caught.value) == "DSET_THINKING: '***' must be one of on, off"
    assert KEY not in "".join(traceback.format_exception(caught.value))


# --- the fingerprint of a request


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("base_url", "https://example.com/v1"),
        ("model", "other"),
        ("prompt", "{question}"),
        ("system", "s"),
        ("thinking", "on"),
        ("temperature", "1"),
        ("max_tokens", "1"),
    ],
)
def test_the_fingerprint_changes_with_whatever_shapes_a_request(field: str, text: str) -> None:
    assert load({field: text}, {}).fingerprint != load({}, {}).fingerprint
    assert load({field: text}, {}).fingerprint == load({}, {f"DSET_{field.upper()}": text}).fingerprint


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("limit", "3"),
        ("concurrency", "1"),
        ("output", "x"),
        ("timeout", "5"),
        ("retry_waits", "none"),
        ("views", "none"),
        ("samples", "2"),
        ("encoding", "cp874"),
    ],
)
def test_the_fingerprint_does_not_change_with_what_a_request_never_shows(field: str, text: str) -> None:
    assert load({field: text}, {}).fingerprint == load({}, {}).fingerprint


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    made: Any = load({}, {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.model = "other"
    assert isinstance(made, Settings)


def test_a_key_pasted_without_its_name_is_told_and_not_shown() -> None:
    values, warnings = read_env_file(env_file(b"sk-canary0123456789\nB=2\n"))
    assert values == {"B": "2"}
    assert warnings == [".env: sk-… has no =; write NAME=value"]
