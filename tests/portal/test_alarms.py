"""Portals die, fall ill and recover on loopback: each is told once, within one crawl, and by mail."""

import json
from pathlib import Path

import pytest

from tests.portal.ageing import age
from tests.portal.crawling import crawl, query
from tests.portal.redesigned import old_site, path_of, put_front
from tests.portal.replay import Answer, Replay
from tests.unit.drift.sinks import smtp, webhook

COUNT = 14
MAINTENANCE = (
    "<html><head><title>Bảo trì hệ thống</title></head><body><h1>Bảo trì hệ thống</h1>"
    "<p>Trang thông tin đang bảo trì, mời bà con quay lại sau.</p></body></html>"
)
PARKED = (
    "<html><head><title>Domain for sale</title></head><body><p>This domain is for sale.</p></body></html>"
)
BANNER = "<p>Từ ngày 01/7, Trang thông tin điện tử xã Tân Lộc ngừng hoạt động.</p>"


def run(replay, archive):
    return json.loads(crawl(replay.origin + "/", archive, "--json").stdout)


def kinds(summary):
    return [one["kind"] for one in summary["alarms"]]


def everywhere(answer):
    return lambda _target, _number: answer


def page(body: str) -> Answer:
    return Answer(body=body.encode())


def front_only(answer):
    return lambda target, _number: answer if target == "/" else None


def gone(target, _number):
    return (
        Answer(404, body=b"<html><body>404 Not Found</body></html>") if target.startswith("/tin/") else None
    )


FAULTS = {
    "maintenance": (front_only(page(MAINTENANCE)), "maintenance"),
    "parked": (everywhere(page(PARKED)), "parked"),
    "moved": (
        front_only(Answer(301, (("Location", "https://moi.gov.example/"), ("Content-Type", "text/html")))),
        "moved",
    ),
    "sent on by script": (
        front_only(page("<html><script>location.href = 'https://moi.gov.example/'</script></html>")),
        "moved",
    ),
    "closing": (None, "closing"),
    "gone": (gone, "not_found"),
}


@pytest.mark.parametrize(("fault", "kind"), FAULTS.values(), ids=FAULTS)
def test_what_befalls_a_portal_is_told_once_and_its_recovery_too(tmp_path: Path, fault, kind) -> None:
    archive = tmp_path / "archive"
    with Replay(old_site(COUNT)) as replay:
        assert kinds(run(replay, archive)) == []
        age(archive, 2)
        assert kinds(run(replay, archive)) == []
        age(archive, 8)
        replay.site.fault = fault
        if kind == "closing":
            put_front(replay.site, range(COUNT), BANNER)
        first = run(replay, archive)
        assert kinds(first) == [kind], first
        age(archive, 2)
        again = run(replay, archive)
        assert (kinds(again), again["recovered"]) == ([], [])
        replay.site.fault = None
        age(archive, 40)
        back = run(replay, archive)
        assert kinds(back) == []
        assert back["recovered"] == ([] if kind == "closing" else [kind])


def test_a_portal_that_is_off_is_told_by_mail_and_webhook_once(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with smtp() as box, webhook() as hook:
        with Replay(old_site(COUNT)) as replay:
            run(replay, archive)
            port = int(replay.origin.rpartition(":")[2])
        (archive / "alerts.yml").write_text(
            "channels:\n"
            f"  thu:\n    email: {{host: 127.0.0.1, port: {box.port}, security: none, from: kho@example.vn,"
            " to: truc@example.vn}\n"
            f"  moc:\n    webhook: {{url: '{hook.url}', allow_private: true}}\n",
            encoding="utf-8",
        )
        age(archive, 2)
        off = run(replay, archive)
        assert kinds(off) == ["down"]
        run(replay, archive)
        with Replay(old_site(COUNT), port=port) as replay:
            age(archive, 2)
            back = run(replay, archive)
            assert back["recovered"] == ["down"]
        assert [post[3]["event"] for post in hook.posts] == ["raised", "recovered"]
        assert len(box.mails) == 2
        assert "không truy cập được" in box.mails[0]["Subject"]
    assert query(archive, "SELECT DISTINCT state FROM alert_messages") == [("sent",)]


def test_a_broken_configuration_costs_no_crawl(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "alerts.yml").write_text("channels: {a: {post: 1}}\n", encoding="utf-8")
    with Replay(old_site(3)) as replay:
        done = crawl(replay.origin + "/", archive, "--json")
        assert json.loads(done.stdout)["articles"]["new"] == 3
    assert path_of(0) in query(archive, "SELECT url FROM articles ORDER BY url")[0][0]
