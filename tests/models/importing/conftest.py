"""Real files for imports."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data():
    """The real data sets beside the project; tests that need them say so and pass by without."""
    root = Path(__file__).resolve().parents[3]
    folder = root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data with real data sets is not here")
    return folder
