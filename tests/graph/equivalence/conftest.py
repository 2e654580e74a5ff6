"""What graphql-core leaves behind when it cancels what a failed field needs: swept after each test.

Coroutines that were not begun are collected with a warning, wherever the collector happens to run,
even where Python cannot warn. So it runs here, and what it says is not held against a test.
"""

import gc
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
NOT_AWAITED = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine .* was never awaited"
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(NOT_AWAITED)


@pytest.fixture(autouse=True)
def swept_after():
    yield
    gc.collect()
