"""The written archive behind Datasette's own test client."""

import pytest
import written_archive
from reader import Browser


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    return Browser(written_archive.make(tmp_path_factory.mktemp("web") / "archive"))
