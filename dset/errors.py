"""One base exception that carries an exit status, and its few kinds.

Every message is one line for the person at the keyboard: what is wrong, where, and what to do.
"""


class DsetError(Exception):
    """Something a user can cause or cure. `exit_status` is what the script ends with."""

    exit_status = 2


class UsageError(DsetError):
    """A flag, a verb or a setting that cannot be taken."""


class QuestionsError(DsetError):
    """q.csv cannot be read rightly; the message names the place."""


class JournalError(DsetError):
    """output.json is damaged in a place that must not be repaired by dropping answers."""


class AlreadyRunningError(DsetError):
    """Another run holds the lock."""


class StorageError(DsetError):
    """The disk refused a write. What was paid for is safe or named in the message."""

    exit_status = 1
