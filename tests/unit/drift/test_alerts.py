"""Alerts arrive once, over real SMTP and HTTP, whatever fails on the way; mistakes are said beforehand."""

import hashlib
import hmac
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from archive.alerts.config import Alerts, AlertsError, Channel, Command, Email, Secret, Webhook, load
from archive.alerts.outbox import deliver
from archive.alerts.sending import SendFailed, send_test
from archive.commands.common import run as run_command
from archive.drift.alarms import alarms, settle
from archive.drift.verdicts import Finding, Verdict
from archive.records import Portal
from archive.store import Store
from crawler.cli import cli
from tests.faults.certificates import Authority
from tests.unit.drift.sinks import smtp, webhook

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SAMPLE = {
    "url": "https://tanloc.gov.example/tin/1.html",
    "before": {
        "title": "Họp bàn nạo vét kênh",
        "published_at": "2026-03-01",
        "chars": 900,
        "opening": "Sáng nay",
    },
    "after": {"read_as": "no article (listing)"},
}
REDESIGN = Finding("redesign", "critical", "bodies are missing", {"samples": [SAMPLE]})


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "kho") as store:
        for key in ("tanloc", "phuan"):
            store.save_portal(Portal(key, f"Xã {key}", (f"{key}.gov.example",)))
        yield store


def tell(store, portal="tanloc", now=NOW, **judged):
    with store.db.transaction() as connection:
        return settle(connection, portal, Verdict(judged, sound=True), None, now)


def mail_channel(box, **changes):
    way = Email("127.0.0.1", box.port, "none", "kho@example.vn", ("truc@example.vn",), timeout_s=5)
    return Channel("thu", way, **changes)


def test_a_mail_says_what_was_read_before_and_now_and_a_recovery_follows(store) -> None:
    tell(store, redesign=REDESIGN)
    with smtp() as box:
        alerts = Alerts((mail_channel(box),))
        assert deliver(store.db, alerts).sent == 1
        assert deliver(store.db, alerts).sent == 0, "never twice"
        tell(store, now=NOW + timedelta(days=1), redesign=REDESIGN)
        assert deliver(store.db, alerts).sent == 0, "known, and told"
        tell(store, now=NOW + timedelta(days=2), redesign=None)
        assert deliver(store.db, alerts).sent == 1
        assert deliver(store.db, alerts).sent == 0
        raised, recovered = box.mails
    assert raised["Subject"] == "[Kho Cổng] CẢNH BÁO: Xã tanloc: giao diện đã thay đổi"
    words = raised.get_content()
    assert "«Họp bàn nạo vét kênh»" in words
    assert "no article (listing)" in words
    assert raised["Auto-Submitted"] == "auto-generated"
    assert recovered["Subject"].startswith("[Kho Cổng] ĐÃ TRỞ LẠI: Xã tanloc")
    assert raised["Message-ID"] != recovered["Message-ID"]


def test_what_could_not_be_sent_waits_and_is_sent_once(store) -> None:
    tell(store, redesign=REDESIGN)
    clock = Clock()
    with smtp() as box:
        box.refuse = 2
        alerts = Alerts((mail_channel(box),))
        first = deliver(store.db, alerts, clock=clock)
        assert (first.sent, first.failed) == (0, 1)
        assert "try again later" in first.errors["thu"]
        assert deliver(store.db, alerts, clock=clock).failed == 0, "not before its time"
        clock.now += timedelta(minutes=1)
        assert deliver(store.db, alerts, clock=clock).failed == 1
        clock.now += timedelta(minutes=3)
        assert deliver(store.db, alerts, clock=clock).sent == 1
        assert len(box.mails) == 1
    clock.now += timedelta(days=1)
    tell(store, now=clock.now, redesign=None)
    nobody = Alerts((mail_channel(box),))
    for _ in range(30):
        clock.now += timedelta(hours=6)
        deliver(store.db, nobody, clock=clock)
    (state,) = store.db.execute("SELECT state FROM alert_messages WHERE event = 'recovered'").fetchone()
    assert state == "given_up", "a channel dead for a week is told by status, not tried for ever"


def test_a_claim_of_a_process_that_died_is_sent_again_under_the_same_name(store) -> None:
    tell(store, redesign=REDESIGN)
    with webhook() as hook, smtp() as box:
        alerts = Alerts((Channel("moc", Webhook(hook.url, allow_private=True)), mail_channel(box)))
        clock = Clock()
        deliver(store.db, alerts, clock=clock)
        with store.db.transaction() as connection:
            connection.execute("UPDATE alert_messages SET state = 'sending'")
        assert deliver(store.db, alerts, clock=clock).sent == 0, "another may be at it"
        clock.now += timedelta(minutes=11)
        assert deliver(store.db, alerts, clock=clock).sent == 2
        first, second = (headers["Idempotency-Key"] for _, headers, *_ in hook.posts)
        assert first == second
        assert len({mail["Message-ID"] for mail in box.mails}) == 1


