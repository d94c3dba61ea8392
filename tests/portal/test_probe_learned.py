"""`khocong probe --archive DIR`: a page as a crawl reads it now, with what the archive has learned."""

import json

from archive.store import Store
from crawler.cli import main
from tests.portal.crawling import crawl
from tests.portal.replay import Replay
from tests.portal.taught import page, taught_site, written


def test_probe_shows_what_recurs_while_another_writes(tmp_path, capsys):
    archive = tmp_path / "archive"
    with Replay(taught_site(16)) as replay:
        assert crawl(replay.origin + "/", archive).returncode == 0
        url = replay.origin + written(3).path
    saved = tmp_path / "page.html"
    saved.write_text(page(3, 16), encoding="utf-8")
    words = ["probe", str(saved), "--url", url, "--json"]
    with Store(archive):
        assert main([*words, "--archive", str(archive)]) == 0
    learned = json.loads(capsys.readouterr().out)
    assert learned["chrome_pages"] >= 10
    cut = {line["text"]: line["why"] for line in learned["lines"] if line["fate"] == "cut"}
    assert cut["Thời tiết hôm nay"] == "recurs on 100% of pages"
    kept = [line["text"] for line in learned["lines"] if line["fate"] == "kept"]
    assert set(written(3).lines) <= set(kept)
    assert learned["article"]["title"] == written(3).title

    assert main([*words, "--archive", str(archive / "khong-co")]) != 0
    assert "no archive" in capsys.readouterr().err
    assert main(["probe", str(saved), "--url", url, "--archive", str(archive)]) == 0
    assert "chrome    learned from" in capsys.readouterr().out
