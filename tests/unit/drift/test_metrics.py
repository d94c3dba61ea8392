"""Metrics as Prometheus' own parser reads them, few in any case; the dashboard asks for what is there."""

import json
import re
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archive_samples import article, begun, visit
from prometheus_client.parser import text_string_to_metric_families

from archive.commands.common import run as run_command
from archive.drift.alarms import settle
from archive.drift.certificates import Met, keep
from archive.drift.verdicts import KINDS, Finding, Verdict
from archive.metrics import HELP, collect, render
from archive.records import Portal
from archive.store import Store
from crawler.cli import cli

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
NASTY = 'p"1\\\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("so-do") / "kho"
    with Store(folder) as store:
        crawl = begun(store)
        visit(store, crawl, page=article())
        store.end_crawl(crawl, "finished", 3, {"articles": {"new": 1}})
        store.save_portal(Portal(NASTY, "Xã\nlạ", ("la.gov.example",)))
        with store.db.transaction() as connection:
            (key,) = connection.execute("SELECT portal_key FROM crawls").fetchone()
            met = Met("h", "f", "CA", None, (NOW + timedelta(days=40)).isoformat())
            keep(connection, key, [met], NOW.isoformat())
            verdict = Verdict({"dns_gone": Finding("dns_gone", "critical", "gone")}, sound=False)
            settle(connection, NASTY, verdict, None, NOW)
    return folder


def families(text):
    return {family.name: family for family in text_string_to_metric_families(text)}


def printed(folder, *arguments, capsys):
    assert run_command(cli, "khocong", ["metrics", "--archive", str(folder), *arguments]) == 0
    return capsys.readouterr().out


def test_every_metric_is_read_by_the_clients_parser(folder, capsys) -> None:
    found = families(printed(folder, capsys=capsys))
    assert set(found) == {f"khocong_{name}" for name in HELP}
    assert all(family.type == "gauge" and family.documentation for family in found.values())
    values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in found.values()
        for sample in family.samples
    }
    assert values[("khocong_up",)] == 1
    assert values[("khocong_articles",)] == 1
    assert values[("khocong_alarms_open", ("kind", "dns_gone"), ("severity", "critical"))] == 1
    assert values[("khocong_portal_alarms_open", ("portal", NASTY), ("severity", "critical"))] == 1
    assert values[("khocong_portals_dying",)] == 1
    certificate = found["khocong_portal_certificate_not_after_timestamp_seconds"].samples[0]
    assert certificate.value == (NOW + timedelta(days=40)).timestamp()
    assert found["khocong_portal_last_crawl_ok"].samples[0].value == 1


def test_series_are_bounded_and_portals_with_alarms_come_first(tmp_path) -> None:
    with Store(tmp_path / "kho") as store:
        for number in range(60):
            store.save_portal(Portal(f"p{number:02}", "", (f"p{number}.gov.example",)))
        with store.db.transaction() as connection:
            settle(connection, "p59", Verdict({"down": Finding("down", "warning", "x")}, False), None, NOW)
        found = families(render(collect(store.db.conn, NOW, most_portals=10)))
    portals = {sample.labels["portal"] for sample in found["khocong_portal_articles"].samples}
    assert len(portals) == 10
    assert "p59" in portals
    assert found["khocong_portals_left_out"].samples[0].value == 50
    labels = {name for family in found.values() for sample in family.samples for name in sample.labels}
    assert labels == {"portal", "state", "kind", "severity"}
    assert len(found["khocong_alarms_open"].samples) == 2 * len(KINDS)


def test_a_textfile_is_written_whole(folder, tmp_path, capsys) -> None:
    target = tmp_path / "khocong.prom"
    target.write_text("old", encoding="utf-8")
    printed(folder, "--textfile", str(target), capsys=capsys)
    assert "khocong_up" in families(target.read_text("utf-8"))
    assert [one.name for one in tmp_path.iterdir()] == ["khocong.prom"]
    assert target.stat().st_mode & 0o777 == 0o644


def test_metrics_are_served(folder) -> None:
    command = [
        sys.executable,
        "-m",
        "crawler.cli",
        "metrics",
        "--serve",
        "0",
        "--archive",
        str(folder),
        "--json",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        lines = [server.stdout.readline() for _ in range(3)]
        address = json.loads("".join(lines))["address"]
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert set(families(answer.read().decode())) == {f"khocong_{name}" for name in HELP}
    finally:
        server.terminate()
        server.wait(20)


def test_the_dashboard_asks_for_metrics_that_are_there() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana" / "khocong.json").read_text("utf-8"))
    asked = set()
    for panel in dashboard["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            names = set(re.findall(r"\bkhocong_\w+", target["expr"]))
            assert names, target["expr"]
            asked |= names
    assert asked <= {f"khocong_{name}" for name in HELP}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert {f"khocong_{name}" for name in HELP} - asked == set(), "a metric nobody looks at"


@pytest.mark.parametrize(("kinds", "code"), [((), 0), (("warning",), 1), (("warning", "critical"), 2)])
def test_status_speaks_to_monitoring_systems(tmp_path, capsys, kinds, code) -> None:
    with Store(tmp_path / "kho") as store:
        store.save_portal(Portal("p", "", ("p.gov.example",)))
        judged = {
            kind: Finding(kind, severity, "x") for kind, severity in zip(("tls", "down"), kinds, strict=False)
        }
        with store.db.transaction() as connection:
            settle(connection, "p", Verdict(judged, sound=True), None, NOW)
    arguments = ["status", "--exit-code", "--archive", str(tmp_path / "kho")]
    assert run_command(cli, "khocong", arguments) == code
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert line.startswith(f"KHOCONG {('OK', 'WARNING', 'CRITICAL')[code]} - ")
    assert f"| critical={kinds.count('critical')};;1 warning={kinds.count('warning')};1" in line
    assert run_command(cli, "khocong", [*arguments, "nowhere"]) == 3
    assert run_command(cli, "khocong", ["status", "--exit-code", "--archive", str(tmp_path / "none")]) == 3
    assert "KHOCONG UNKNOWN - no archive in" in capsys.readouterr().out