def test_starttls_and_login_by_a_secret_of_the_environment(store, tmp_path, monkeypatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    monkeypatch.setenv("KHO_MAT_KHAU", "mat-khau")
    way = Email(
        "127.0.0.1", 0, "starttls", "kho@example.vn", ("a@example.vn", "b@example.vn"), "kho",
        Secret(variable="KHO_MAT_KHAU"), 5,
    )  # fmt: skip
    with smtp(tls_context=authority.good(), require_starttls=True, login=True) as box:
        send_test(Channel("thu", Email(way.host, box.port, *_rest(way))), "en")
        assert [login[1:] for login in box.logins] == [(b"kho", b"mat-khau")]
        assert box.mails[0]["To"] == "a@example.vn, b@example.vn"
        assert box.mails[0]["Subject"] == "[Kho Cổng] A test of the alerts"
    with smtp(tls_context=authority.expired(), require_starttls=True) as box:
        with pytest.raises(SendFailed, match="certificate"):
            send_test(Channel("thu", Email(way.host, box.port, *_rest(way))), "en")
        assert box.logins == [], "no password for who cannot prove who he is"


def _rest(way):
    return way.security, way.sender, way.to, way.user, way.password, way.timeout_s


def test_a_webhook_is_signed_and_never_followed_elsewhere(store, monkeypatch) -> None:
    monkeypatch.setenv("KHO_KHOA", "bí mật")
    tell(store, redesign=REDESIGN)
    with webhook() as hook:
        hook.answers = [302, 200]
        way = Webhook(hook.url, Secret(variable="KHO_KHOA"), allow_private=True)
        clock = Clock()
        first = deliver(store.db, Alerts((Channel("moc", way),)), clock=clock)
        assert first.errors == {"moc": "127.0.0.1 answered HTTP 302"}
        clock.now += timedelta(minutes=2)
        assert deliver(store.db, Alerts((Channel("moc", way),)), clock=clock).sent == 1
        assert [path for path, *_ in hook.posts] == ["/hook?x=1"] * 2
        _, headers, body, data, _ = hook.posts[-1]
    signed = hmac.new("bí mật".encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Khocong-Signature"] == f"sha256={signed}"
    assert (data["event"], data["portal"], data["kind"]) == ("raised", "tanloc", "redesign")
    assert data["detail"]["samples"] == [SAMPLE]


def test_a_webhook_reaches_no_private_address_unasked_and_no_host_of_a_portal(store) -> None:
    tell(store, redesign=REDESIGN)
    with webhook() as hook:
        plain = Channel("moc", Webhook(hook.url))
        assert "not a public address" in deliver(store.db, Alerts((plain,))).errors["moc"]
        assert hook.posts == []
        host = hook.url.split("/")[2]
        store.save_portal(Portal("la", "Lạ", (host,)))
        allowed = Channel("khac", Webhook(hook.url, allow_private=True))
        assert "host of a portal" in deliver(store.db, Alerts((allowed,))).errors["khac"]
        assert hook.posts == []


def test_a_command_gets_the_alarm_and_none_of_our_secrets(store, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("KHO_MAT_KHAU", "mat-khau")
    tell(store, redesign=REDESIGN)
    script = (
        "import json, os, sys; json.dump([json.load(sys.stdin), dict(os.environ)], open(sys.argv[1], 'w'))"
    )
    out = tmp_path / "got.json"
    channel = Channel("lenh", Command((sys.executable, "-c", script, str(out))))
    assert deliver(store.db, Alerts((channel,))).sent == 1
    data, environment = json.loads(out.read_text("utf-8"))
    assert data["summary"] == "bodies are missing"
    assert environment["KHOCONG_KIND"] == "redesign"
    assert "KHO_MAT_KHAU" not in environment
    failing = Channel("hong", Command((sys.executable, "-c", "import sys; sys.exit('hỏng rồi')")))
    assert "hỏng rồi" in deliver(store.db, Alerts((failing,))).errors["hong"]


def test_channels_take_what_they_are_for(store) -> None:
    tell(store, redesign=REDESIGN, tls=Finding("tls", "warning", "expires"))
    tell(store, "phuan", down=Finding("down", "warning", "timeout"))
    with webhook() as hook:
        way = Webhook(hook.url, allow_private=True)
        channels = (
            Channel("nang", way, least="critical"),
            Channel("phu", way, portals=("phu*",)),
            Channel("chung-chi", way, kinds=("tls",), recoveries=False),
        )
        deliver(store.db, Alerts(channels))
        assert [(post[3]["portal"], post[3]["kind"]) for post in hook.posts] == [
            ("tanloc", "redesign"), ("phuan", "down"), ("tanloc", "tls"),
        ]  # fmt: skip
        tell(store, now=NOW + timedelta(days=1), tls=None, redesign=None)
        deliver(store.db, Alerts(channels))
        assert [(post[3]["event"], post[3]["kind"]) for post in hook.posts[3:]] == [("recovered", "redesign")]
    assert [one.kind for one in alarms(store.db.conn)] == ["down"]


BAD = {
    "channels:\n  a:\n    mail: {}\n": r":3: unknown key 'mail'",
    "channels:\n  a: {}\n": r":2: a needs one of email, webhook and command",
    "channels:\n  a:\n    webhook: {url: 'http://x.example/'}\n": r":3: url: https, or http to",
    "channels:\n  a:\n    webhook: {url: 'ftp://x.example/'}\n": r":3: .* is not an https URL",
    "channels:\n  a:\n    email: {host: h, from: x, to: [a@b]}\n": r":3: 'x' is not a mail address",
    "channels:\n  a:\n    email:\n      host: h\n      security: none\n      from: a@b\n      to: a@b\n"
    "      user: u\n      password_env: P\n": r":5: security: none would send the password",
    "channels:\n  a:\n    email: {host: h, from: a@b, to: a@b, user: u}\n": r":3: user and password_env",
    "channels:\n  a:\n    command: {argv: []}\n": r":3: argv: the program",
    "channels:\n  a:\n    command: {argv: [x]}\n    kinds: [nope]\n": r":4: 'nope' is no kind of alarm",
    "channels:\n  a:\n    command: {argv: [x]}\n    least: high\n": r":4: least is warning or critical",
    "language: fr\n": r":1: language is vi or en",
    "channels: [\n": r":2: not readable as YAML",
}


@pytest.mark.parametrize(("text", "said"), BAD.items(), ids=range(len(BAD)))
def test_what_is_wrong_is_said_by_line(tmp_path, text, said) -> None:
    (tmp_path / "alerts.yml").write_text(text, encoding="utf-8")
    with pytest.raises(AlertsError, match=said):
        load(tmp_path)


def test_a_secret_in_a_file_is_its_owners_alone(tmp_path, capsys) -> None:
    secret = tmp_path / "mat-khau"
    secret.write_text("x\n", encoding="utf-8")
    secret.chmod(0o644)
    config = tmp_path / "alerts.yml"
    config.write_text(
        "channels:\n  a:\n    email: {host: 127.0.0.1, from: a@b, to: a@b, user: u, password_file: "
        f"'{secret}'}}\n",
        encoding="utf-8",
    )
    with pytest.raises(AlertsError, match="can be read by others; run: chmod 600"):
        load(tmp_path, config)
    secret.chmod(0o600)
    assert load(tmp_path, config).channels[0].way.password.read() == "x"
    assert run_command(cli, "khocong", ["alerts", "--config", str(tmp_path / "none.yml")]) == 2
    assert "there is no" in capsys.readouterr().err


def test_the_command_lists_tests_sends_and_accepts(tmp_path, capsys) -> None:
    with Store(tmp_path / "kho") as store:
        store.save_portal(Portal("tanloc", "Xã Tân Lộc", ("tanloc.gov.example",)))
        tell(store, redesign=REDESIGN)
    folder = str(tmp_path / "kho")
    with webhook() as hook:
        config = tmp_path / "alerts.yml"
        config.write_text(
            f"language: en\nchannels:\n  hook:\n    webhook: {{url: '{hook.url}', allow_private: true}}\n",
            encoding="utf-8",
        )
        common = ["--archive", folder, "--config", str(config)]
        assert run_command(cli, "khocong", ["alerts", "--test", *common]) == 0
        assert hook.posts[-1][3]["event"] == "test"
        assert run_command(cli, "khocong", ["alerts", "--send", "--json", *common]) == 0
        assert hook.posts[-1][3]["event"] == "raised"
    listed = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert [one["kind"] for one in listed] == ["redesign"]
    assert run_command(cli, "khocong", ["alerts", "--accept", "99", "--archive", folder]) == 2
    assert run_command(cli, "khocong", ["alerts", "--accept", "1", "--archive", folder]) == 0
    assert "no alarms" in capsys.readouterr().out
    assert run_command(cli, "khocong", ["alerts", "--closed", "--archive", folder]) == 0
    assert "redesign" in capsys.readouterr().out
    assert run_command(cli, "khocong", ["alerts", "--send", "--archive", folder]) == 2
