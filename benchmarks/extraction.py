"""Extraction of two whole portals and of 181 news pages, beside the peers, all in one run.

Every tool reads every page in turn, so that all meet the same noise of the machine; CPU time is the
process's own. An article of several pages is read page by page by every tool, and joined.
"""

import argparse
import cProfile
import gzip
import json
import os
import platform
import pstats
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.errors import NotAnArticle
from archive.records import Article, ChromeModel, Portal
from benchmarks.metric import Score, pages_of, plain, truth_of
from benchmarks.peers import WITH_METADATA, Found, Tool, installed, versions
from crawler.blocks import read_lines
from crawler.charset import decode
from crawler.dom import parse
from crawler.evidence import evidence_of
from crawler.extraction import base_of, extract
from crawler.parts import join_parts
from crawler.templates import learn

SHARED = Path(os.environ.get("KHOCONG_SHARED", Path(__file__).resolve().parents[2] / "shared"))
PORTALS = ("nukeviet", "wordpress")
# Furniture of these portals that must never stand in a text.
LEAKS = (
    "Thời tiết hôm nay", "Gió ĐN cấp", "Tổng lượt truy cập", "Đang truy cập", "Thư viện ảnh", "Lượt xem:",
    "Những tin mới hơn", "Tin xem nhiều", "Chia sẻ Facebook", "Thăm dò ý kiến", "Ghi rõ nguồn",
    "Print This Post",
)  # fmt: skip
SHARES = ("lead", "line", "cell", "leak", "title", "day", "time")
_LEARN_FROM = 15
_QUICK = 8
_WORSE = 0.05

Pages = dict[str, bytes]
Reader = Callable[[Sequence[tuple[str, bytes, str]]], Found]


def ours(portal: Portal | None) -> Reader:
    """Return our own reading of an article: bytes in, so decoding is part of what it costs."""

    def read(parts: Sequence[tuple[str, bytes, str]]) -> Found:
        try:
            articles = [extract(body, url, portal) for url, body, _ in parts]
        except NotAnArticle:
            return Found("", "", "", "")
        article = join_parts(articles[0], articles[1:]) if len(articles) > 1 else articles[0]
        body = "\n".join(block.text for block in article.blocks if block.kind not in ("caption", "table_row"))
        text = f"{article.lead}\n{article.text}".strip()
        return Found(text, article.title, article.published_at or "", body)

    return read


def theirs(tool: Tool) -> Reader:
    """Return a peer's reading; it is given decoded text, and what it raises is an empty page."""

    def read(parts: Sequence[tuple[str, bytes, str]]) -> Found:
        found = []
        for url, _, html in parts:
            try:
                found.append(tool(html, url))
            except Exception:  # the boundary to another's code: its failure is its score
                found.append(Found("", "", ""))
        return found[0]._replace(text="\n".join(one.text for one in found))

    return read


