"""prompt.txt: what a model is asked for a caption. Built in at first, the user's from the moment they change it."""

import hashlib
from pathlib import Path

from dset import files
from dset.captions import prompts
from dset.captions.rules import Rules
from dset.errors import UsageError
from dset.settings import Settings


def read(path: Path, rules: Rules, settings: Settings) -> str:
    """The prompt: --prompt where it is given, else the file, which is made where it is missing.

    A file that nobody has changed follows the command (--word-count). Raises UsageError, OSError.
    """
    if "prompt" in settings.given:
        return settings.prompt
    built_in = _built_in(rules)
    mark = path.with_name(f".{path.name}.ours")
    if not path.exists() or (
        mark.exists() and mark.read_text("ascii", "replace") == _digest(path.read_bytes())
    ):
        _write(path, mark, built_in)
    return _text(path)


def standing(path: Path, rules: Rules, settings: Settings) -> str:
    """The prompt as `read` would give it, but that nothing is written. Raises UsageError, OSError."""
    if "prompt" in settings.given:
        return settings.prompt
    return _text(path) if path.exists() else _built_in(rules)


def _built_in(rules: Rules) -> str:
    return prompts.captioning(rules.trigger, rules.words, rules.lang)


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is not UTF-8 text; save it as that, or delete it: it is made anew"
        ) from None
    if not text.strip():
        raise UsageError(f"{path} is empty; write what to ask for a picture, or delete it: it is made anew")
    return text


def _write(path: Path, mark: Path, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    if not path.exists() or path.read_bytes() != data:
        files.replace(path, [data])
    files.replace(
        mark, [_digest(data).encode("ascii")]
    )  # after the file: a kill between them makes it the user's


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
