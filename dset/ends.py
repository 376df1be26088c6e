"""The ends of JSON Lines files: a crash tears them, a start makes them whole again."""

from pathlib import Path

from dset import answers, files

_BLOCK = 1 << 20  # bytes read at once, from the end backwards


def recover(path: Path) -> int:
    """Make the end of a JSON Lines file whole again; returns the bytes that were cut off.

    A whole last line that lacks only its newline is kept. A torn one, and what a power cut filled with NULs, is
    cut back and kept in `<name>.torn`.
    """
    if not path.exists():
        return 0
    good, tail = _tail(path)
    if not tail:
        return 0
    if _is_whole(tail):
        files.append(path, b"\n")
        return 0
    if not _follows_a_record(path, good):
        return 0  # no journal of ours: it is refused by its first line, and nothing is cut off
    files.append(path.with_name(path.name + ".torn"), tail + b"\n")
    files.cut(path, good)
    return len(tail)


def _follows_a_record(path: Path, end: int) -> bool:
    """The line before byte `end` is a record, or there is none."""
    last = b""
    for line in answers.lines_of(path, end):
        last = line
    try:
        return not last.strip() or bool(answers.parse(last))
    except ValueError:
        return False


def sound_size(path: Path) -> int:
    """The bytes of the file that stand, whatever `recover` would cut off; 0 where there is none."""
    good, tail = _tail(path) if path.exists() else (0, b"")
    return good + (len(tail) if _is_whole(tail) else 0)


def _is_whole(tail: bytes) -> bool:
    """A whole record that lacks only its newline."""
    if not tail or b"\0" in tail or b"\n" in tail:
        return False
    try:
        answers.parse(tail)
    except ValueError:
        return False
    return True


def _tail(path: Path) -> tuple[int, bytes]:
    """(where it begins, the bytes) of the end that is no run of whole lines: torn, or holding NULs."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        start, data = size, b""
        while start > 0:
            step = min(_BLOCK, start)
            start -= step
            stream.seek(start)
            data = stream.read(step) + data
            end = _before_nul(data)
            # The last line that is kept must be seen whole: NULs may stand before the part of it that was read.
            if start == 0 or data.rfind(b"\n", 0, max(0, end - 1)) >= 0:
                return start + end, data[end:]
    return 0, data


def _before_nul(data: bytes) -> int:
    """The end of the last line before the run of lines that reaches the end of `data` and holds NULs."""
    end = data.rfind(b"\n") + 1
    tail_has_nul = b"\0" in data[end:]
    lines = data[:end].split(b"\n")[:-1]
    while lines and (b"\0" in lines[-1]):
        end -= len(lines.pop()) + 1
        tail_has_nul = True
    return end if tail_has_nul else data.rfind(b"\n") + 1