def taught(pages: Pages, urls: Sequence[str], key: str) -> ChromeModel:
    """Return what some of a portal's own article pages teach."""
    evidence = []
    for url in urls[:: max(1, len(urls) // _LEARN_FROM)][:_LEARN_FROM]:
        tree = parse(decode(pages[url]).text)
        evidence.append(evidence_of(url, read_lines(tree.body, base_of(tree, url)).lines, tree))
    return learn(key, evidence)


def parts_of(pages: Pages, url: str, portal: Portal) -> list[str]:
    """Return the URLs of all pages of an article, in order."""
    urls, at = [url], _next(pages, url, portal)
    while at and at in pages and at not in urls and len(urls) < 20:
        urls.append(at)
        at = _next(pages, at, portal)
    return urls


def _next(pages: Pages, url: str, portal: Portal) -> str | None:
    try:
        article: Article = extract(pages[url], url, portal)
    except NotAnArticle:
        return None
    return article.next_page


class Row:
    """What one tool did with one portal."""

    def __init__(self) -> None:
        self.score = Score()
        self.everything = Score()
        self.cpu_s = 0.0
        self.requests = 0

    def add(self, found: Found, truth: dict[str, Any]) -> None:
        """Count one article."""
        score, words = self.score, plain(found.text)
        cells = [cell for table in truth["tables"] for cells in table for cell in cells if cell.strip()]
        score.add_body(found.text if found.body is None else found.body, truth["body_text"])
        # WordPress has no sapo apart: there the description is the body's own first paragraph.
        lead = truth["description"] or ""
        apart = lead if plain(lead) not in plain(truth["body_text"]) else ""
        gold = "\n".join((apart, truth["body_text"], *cells))
        self.everything.add_body(found.text, gold)
        if lead:
            score.add("lead", plain(lead) in words)
        for line in filter(str.strip, truth["body_text"].split("\n")):
            score.add("line", plain(line) in words)
        for cell in cells:
            score.add("cell", plain(cell) in words)
        own = plain(f"{lead} {gold}")
        score.add("leak", any(leak in words and leak not in own for leak in LEAKS))
        if found.title is not None:
            score.add("title", plain(found.title) == plain(truth.get("title_displayed") or truth["title"]))
        if found.published is not None:
            score.add("day", found.published[:10] == truth["published"][:10])
            score.add("time", found.published == truth["published"])

    def figures(self) -> dict[str, float | None]:
        """Return every figure; None where the tool does not look for it."""
        counts, score = self.score.counts, self.score
        pages = max(1, score.pages)
        result: dict[str, float | None] = {
            "f1": score.f1, "precision": score.precision / pages, "recall": score.recall / pages,
            "f1_with_lead_and_tables": self.everything.f1,
        }  # fmt: skip
        result |= {what: score.share(what) if counts[f"{what}/of"] else None for what in SHARES}
        return result | {"cpu_ms": 1000 * self.cpu_s / max(1, self.requests)}


def measure(shared: Path, name: str, peers: dict[str, Tool], step: int) -> dict[str, Row]:
    """Read every *step*-th article of a capture with every tool, interleaved."""
    pages = dict(pages_of(shared / "captures", name))
    truth = truth_of(shared / "captures", name)
    model = taught(pages, [row["url"] for row in truth], name)
    with_adapter = Portal(key=name, platform=name)
    readers = {
        "khocong, adapter": ours(with_adapter),
        "khocong, CMS to be recognised": ours(None),
        "khocong, no adapter, learned": ours(Portal(key=name, platform="generic", chrome=model)),
        "khocong, no adapter, nothing learned": ours(Portal(key=name, platform="generic")),
        **{peer: theirs(tool) for peer, tool in peers.items()},
    }
    rows = {reader: Row() for reader in readers}
    for number, article in enumerate(truth[::step]):
        urls = parts_of(pages, article["url"], with_adapter)
        parts = [(url, pages[url], decode(pages[url]).text) for url in urls]
        if not number:
            for read in readers.values():  # compiled patterns and caches are no cost of the first page
                read(parts)
        for reader, read in readers.items():
            start = time.process_time()
            found = read(parts)
            rows[reader].cpu_s += time.process_time() - start
            rows[reader].requests += len(parts)
            rows[reader].add(found, article)
    return rows


Worse = list[tuple[str, float, float]]


def news(shared: Path, peers: dict[str, Tool], step: int) -> tuple[dict[str, float], Worse]:
    """Return the F1 of each tool on 181 news pages, and where we are worse than trafilatura by > .05."""
    folder = shared / "benchmarks" / "article-extraction-benchmark"
    gold = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    tools = {"khocong": ours(None), "trafilatura": theirs(peers["trafilatura"])}
    scores = {name: Score() for name in tools}
    worse = []
    for key in list(gold)[::step]:
        body = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
        url = gold[key].get("url") or "http://localhost/"
        parts = [(url, body, decode(body).text)]
        single = {}
        for name, read in tools.items():
            precision, recall = scores[name].add_body(read(parts).text, gold[key]["articleBody"])
            single[name] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        if single["khocong"] < single["trafilatura"] - _WORSE:
            worse.append((key[:12] + " " + url[:70], single["khocong"], single["trafilatura"]))
    return {name: score.f1 for name, score in scores.items()}, sorted(worse, key=lambda row: row[1] - row[2])


def profile(shared: Path, adapter: bool, count: int = 60) -> str:
    """Return the ten functions that `extract` spends most of its own time in."""
    lines = []
    for name in PORTALS:
        pages = dict(pages_of(shared / "captures", name))
        portal = Portal(key=name, platform=name if adapter else "generic")
        chosen = [(pages[row["url"]], row["url"]) for row in truth_of(shared / "captures", name)[:count]]
        profiler = cProfile.Profile()
        profiler.enable()
        for body, url in chosen:
            extract(body, url, portal)
        profiler.disable()
        stats = pstats.Stats(profiler).get_stats_profile()
        ranked = sorted(stats.func_profiles.items(), key=lambda item: -item[1].tottime)[:10]
        how, total = "adapter" if adapter else "no adapter", stats.total_tt
        lines.append(f"{name}, {how}: {total / len(chosen):.4f} s a page")
        lines += [
            f"  {100 * one.tottime / total:5.1f} % own, {100 * one.cumtime / total:5.1f} % with calls: "
            f"{Path(one.file_name).name}:{one.line_number} {function}"
            for function, one in ranked
        ]
    return "\n".join(lines)


def table(name: str, rows: dict[str, Row]) -> str:
    """Return one portal's table as Markdown."""
    base = rows[WITH_METADATA].figures()["cpu_ms"] or 1.0
    lines = [
        f"\n### {name}: {next(iter(rows.values())).score.pages} articles\n",
        "| tool | F1 | precision | recall | F1, lead and tables too | lead kept | lines kept | cells kept "
        "| pages that leak | title | day | time | pages/s CPU | CPU ÷ trafilatura with metadata |",
        "|---" * 14 + "|",
    ]
    for tool, row in rows.items():
        found = row.figures()
        cpu_ms = found.pop("cpu_ms") or 0.001
        cells = [
            "–" if value is None else (f"{value:.4f}" if number < 4 else f"{100 * value:.1f} %")
            for number, value in enumerate(found.values())
        ]
        lines.append(f"| {tool} | {' | '.join(cells)} | {1000 / cpu_ms:.0f} | {cpu_ms / base:.3f} |")
    return "\n".join(lines)


def machine() -> str:
    """Return what this ran on."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    model = next((line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line), "")
    return f"{model or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def main(arguments: list[str]) -> int:
    """Run, print Markdown, and write the figures where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks extraction", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--quick", action="store_true", help=f"every {_QUICK}th article only")
    parser.add_argument("--profile", action="store_true", help="print where the time goes, nothing else")
    given = parser.parse_args(arguments)
    if not (SHARED / "captures").is_dir():
        print(f"no captures in {SHARED}; KHOCONG_SHARED names the folder that has them", file=sys.stderr)
        return 1
    if given.profile:
        print(profile(SHARED, True) + "\n" + profile(SHARED, False))
        return 0
    step = _QUICK if given.quick else 1
    peers, missing = installed()
    used = ", ".join(f"{name} {number}" for name, number in versions().items())
    print(f"## Extraction, {datetime.now(UTC):%Y-%m-%d}\n\n{machine()}. {used}.")
    for name in missing:
        print(f"{name}: not installed.")
    figures: dict[str, Any] = {
        "machine": machine(),
        "versions": versions(),
        "missing": missing,
        "portals": {},
    }
    for name in PORTALS:
        rows = measure(SHARED, name, peers, step)
        print(table(name, rows), flush=True)
        figures["portals"][name] = {tool: row.figures() for tool, row in rows.items()}
    scores, worse = news(SHARED, peers, step)
    print("\n### article-extraction-benchmark\n\n| tool | F1 |\n|---|---|")
    print("\n".join(f"| {name} | {f1:.4f} |" for name, f1 in scores.items()))
    print(f"\nWorse than trafilatura by more than {_WORSE}: {len(worse)} pages.")
    print("\n".join(f"- {page}: {mine:.3f} against {other:.3f}" for page, mine, other in worse))
    figures["news"] = {"f1": scores, "worse": worse}
    if given.json:
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0
