"""The promise itself: a user, a service and a disk do what they like, and after every step it must hold.

No answer that arrived is lost, no answered question is paid for again, and the files the user wrote stay theirs.
"""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from dset.rehearsal.server import Server
from tests.promise.machine import Promise
from tests.promise.service import Service

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, mode bits and signals as on POSIX")

_PROFILE = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    # PROMISE_SHRINK=0 shows the first failure as it came.
    phases=[Phase.generate, Phase.shrink][: 2 - (os.environ.get("PROMISE_SHRINK") == "0")],
    max_examples=9,
    stateful_step_count=25,
)


def _play(root: Path, profile: settings) -> None:
    service = Service()
    with Server(service.script, keep_bodies=False) as server:
        machine: Any = lambda: Promise(service, server.base_url, root)  # noqa: E731
        run_state_machine_as_test(machine, settings=profile)


def test_the_promise_holds_whatever_the_user_the_service_and_the_disk_do(tmp_path: Path) -> None:
    _play(tmp_path, settings(_PROFILE, derandomize=True))


@pytest.mark.soak
def test_the_promise_holds_for_long(tmp_path: Path) -> None:
    """PROMISE_EXAMPLES=20000 for a night."""
    examples = int(os.environ.get("PROMISE_EXAMPLES", "1000"))
    _play(tmp_path, settings(_PROFILE, max_examples=examples, stateful_step_count=40))
