"""Whatever ends the program becomes one line and an exit status."""

import pytest

from dset.errors import (
    AlreadyRunningError,
    DsetError,
    JournalError,
    QuestionsError,
    StorageError,
    UsageError,
    explain,
    is_ours,
)


@pytest.mark.parametrize("kind", [UsageError, QuestionsError, JournalError, AlreadyRunningError])
def test_what_must_be_mended_first_exits_2_with_its_own_line(kind: type[DsetError]) -> None:
    assert explain(kind("mend this")) == ("mend this", 2)


def test_a_disk_that_refuses_exits_1() -> None:
    assert explain(StorageError("full")) == ("full", 1)


@pytest.mark.parametrize(
    ("error", "part", "status"),
    [
        (KeyboardInterrupt(), "interrupted", 130),
        (ImportError("no", name="openai"), "openai", 2),
        (ImportError("no", name="jsonschema_rs"), '[tasks,export]"', 2),
        (ImportError("no", name="pyarrow"), '[tasks,export]"', 2),
        (PermissionError(13, "Permission denied", "q.csv"), "q.csv: Permission denied", 2),
        (ZeroDivisionError("x"), "ZeroDivisionError", 1),
    ],
)
def test_any_other_exception_becomes_one_line(error: BaseException, part: str, status: int) -> None:
    line, exit_status = explain(error)
    assert part in line
    assert "\n" not in line
    assert exit_status == status


def test_only_what_no_user_can_cause_goes_into_the_log_as_a_traceback() -> None:
    assert is_ours(ZeroDivisionError())
    assert not is_ours(OSError(28, "No space left on device"))
    assert not is_ours(UsageError("x"))
