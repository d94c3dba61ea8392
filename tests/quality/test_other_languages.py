"""English news pages: reading Vietnamese portals well must cost nothing elsewhere."""

import gzip
import json

import pytest

from archive.errors import NotAnArticle
from archive.records import Portal
from benchmarks.metric import Score
from crawler.extraction import extract

PORTAL = Portal(key="x", platform="generic")


def test_news_of_other_languages(shared_dir):
    folder = shared_dir / "benchmarks" / "article-extraction-benchmark"
    if not folder.is_dir():
        pytest.skip(f"no benchmark: {folder} is missing")
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    result = Score()
    for name, row in truth.items():
        page = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        try:
            article = extract(page.decode("utf-8", "replace"), row["url"], PORTAL)
            text = "\n".join(filter(None, (article.lead, article.text)))
        except NotAnArticle:
            text = ""
        result.add_body(text, row["articleBody"])
    # The floor is trafilatura's own figure here.
    assert result.f1 >= 0.960
