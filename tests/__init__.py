"""The tests; assertions in what they share say what they saw, too."""

import pytest

pytest.register_assert_rewrite("tests.crashes")
