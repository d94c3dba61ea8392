"""The pages on the newest alpha of Datasette 1.0, installed beside this one: KHOCONG_LONG_TESTS=1 asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.skipif(
    not os.environ.get("KHOCONG_LONG_TESTS"),
    reason="installs from the package registry; KHOCONG_LONG_TESTS=1",
)
@pytest.mark.timeout(600)
def test_the_pages_hold_on_the_newest_alpha(tmp_path):
    target = tmp_path / "alpha"
    words = ["pip", "install", "--quiet", "--target", str(target), "datasette>=1.0a0,<2"]
    installed = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"no alpha to install: {installed.stderr.strip()[-200:]}")
    path = os.pathsep.join(str(one) for one in (target, ROOT, ROOT / "tests"))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    told = subprocess.run(
        [sys.executable, "-c", "import datasette; print(datasette.__version__)"],
        env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert told.startswith("1.0a")
    tests = [str(HERE / name) for name in ("test_pages.py", "test_keeping.py")]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"Datasette {told}: {ran.stdout[-3000:]}"
