"""status, verify and history as a person and a program see them."""

import json

import pytest
from archive_samples import LINES, PORTAL, address, article, begun, real_archive, visit

from archive.commands.common import run
from archive.store import Store
from crawler.cli import cli


@pytest.fixture
def folder(tmp_path):
    real_archive(tmp_path / "a")
    return tmp_path / "a"


def said(capsys, *words):
    code = run(cli, "khocong", [str(word) for word in words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def test_status(folder, capsys):
    with Store(folder) as store:
        visit(store, begun(store, [9]), 9, state="failed", reason="http_500", status=500)
    code, out, _ = said(capsys, "status", "--archive", folder)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split("\t")[:4] == ["portal", "platform", "articles", "pending"]
    assert lines[1].split("\t")[:9] == ["minhhoa", "?", "3", "0", "0", "3", "0", "1", "0"]
    assert lines[2] == "minhhoa: failed: http_500 1"
    code, out, _ = said(capsys, "status", "minhhoa", "--archive", folder, "--json")
    (portal,) = json.loads(out)["portals"]
    assert (portal["articles"], sum(portal["urls"].values()), portal["failures"]) == (3, 4, {"http_500": 1})
    assert portal["name"] == PORTAL.name
    code, _, err = said(capsys, "status", "nowhere", "--archive", folder)
    assert (code, err.count("\n")) == (2, 1)
    assert "there are: minhhoa" in err


def test_status_of_nothing(tmp_path, capsys):
    code, out, _ = said(capsys, "status", "--archive", tmp_path / "none")
    assert code == 0
    assert "no archive in" in out
    code, out, _ = said(capsys, "status", "--json", "--archive", tmp_path / "none")
    assert json.loads(out)["portals"] == []
    Store(tmp_path / "empty").close()
    code, out, _ = said(capsys, "status", "--archive", tmp_path / "empty")
    assert (code, "is empty" in out) == (0, True)


def test_verify(folder, capsys):
    assert said(capsys, "verify", "--archive", folder)[:2] == (0, f"{folder} is whole: 3 captures checked\n")
    warc = next((folder / "warc").glob("*.warc.gz"))
    warc.write_bytes(warc.read_bytes()[:-900])
    code, out, err = said(capsys, "verify", "--full", "--archive", folder)
    assert code == 1
    assert warc.name in out
    assert "3 captures" in err
    code, out, _ = said(capsys, "verify", "--json", "--archive", folder)
    report = json.loads(out)
    assert (code, report["ok"]) == (1, False)
    assert report["findings"][0]["place"].startswith(warc.name)


def test_history(tmp_path, capsys):
    folder = tmp_path / "a"
    with Store(folder) as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, article())
        edited = (LINES[0].replace("Sáng 12-02", "Chiều 13-02"), *LINES[1:])
        visit(store, crawl_id, 1, article(lines=edited), at=1)
    code, out, _ = said(capsys, "history", address(1), "--archive", folder)
    assert code == 0
    assert "revision 1 to 2: 2 words new, 2 words gone" in out
    assert "[-Sáng 12-02-]{+Chiều 13-02+}, Ủy ban nhân dân" in out
    code, out, _ = said(capsys, "history", address(1), "--json", "--archive", folder)
    shown = json.loads(out)
    assert [one["number"] for one in shown["revisions"]] == [1, 2]
    assert ["gone", "Sáng 12-02"] in shown["revisions"][1]["diff"]
    assert [event["kind"] for event in shown["events"]] == ["edit"]
    assert said(capsys, "history", "not a url", "--archive", folder)[0] == 2
    code, _, err = said(capsys, "history", "http://q.example/", "--archive", folder)
    assert (code, err.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", [["status"], ["history", "http://a.example/"]])
def test_a_damaged_archive_is_one_line(tmp_path, capsys, command):
    (tmp_path / "archive.db").write_bytes(b"garbage" * 999)
    code, out, err = said(capsys, *command, "--archive", tmp_path)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "archive.db is damaged" in err


def test_verify_tells_a_damaged_database_as_a_finding(tmp_path, capsys):
    (tmp_path / "archive.db").write_bytes(b"garbage" * 999)
    code, out, _ = said(capsys, "verify", "--archive", tmp_path)
    assert code == 1
    assert "archive.db is damaged" in out
    assert "put back a copy" in out
