"""What every test may ask for: the shared data beside the checkout, and nothing from the network."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real captures, pages and benchmarks beside the checkout, read in place."""
    folder = Path(os.environ.get("KHOCONG_SHARED", ROOT.parent / "shared"))
    if not (folder / "captures").is_dir():
        pytest.skip(f"no shared data: {folder / 'captures'} is missing")
    return folder
