"""Makes and removes what all test processes of a run share."""

import gc
import os
import shutil
import tempfile

import hypothesis
import pytest

from support.stacks import SHARED


def pytest_configure(config: pytest.Config) -> None:
    # Thousands of plans are made and dropped. Python's collector would look at all that lives, again and again.
    gc.set_threshold(100_000, 20, 50)
    # A loaded machine misses any deadline.
    hypothesis.settings.register_profile("suite", deadline=None)
    hypothesis.settings.load_profile("suite")
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp()
        # No test finds what another run kept.
        os.environ["MLPLATFORM_CACHE"] = os.path.join(os.environ[SHARED], "check")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)
