"""`khocong probe`: every step shown, for files and for URLs, and one clear line for what is no page."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.commands.common import run
from crawler.cli import cli
from tests.portal.replay import Replay
from tests.portal.sites import small_site

ROOT = Path(__file__).resolve().parents[2]
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Xã Bình Phú</title>
<link rel="canonical" href="https://binhphu.gov.example/tin/hop-dan.html"></head><body>
<div class="menu"><a href="/">Trang chủ</a> <a href="/lien-he">Liên hệ</a></div>
<div class="tin"><h1>Xã Bình Phú họp dân bàn việc nạo vét kênh Ba Xã</h1>
<span>Thứ hai, 04/03/2024 15:30</span>
<p>Sáng nay, Ủy ban nhân dân xã họp với bà con bốn ấp ven kênh &lt;Ba Xã&gt; 
để bàn kế hoạch nạo vét trước mùa mưa.</p>
<p>Theo Kế hoạch số 15/KH-UBND ngày 20/02/2024, việc nạo vét xong trong tháng tư,
dân góp công và xã lo máy đào.</p>
<p>Bà con đề nghị đắp lại bờ bao phía nam, nơi năm ngoái nước tràn vào ruộng hai lần trong một tuần.</p>
<p><script>alert(1)</script>Chủ tịch xã hứa trả lời từng ý kiến tại cuộc họp sau,
và niêm yết kết quả ở nhà văn hóa ấp.</p>
<p><a href="/van-ban/ke-hoach-15.pdf">Kế hoạch 15</a></p></div></body></html>"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "trang.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def probed(capsys, *arguments):
    code = run(cli, "khocong", ["probe", *map(str, arguments)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_file_is_shown_step_by_step(page, capsys):
    code, out, err = probed(capsys, page)
    assert code == 0, err
    assert "https://binhphu.gov.example/tin/hop-dan.html" in out, "its URL is what it calls itself"
    for words in ("utf-8", "generic", "article", "15/KH-UBND", "2024-03-04", "nạo vét trước mùa mưa"):
        assert words in out
    for step in ("decode", "parse", "recognise", "extract", "links"):
        assert f"\n{step}\t" in out


def test_json_has_every_line_with_its_fate(page, capsys):
    code, out, _ = probed(capsys, page, "--url", "https://khac.gov.example/bai.html", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["url"] == "https://khac.gov.example/bai.html"
    assert data["article"]["published_at"].startswith("2024-03-04")
    fates = {line["text"]: line["fate"] for line in data["lines"]}
    assert [fate for text, fate in fates.items() if text.startswith("Bà con đề nghị")] == ["kept"]
    assert all(fate != "kept" for text, fate in fates.items() if "Liên hệ" in text)
    assert set(data["timings_ms"]) == {"decode", "parse", "recognise", "extract", "links"}
    assert sum(row["count"] for row in data["links"]) >= 2


def test_the_coloured_page_is_ours_and_escaped(page, tmp_path, capsys):
    out = tmp_path / "ra.html"
    code, _, err = probed(capsys, page, "--html", out)
    written = out.read_text(encoding="utf-8")
    assert code == 0
    assert str(out) in err
    assert 'class="kept"' in written
    assert "&lt;Ba Xã&gt;" in written
    assert "<script" not in written
    assert "alert" not in written


@pytest.mark.parametrize("what", ["missing.html", "ftp://example.gov.vn/", "--url"])
def test_mistakes_are_one_line(page, tmp_path, capsys, what):
    given = [page, "--url", "khong-phai"] if what == "--url" else [what]
    code, out, err = probed(capsys, *given)
    assert code == (1 if what == "missing.html" else 2)
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_what_is_not_html_is_told(tmp_path, capsys):
    path = tmp_path / "so.bin"
    path.write_bytes(b"%PDF-1.4 \x00\x01")
    code, _, err = probed(capsys, path)
    assert code == 1
    assert "not HTML" in err


def fetched(url, tmp_path, *arguments):
    # The reactor starts once a process: a fetch is a process of its own.
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", "probe", url, *arguments], cwd=ROOT, capture_output=True,
        text=True, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}, timeout=60,
        check=False,
    )  # fmt: skip


def test_a_url_is_fetched_as_a_crawl_would(tmp_path):
    with Replay(small_site()) as replay:
        url = f"{replay.origin}/tin/bai-2.html"
        done = fetched(url, tmp_path, "--allow-private", "--json")
        refused = fetched(url, tmp_path)
        paths = replay.site.paths()
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert (data["url"], data["kind"]) == (url, "article")
    assert paths.count("/tin/bai-2.html") == 1, "once, and not at all without --allow-private"
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1
    gone = fetched(url, tmp_path, "--allow-private")
    assert gone.returncode == 1
    assert len(gone.stderr.strip().splitlines()) == 1
