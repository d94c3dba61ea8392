"""Runs a real crawl as `khocong crawl` does, with the waits that a test cannot wait for made short.

python -m tests.faults.quickly ARCHIVE '{"words": […], …}' — see `main` for what may be asked.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.portal.crawling import ROOT, environment


@dataclass(frozen=True)
class Ended:
    """How a crawl went: its log, how long it took, and the most memory that one of its processes held."""

    took_s: float
    peak_mb: float
    log: str


def quickly(
    words: list[str],
    archive: Path,
    *,
    timeout_s: float = 60,
    env: dict[str, str] | None = None,
    **how: Any,
) -> Ended:
    """Crawl to the end. Whatever happens, no traceback may be shown or logged."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.quickly", str(archive), json.dumps({"words": words, **how})],
        cwd=ROOT, env={**environment(archive), **(env or {})}, capture_output=True, text=True,
        timeout=timeout_s, check=False,
    )  # fmt: skip
    log = "".join(path.read_text() for path in sorted((archive / "logs").glob("*.log")))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr + log, (done.stderr + log)[-5000:]
    result = json.loads(done.stdout.splitlines()[-1])
    return Ended(time.monotonic() - begun, result["peak_mb"], log)


def main(archive: Path, how: dict[str, Any]) -> None:
    """Crawl `words` with `answer_s` for an answer and a first pause of `pause_s`.

    `private` opens the named loopback hosts (--allow-private), `delay` and `images` are as for the command,
    `groups` has loopback form an address group, `stop_after_s` ends the crawl by SIGTERM.
    `hosts` are further hosts of every portal, `names` makes host names resolve to lists of addresses, one
    list for each time they are looked up, `ports` says which port stands for which, http for https.
    """
    from crawler import run, settings
    from crawler.session import Session

    settings.DOWNLOAD_TIMEOUT = how.get("answer_s", 2)  # type: ignore[misc]  # final only to mypy
    begin = Session.__init__

    def begin_quickly(
        self: Any, store: Any, writer: Any, portal: Any, seeds: Any, options: Any, *rest: Any
    ) -> None:
        changed = {key: how[key] for key in ("insecure_tls", "images", "quiet_hours") if key in how}
        options = replace(options, first_pause_s=how.get("pause_s", 0.05), **changed)
        portal = replace(portal, hosts=(*portal.hosts, *how.get("hosts", ())))
        begin(self, store, writer, portal, seeds, options, *rest)

    Session.__init__ = begin_quickly  # type: ignore[method-assign]  # a test's own way in
    if "ports" in how:
        from crawler.schemes import Schemes

        Schemes.ports.update({int(one): other for one, other in how["ports"].items()})
    if how.get("groups"):
        from crawler.groups import AddressGroups

        AddressGroups.with_private = True
    if "stop_after_s" in how:
        threading.Timer(how["stop_after_s"], os.kill, (os.getpid(), signal.SIGTERM)).start()
    if "names" in how:
        _resolve_as(how["names"])
    given = {"delay": how.get("delay", 0), "allow_private": how.get("private", True),
             "max_requests": how.get("max_requests")}  # fmt: skip
    run.crawl(how["words"], archive, given)
    used = max(_own_peak_kb(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    print(json.dumps({"peak_mb": used / 1024}))


def _own_peak_kb() -> int:
    """Return the most memory this program has held; ru_maxrss also counts what its starter held before it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _resolve_as(names: dict[str, list[list[str]]]) -> None:
    """Make the reactor's own resolver, below our check, answer from a list: what a name server may do."""
    from twisted.internet.address import IPv4Address, IPv6Address

    from crawler.connecting import CheckedResolver

    class Told:
        def __init__(self, real: Any) -> None:
            self.real = real

        def resolveHostName(self, receiver: Any, host: str, port: int = 0, *rest: Any) -> Any:
            if host not in names:
                return self.real.resolveHostName(receiver, host, port, *rest)
            turns = names[host]
            addresses = turns.pop(0) if len(turns) > 1 else turns[0]
            receiver.resolutionBegan(receiver)
            for address in addresses:
                made = IPv6Address if ":" in address else IPv4Address
                receiver.addressResolved(made("TCP", address, port))
            receiver.resolutionComplete()
            return receiver

    before = CheckedResolver.__init__

    def init(self: Any, reactor: Any) -> None:
        before(self, reactor)
        self._resolver = Told(self._resolver)

    CheckedResolver.__init__ = init


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)
