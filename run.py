#!/usr/bin/env python3
"""Set up and run Kho Cổng with nothing but Python: `python3 run.py demo`, `python3 run.py test`.

Makes `.venv` beside this file from the lock file (exact versions, checked hashes), then runs `khocong`
with the words that follow. `test` adds the tools of `requirements-dev.lock` and runs every check the
project has; words after it go to pytest (`test --coverage` says what share of the code they reach).
`sbom FILE` writes a bill of materials (CycloneDX) of what is installed to run. Later runs start at once:
the set-up is redone only when a lock file or pyproject.toml has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
)


def main(words):
    """Set up what is needed, run it, and return its exit code."""
    if sys.version_info < OLDEST:
        return with_newer_python(words)
    if not words or words[0] in ("-h", "--help"):
        print(__doc__.strip())
        print("\nUsage: python3 run.py test [PYTEST ARGUMENTS] | python3 run.py COMMAND … (see: run.py help)")
        return 0 if words else 2
    try:
        set_up("test" if words[0] in ("test", "sbom") else "run")
    except subprocess.CalledProcessError as error:
        said = " ".join(str(part) for part in error.cmd)
        print(f"{error.output or ''}\nrun.py: set-up failed at: {said}\n  run the same again to go on")
        return 1
    if words[0] == "test":
        install_browser()
        return test(words[1:])
    if words[0] == "sbom":
        return sbom(words[1:])
    # So that what the demo prints can be typed as it stands.
    os.environ["KHOCONG_TYPED_AS"] = "python3 run.py"
    return command("crawler.cli", *(["--help"] if words == ["help"] else words))


def with_newer_python(words):
    """Start again under a newer Python of this machine, if there is one."""
    for minor in range(OLDEST[1], OLDEST[1] + 5):
        path = shutil.which(f"python3.{minor}")
        if path and not silent(path, "-c", ""):
            return subprocess.call([path, str(ROOT / "run.py"), *words])
    print(f"run.py: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}")
    return 1


def set_up(kind):
    """Make `.venv` hold exactly what the lock file of *kind* says, and the project itself."""
    stamp = VENV / f"khocong-{kind}.stamp"
    wanted = digest(LOCKS[kind], "pyproject.toml")
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"run.py: setting up {VENV} from {LOCKS[kind]} (half a minute, once)", file=sys.stderr)
    for old in VENV.glob("khocong-*.stamp"):
        old.unlink()
    pip = make_venv()
    pip("install", "--require-hashes", "-r", str(ROOT / LOCKS[kind]))
    # The lock holds setuptools too: nothing is built with what happens to be newest today.
    pip("install", "--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT))
    # Last, so that a set-up that was cut short is done again.
    for name in {kind, "run"}:
        (VENV / f"khocong-{name}.stamp").write_text(digest(LOCKS[name], "pyproject.toml"))


def make_venv():
    """Make the virtual environment if there is none; return a function that runs pip in it."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    if not PYTHON.exists() or silent(str(PYTHON), "-c", ""):
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, check=False
        )
        if made.returncode:
            # Debian and Ubuntu leave ensurepip to a package of its own: the pip that is here serves too.
            subprocess.check_call([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
    has_pip = not silent(str(PYTHON), "-m", "pip", "--version")
    start = [str(PYTHON), "-m", "pip"] if has_pip else [sys.executable, "-m", "pip", "--python", str(PYTHON)]

    def pip(verb, *rest):
        # Its remarks (an extra of lxml that pip 23.2 does not know, a hint about editable installs)
        # are shown only when something has failed.
        subprocess.run(
            [*start, verb, *quiet, *rest],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=True,
        )

    return pip


def install_browser():
    """Have Debian install Chromium for the tests of portals of JavaScript; without it they are skipped.

    Only as root on Debian itself (Ubuntu's package is a snap), tried once a set-up, and never fatal.
    """
    tried = VENV / "khocong-browser.stamp"
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    if tried.exists() or os.environ.get("KHOCONG_CHROMIUM") or any(shutil.which(name) for name in names):
        return
    tried.write_text("")
    release = Path("/etc/os-release")
    if (
        not release.exists()
        or "\nID=debian\n" not in f"\n{release.read_text()}"
        or os.geteuid()
        or not shutil.which("apt-get")
    ):
        return
    print(
        "run.py: installing Chromium for the browser tests (once; without it they are skipped)",
        file=sys.stderr,
    )
    apt = ["apt-get", "-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["install", "-y", "--no-install-recommends", "chromium"]
    # What is on its way may be cut off; what is being unpacked may not.
    for words, seconds in ((["update"], 60), ([*install, "--download-only"], 240), (install, None)):
        try:
            done = subprocess.run([*apt, *words], env=environment, timeout=seconds, check=False, **quiet)
        except subprocess.TimeoutExpired:
            break
        if done.returncode and words != ["update"]:
            break
    if not shutil.which("chromium"):
        print("run.py: Chromium could not be installed; the browser tests will be skipped", file=sys.stderr)


def silent(*words):
    """Run a program without showing what it says; return its exit code."""
    return subprocess.call(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def digest(*names):
    """Return what says whether these files, this Python and this folder are those of the last set-up."""
    joined = b"\0".join([(ROOT / name).read_bytes() for name in names])
    return hashlib.sha256(joined + f"{sys.version_info[:2]} {ROOT}".encode()).hexdigest()


def command(module, *words):
    """Run a module of the project and return its exit code; Ctrl-C is the module's to answer."""
    process = subprocess.Popen([str(PYTHON), "-m", module, *words])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def sbom(words):
    """Write the bill of materials of the locked packages, with their hashes, to the file that is named."""
    target = words[0] if words else "khocong.cdx.json"
    # Reproducible: without the time and the random number that CycloneDX otherwise puts in.
    options = ("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--of", "JSON")
    return command("cyclonedx_py", "requirements", str(ROOT / LOCKS["run"]), *options, "-o", target)


def test(words):
    """Run every check and then pytest, whose closing line comes last; return 1 if anything failed."""
    os.chdir(ROOT)
    failed = []
    for name, rest in CHECKS:
        print(f"run.py: {name}", file=sys.stderr)
        if command(*rest):
            failed.append(name)
    print("run.py: pytest", file=sys.stderr)
    # Two files at a time, on two cores: half of the tests wait for servers and for processes they started.
    two = ("-n", "2", "--dist", "loadfile")
    if words[:1] == ["--coverage"]:
        return covered(words[1:] or two) or bool(failed)
    code = command("pytest", *(words or two))
    if failed:
        print(f"run.py: failed before pytest: {', '.join(failed)}", file=sys.stderr)
    return 1 if code or failed else 0


def covered(words):
    """Run pytest, and print what share of the branches of each file was taken; 1 where all are too few."""
    command("coverage", "erase")
    code = command("coverage", "run", "-m", "pytest", *words)
    command("coverage", "combine", "--quiet")
    return command("coverage", "report", "--skip-covered", "--sort=cover") or code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
