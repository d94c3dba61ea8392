"""A certificate is read off the connection, and its end is told before it comes; a renewal recovers."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive.database import open_archive
from archive.drift.certificates import Met, keep
from archive.drift.watching import check
from tests.faults.certificates import Authority
from tests.faults.servers import FaultServer
from tests.portal.crawling import crawl, query


def test_the_end_of_a_certificate_is_told_before_it_comes(tmp_path: Path, monkeypatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    archive = tmp_path / "archive"
    with FaultServer(tls=authority.good()) as server:
        done = json.loads(crawl(server.origin + "/", archive, "--json").stdout)
    assert done["alarms"] == []
    ((host, issuer, not_after, complaint, mark),) = query(
        archive, "SELECT host, issuer, not_after, complaint, fingerprint FROM certificates"
    )
    assert host == server.origin.partition("://")[2]
    assert (issuer, complaint, len(mark)) == ("Gốc thử nghiệm", "", 64)
    end = datetime.fromisoformat(not_after)
    assert timedelta(days=29) < end - datetime.now(UTC) < timedelta(days=31)

    db = open_archive(archive, write=True)
    try:
        assert check(db, end - timedelta(days=15)).raised == ()
        (told,) = check(db, end - timedelta(days=13)).raised
        assert (told.kind, told.severity) == ("tls", "warning")
        assert host in told.summary
        assert check(db, end - timedelta(days=2)).raised == (), "known, and told"
        (severity,) = db.execute("SELECT severity FROM alarms").fetchone()
        assert severity == "critical"
        with db.transaction() as connection:
            (key,) = connection.execute("SELECT portal_key FROM portals").fetchone()
            new = Met(host, "moi", "CA", None, (end + timedelta(days=90)).isoformat())
            keep(connection, key, [new], (end - timedelta(days=1)).isoformat())
        assert [one.kind for one in check(db, end).recovered] == ["tls"]
    finally:
        db.close()


def test_one_that_had_expired_when_it_was_first_met_is_no_news(tmp_path: Path, monkeypatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    archive = tmp_path / "archive"
    with FaultServer(tls=authority.expired()) as server:
        done = json.loads(crawl(server.origin + "/", archive, "--json").stdout)
    assert done["alarms"] == []
    assert query(archive, "SELECT complaint FROM certificates") == [("certificate has expired",)]
