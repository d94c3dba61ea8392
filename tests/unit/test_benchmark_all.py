"""`python -m benchmarks all` goes on past what fails; the simulated country follows its limits."""

import json
import sys

from benchmarks import all as everything
from benchmarks import national


def test_one_that_fails_is_named_and_the_others_go_on(monkeypatch, tmp_path, capsys):
    planned = (
        everything.Planned("size", ("--articles", "not-a-number")),
        everything.Planned("national", ("--portals", "5", "--articles", "50"), writes_json=True),
    )
    monkeypatch.setattr(everything, "PLANNED", planned)
    code = everything.main(["--json", str(tmp_path / "a.json"), "--markdown", str(tmp_path / "a.md")])
    made = json.loads((tmp_path / "a.json").read_text())
    size, simulated = made["benchmarks"]
    assert code == 1
    assert size["outcome"].startswith("failed (2): ")
    assert "not-a-number" in size["outcome"]
    assert simulated["outcome"] == "done"
    assert len(simulated["figures"]) == 12
    assert made["machine"]["versions"]["scrapy"]
    text = (tmp_path / "a.md").read_text()
    assert "| address groups |" in text
    assert text == capsys.readouterr().out


def test_one_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    monkeypatch.setattr(
        everything.subprocess, "Popen",
        lambda _words, _popen=everything.subprocess.Popen, **how: _popen(["sleep", "60"], **how),
    )  # fmt: skip
    came = everything.run(everything.Planned("size"), full=False, limit_s=0.3)
    assert came.outcome == "ended after 0 minutes"
    assert came.seconds < 10


def test_a_country_takes_as_long_as_its_slowest_limit():
    one = national.Country([10_000], [0])
    days, _, _ = national.crawled(one, national.Ways())
    assert abs(days * 86_400 - 10_000 * 1.3 * 1.025) < 60
    # Two of one address group share its request a second; two of their own do not.
    apart = national.crawled(national.Country([10_000, 10_000], [0, 1]), national.Ways())[0]
    together = national.crawled(national.Country([10_000, 10_000], [0, 0]), national.Ways())[0]
    assert abs(apart - days) < 0.01
    assert 1.9 < together / days < 2.0
    # Two cores at 15 ms read 133 pages/s: 1,000 portals at once are held to that.
    many = national.Country([1_000] * 1000, list(range(1000)))
    busy = national.crawled(many, national.Ways(parallel=1000))[2]
    assert busy > 0.95
