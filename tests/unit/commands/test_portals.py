"""`khocong portals`: the registry as people and programs ask for it."""

import json

import pytest

from archive.commands.common import run
from crawler import registry
from crawler.cli import cli


def portals(capsys, *arguments, code=0):
    assert run(cli, "khocong", ["portals", *arguments]) == code
    return capsys.readouterr()


def listed(capsys, *arguments):
    return json.loads(portals(capsys, *arguments, "--json").out)


def test_all_portals_as_json(capsys):
    rows = listed(capsys)
    assert {row["portal"] for row in rows} == set(registry.load_all())
    one = next(row for row in rows if row["portal"] == "chaudoc-angiang")
    assert one["province"] == "An Giang"
    assert (one["hosts"], one["platform"], one["evidence"]) == (
        ["chaudoc.angiang.gov.vn"],
        "websphere",
        "seen",
    )


def test_lines_for_pipes(capsys):
    shown = portals(capsys, "chau", "doc").out.splitlines()
    assert shown[0].startswith("portal\tname\thosts")
    assert [line.split("\t")[0] for line in shown[1:]] == ["chaudoc-angiang"]


@pytest.mark.parametrize("name", ["Kiên Giang", "kien giang", "kiengiang"])
def test_an_old_province_means_its_own_portals(capsys, name):
    keys = {row["portal"] for row in listed(capsys, "--province", name)}
    assert "kiengiang" in keys
    assert not {"angiang", "chaudoc-angiang"} & keys


def test_a_new_province_means_all_that_became_it(capsys):
    keys = {row["portal"] for row in listed(capsys, "--province", "An Giang")}
    assert {"angiang", "chaudoc-angiang", "kiengiang"} <= keys


def test_an_unknown_province_is_a_usage_error(capsys):
    assert "no province" in portals(capsys, "--province", "Atlantis", code=2).err


def test_platforms_filter_and_unknown_is_one(capsys):
    assert {row["platform"] for row in listed(capsys, "--platform", "liferay")} == {"liferay"}
    assert {row["platform"] for row in listed(capsys, "--platform", "unknown")} == {None}


def test_successors_name_the_unit_then_and_now(capsys):
    rows = {row["portal"]: row for row in listed(capsys, "--successors")}
    kien_giang = rows["kiengiang"]
    assert (kien_giang["unit"], kien_giang["until"]) == ("Tỉnh Kiên Giang", "2025-06-30")
    assert (kien_giang["unit_now"], kien_giang["successor"]) == ("Tỉnh An Giang", "angiang")
    assert rows["chaudoc-angiang"]["unit_now"] == "Tỉnh An Giang"
    assert rows["hanoi"]["until"] is None


def test_check_reads_every_file(capsys, monkeypatch, tmp_path):
    assert "no mistakes" in portals(capsys, "--check").out
    (tmp_path / "xa.yml").write_text("name: Xã\nhosts: [xa.gov.example]\ncolour: red\n", encoding="utf-8")
    broken = registry.load_all
    monkeypatch.setattr(registry, "load_all", lambda **options: broken(tmp_path, **options))
    assert "xa.yml:3: unknown key 'colour'" in portals(capsys, "--check", code=1).err


def test_nothing_found_is_said_on_stderr(capsys):
    shown = portals(capsys, "khong-co-cong-nao-ten-nay")
    assert (shown.out, "no portal" in shown.err) == ("", True)
