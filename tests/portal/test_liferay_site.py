"""The real pages of a Liferay portal, served as it did: every address goes on for ever with /en and /vi.

In the public mirror of that portal 33 articles became 11,305 files, and one login page 1,278.
"""

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from tests.portal.crawling import crawl, query, states
from tests.portal.replay import Answer, Replay, Site

_MIRRORED = re.compile(r"Mirrored from ([^ ]+)")
_HREF = re.compile(r'(href|src|action)="([^"#]+)"')
_TAILS = re.compile(r"(?:/(?:en|vi))+$")
_ARTICLE = re.compile(r"/view_content/(\d+)-")


def liferay(folder: Path) -> Site:
    """Return the site: each page under its own address, with any number of locales behind it."""
    pages: dict[str, str] = {}
    for file in sorted(folder.rglob("*.html")):
        text = file.read_text(encoding="utf-8-sig")
        address = urlsplit("http://" + _MIRRORED.search(text)[1])
        target = _TAILS.sub("", address.path) + (f"?{address.query}" if address.query else "")
        pages.setdefault(target, _HREF.sub(partial(_original, url=address.geturl()), text))
    links = "".join(f'<li><a href="{target}/en">Tin tại {target}</a></li>' for target in pages)
    # The mirror's own front page is not among the files; the site map has the same furniture.
    pages["/"] = pages["/so-do-website"].replace("</body>", f"<ul>{links}</ul></body>")
    site = Site()
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")

    def answer(target: str, _number: int) -> Answer | None:
        base = _TAILS.sub("", target) or "/"
        if base not in pages:
            return None
        path = target.rstrip("/")
        switch = "".join(f'<a href="{path}/{locale}">{locale}</a>' for locale in ("en", "vi"))
        return Answer(body=pages[base].replace("</body>", switch + "</body>").encode())

    site.fault = answer
    return site


def _original(found: re.Match[str], url: str) -> str:
    """Undo what the mirroring tool did to a link: the ending it gave to addresses that had none."""
    name, value = found.groups()
    if value.startswith(("http:", "https:", "javascript:", "mailto:")):
        return found[0]
    if value.endswith(".html") and not re.search(r"/?\d+-[^/]*\.html$", value):
        value = value.removesuffix(".html")
    return f'{name}="{urlsplit(urljoin(url, value)).path}"'


@pytest.mark.timeout(180)
def test_an_endless_portal_ends_and_each_article_is_there_once(shared_dir: Path, tmp_path: Path) -> None:
    folder = shared_dir / "pages" / "liferay-sotttt-hanoi"
    if not folder.is_dir():
        pytest.skip(f"no shared pages: {folder} is missing")
    archive = tmp_path / "archive"
    with Replay(liferay(folder)) as replay:
        done = crawl(replay.origin + "/", archive, "--json", timeout_s=170)
        assert done.returncode == 0, done.stderr
        log = list(replay.site.log)
        home = replay.site.fault("/", 0).body.decode()
    wanted = set(_ARTICLE.findall(home))
    assert len(wanted) == 9

    asked = Counter(found[1] for entry in log if (found := _ARTICLE.search(entry.target)))
    assert {number: asked[number] for number in wanted} == dict.fromkeys(wanted, 1)
    archived = Counter(
        found[1] for (url,) in query(archive, "SELECT url FROM articles") if (found := _ARTICLE.search(url))
    )
    assert archived == dict.fromkeys(wanted, 1)
    assert json.loads(done.stdout)["reason"] == "finished"
    assert set(states(archive)) <= {"done", "excluded", "gone", "failed"}
    assert max(Counter(entry.target for entry in log).values()) == 1
    in_traps = [entry.target for entry in log if _TAILS.search(entry.target) or "p_p_id=58" in entry.target]
    assert len(in_traps) <= 0.01 * len(log), in_traps
