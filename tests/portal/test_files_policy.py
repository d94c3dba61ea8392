"""Which files beside pages are fetched: as the user says, else the portal's file, else attachments alone."""

from tests.portal.crawling import crawl, query
from tests.portal.replay import Replay
from tests.portal.sites import article, small_site

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def site():
    made = small_site(3)
    extra = '<p><a href="/tep/ke-hoach.pdf">Kế hoạch</a></p><p><img src="/anh/hop-dan.png" alt="Họp dân"></p>'
    made.put("/tin/bai-1.html", article(1, extra))
    made.put("/tep/ke-hoach.pdf", PDF, mime="application/pdf")
    made.put("/anh/hop-dan.png", PNG, mime="image/png")
    return made


def ends(archive):
    rows = query(archive, "SELECT kind, state, reason FROM urls WHERE kind IN ('attachment', 'image')")
    return {kind: (state, reason) for kind, state, reason in rows}


def test_attachments_come_and_images_wait_until_asked_for(tmp_path):
    archive = tmp_path / "kho"
    with Replay(site()) as replay:
        assert crawl(replay.origin + "/", archive).returncode == 0
        assert ends(archive) == {
            "attachment": ("done", ""),
            "image": ("excluded", "images not asked for"),
        }
        assert crawl(replay.origin + "/", archive, "--images").returncode == 0
        assert ends(archive)["image"] == ("done", "")
        asked = [entry.path for entry in replay.site.log]
        assert asked.count("/anh/hop-dan.png") == asked.count("/tep/ke-hoach.pdf") == 1


def test_no_attachments_leaves_them_for_a_run_that_wants_them(tmp_path):
    archive = tmp_path / "kho"
    with Replay(site()) as replay:
        assert crawl(replay.origin + "/", archive, "--no-attachments").returncode == 0
        assert ends(archive)["attachment"] == ("excluded", "attachments not asked for")
        assert "/tep/ke-hoach.pdf" not in {entry.path for entry in replay.site.log}
        assert crawl(replay.origin + "/", archive).returncode == 0
        assert ends(archive)["attachment"] == ("done", "")


def test_the_portals_own_file_says_it(tmp_path, monkeypatch):
    archive, folder = tmp_path / "kho", tmp_path / "cong"
    folder.mkdir()
    with Replay(site()) as replay:
        host = replay.origin.removeprefix("http://")
        (folder / "xa-tan-loc.yml").write_text(
            f"name: Trang tin xã Tân Lộc\nhosts: ['{host}']\nseeds: ['{replay.origin}/']\nimages: true\n"
            "attachments: false\nevidence: {kind: seen, noted_on: 2026-11-23, what: a test}\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("KHOCONG_PORTALS", str(folder))
        done = crawl("xa-tan-loc", archive)
        assert done.returncode == 0, done.stderr
        assert ends(archive) == {
            "attachment": ("excluded", "attachments not asked for"),
            "image": ("done", ""),
        }
