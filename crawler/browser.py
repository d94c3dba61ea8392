"""The browser that a portal of JavaScript needs: found on this machine, started without a way to the network.

Nothing is downloaded: Chromium comes with the system, the driver with the optional extra `khocong[browser]`.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archive.errors import KhoCongError

# Names another program than the first one found in PATH.
SETTING = "KHOCONG_CHROMIUM"
# What the scripts of a page may take, without the time we make them wait for their turn.
TIME_SETTING, _PAGE_TIME_S = "KHOCONG_PAGE_TIME", 30.0
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
_HANDLER = "crawler.rendering.BrowserHandler"
# Every request of a page is answered by us (crawler.rendering); what would go around that finds no way out.
_FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-quic",
    "--disable-gpu",
    "--dns-prefetch-disable",
    "--no-pings",
    "--no-first-run",
    "--mute-audio",
    "--renderer-process-limit=2",
    # Docker gives 64 MB of shared memory, and Chromium dies of it.
    "--disable-dev-shm-usage",
    # A page that takes more heap than this is ended; the largest front page seen takes some 60 MB.
    "--js-flags=--max-old-space-size=512",
)
# Port 9 is "discard": nothing answers there.
_NO_PROXY = "http://127.0.0.1:9"


def find_chromium() -> Path | None:
    """Return the Chromium to use: the one KHOCONG_CHROMIUM names, else the first in PATH; or None."""
    named = os.environ.get(SETTING)
    found = [shutil.which(name) for name in ((named,) if named else _NAMES)]
    return next((Path(path) for path in found if path), None)


def page_time_s() -> float:
    """Return how many seconds the scripts of one page may take: 30, or what KHOCONG_PAGE_TIME says."""
    try:
        return min(600.0, max(1.0, float(os.environ.get(TIME_SETTING, _PAGE_TIME_S))))
    except ValueError:
        return _PAGE_TIME_S


def missing() -> str:
    """Return what has to be installed before pages can be rendered, in words; "" when all is there."""
    if find_spec("scrapy_playwright") is None:
        return "the browser driver is missing: pip install 'khocong[browser]'"
    if find_chromium() is None:
        named = os.environ.get(SETTING)
        where = (
            f"{SETTING} names {named!r}, which is no program" if named else "no Chromium was found in PATH"
        )
        return f"{where}: install it (Debian, Ubuntu: apt install chromium) or name it in {SETTING}"
    return ""


def check(portal: str, *, wanted: bool = True) -> None:
    """Raise KhoCongError, which says what to install, where *portal* cannot be rendered on this machine."""
    if wanted and (why := missing()):
        raise KhoCongError(f"{portal} needs a browser to be read, and {why}")


def scrapy_settings() -> dict[str, Any]:
    """Return the settings of a crawl that renders pages; `check` has said that it can."""
    return {
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("file", "data", "ftp", "s3")),
            "http": _HANDLER,
            "https": _HANDLER,
        },
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": str(find_chromium()),
            "headless": True,
            # Chromium's sandbox does not work for root, and only for root it is given up.
            "chromium_sandbox": os.geteuid() != 0,
            "proxy": {"server": _NO_PROXY},
            "args": list(_FLAGS),
            "timeout": 30_000,
            # Ctrl-C is the crawl's: it lets the page end first.
            "handle_sigint": False,
            "handle_sigterm": False,
            "handle_sighup": False,
        },
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 1,
    }  # fmt: skip
