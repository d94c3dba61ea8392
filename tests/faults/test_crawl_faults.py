"""Broken servers, each for real on loopback: a good capture or a typed failure, and never a stuck crawl."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.broken import BROKEN
from tests.faults.certificates import Authority
from tests.faults.quickly import Ended, quickly
from tests.faults.servers import Conn, Fault, FaultServer
from tests.portal.crawling import query, states


@dataclass
class Ran:
    server: FaultServer
    archive: Path
    ended: Ended


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """One crawl over every way to be broken."""
    archive = tmp_path_factory.mktemp("broken") / "archive"
    with FaultServer(BROKEN) as server:
        yield Ran(server, archive, quickly([server.origin + "/"], archive, timeout_s=90, answer_s=1))


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.__name__)
def test_it_ends_as_a_good_capture_or_typed(broken: Ran, fault: type[Fault]) -> None:
    url = broken.server.origin + fault.path()
    [(url_id, state, reason)] = query(
        broken.archive, f"SELECT url_id, state, reason FROM urls WHERE url = '{url}'"
    )
    assert (state, reason) in fault.ends
    [(articles,)] = query(broken.archive, f"SELECT count(*) FROM articles WHERE url = '{url}'")
    assert articles == fault.article, fault.__doc__
    said = query(broken.archive, f"SELECT kind FROM issues WHERE url = '{url}'")
    assert len(said) <= 1, "said once, however often it was tried"
    [(captures,)] = query(broken.archive, f"SELECT count(*) FROM captures WHERE url_id = {url_id}")
    assert captures or state == "failed"


def test_the_rest_of_the_portal_does_not_suffer(broken: Ran) -> None:
    good = len(BROKEN) * broken.server.good
    rows = query(broken.archive, "SELECT count(*) FROM articles WHERE url LIKE '%/tot/%'")
    assert rows == [(good,)]
    assert states(broken.archive).keys() <= {"done", "failed", "gone"}, "nothing waits, nothing is leased"
    assert broken.ended.took_s < 60
    assert broken.ended.peak_mb < 400


def test_no_request_is_sent_twice_behind_the_ledgers_back(broken: Ran) -> None:
    tried = query(broken.archive, "SELECT sum(attempts) FROM urls WHERE url LIKE '%/loi/%'")[0][0]
    # A gate's cookie and a chain of redirects belong to one row each.
    assert sum("/loi/" in target for target in broken.server.paths()) <= tried + 2


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


TLS = {
    "good": "verified",
    "expired": "unverified: certificate has expired",
    "self_signed": "unverified: self-signed certificate",
    "wrong_name": "unverified: wrong host name",
    "no_intermediate": "unverified: issuer's certificate not sent or unknown",
    "old_protocol": "unverified: protocol older than TLS 1.2",
    "tls_1_1": "unverified: protocol older than TLS 1.2",
}


def _contexts(authority: Authority) -> dict[str, ssl.SSLContext]:
    made = {name: getattr(authority, name)() for name in TLS if name != "tls_1_1"}
    return {**made, "tls_1_1": authority.old_protocol(ssl.TLSVersion.TLSv1_1)}


def test_broken_certificates_are_tried_verified_first_and_said_with_each_capture(
    tmp_path: Path, authority: Authority
) -> None:
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(FaultServer(tls=context))
            for name, context in _contexts(authority).items()
        }
        words = [server.origin + "/" for server in servers.values()]
        quickly(words, tmp_path / "archive", env={"SSL_CERT_FILE": str(authority.bundle)}, pause_s=1)
    for name, server in servers.items():
        said = query(
            tmp_path / "archive", f"SELECT DISTINCT tls FROM captures WHERE url LIKE '{server.origin}%'"
        )
        assert said == [(TLS[name],)], name
        found = query(
            tmp_path / "archive", f"SELECT count(*) FROM articles WHERE url LIKE '{server.origin}%'"
        )
        assert found == [(2,)], name


def test_a_portal_that_refuses_broken_certificates_is_left_alone(
    tmp_path: Path, authority: Authority
) -> None:
    with FaultServer(tls=authority.expired()) as server:
        env = {"SSL_CERT_FILE": str(authority.bundle)}
        quickly([server.origin + "/"], tmp_path / "archive", env=env, insecure_tls=False)
    assert not server.log
    [(reason,)] = query(tmp_path / "archive", "SELECT reason FROM crawls")
    assert reason.startswith("failed: ")
    assert "tls refused: certificate verify failed" in reason


@pytest.mark.parametrize("closed", ["https", "http"])
def test_a_closed_door_leads_to_the_other_scheme_and_it_is_said(
    tmp_path: Path, authority: Authority, closed: str
) -> None:
    with FaultServer() as gone:
        port = gone.port
    with FaultServer(tls=authority.good() if closed == "http" else None) as server:
        quickly(
            [f"{closed}://127.0.0.1:{port}/"], tmp_path / "archive", ports={port: server.port},
            hosts=[server.netloc], env={"SSL_CERT_FILE": str(authority.bundle)},
        )  # fmt: skip
        assert query(tmp_path / "archive", "SELECT count(*) FROM articles") == [(2,)]
    [(kind, detail)] = query(tmp_path / "archive", "SELECT kind, detail FROM issues")
    assert kind == "other_scheme"
    assert "connection refused" in detail
    assert f"asking {server.origin}/robots.txt" in detail


def test_a_name_that_does_not_exist_is_told(tmp_path: Path) -> None:
    quickly(["http://khong-co.invalid/"], tmp_path / "archive", names={"khong-co.invalid": [[]]})
    [(reason,)] = query(tmp_path / "archive", "SELECT reason FROM crawls")
    assert "unknown host: the name khong-co.invalid cannot be resolved" in reason


def test_robots_txt_that_leads_out_of_scope_forbids_nothing(tmp_path: Path) -> None:
    def away(conn: Conn) -> None:
        conn.answer(b"", "301 Moved Permanently", Location="http://khac.example/robots.txt")

    with FaultServer(extra={"/robots.txt": away}) as server:
        quickly([server.origin + "/"], tmp_path / "archive")
    assert query(tmp_path / "archive", "SELECT count(*) FROM articles") == [(2,)]


def test_robots_txt_that_leads_in_a_circle_forbids_nothing(tmp_path: Path) -> None:
    def circle(conn: Conn) -> None:
        conn.answer(b"", "302 Found", Location=f"/robots.txt?{conn.count}")

    with FaultServer(extra={"/robots.txt": circle}) as server:
        quickly([server.origin + "/"], tmp_path / "archive")
    assert query(tmp_path / "archive", "SELECT count(*) FROM articles") == [(2,)]
    assert sum(path.startswith("/robots.txt") for path in server.paths()) <= 6, "RFC 9309: five hops"
