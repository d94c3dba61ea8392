"""Looking at a whole archive, and mending it from a second copy: files first, then the database from them."""

from datetime import UTC, datetime
from pathlib import Path

from archive import premis
from archive.database import open_archive, reading_errors
from archive.errors import ArchiveDamaged, ArchiveMissing
from archive.lock import WriteLock
from archive.repair import mend_files, unsound_files
from archive.restoring import bring_rows
from archive.software import SOFTWARE
from archive.verify import Counts, Finding, check_oldest, verify
from crawler.rebuild import rebuild
from crawler.verifying import Read, reread_findings

# What is no damage: the next crawl puts it right.
_TRANSIENT = frozenset({"stale_lease", "died_crawl"})


async def look(
    folder: Path, counts: Counts, *, full: bool, key: Path | None = None, workers: int = 0
) -> list[Finding]:
    """Return all that is wrong with an archive; a database that cannot be read is a finding, no error."""
    findings: list[Finding] = []
    try:
        db = open_archive(folder, write=False)
        try:
            with reading_errors(folder):
                findings += verify(db, full=full, counts=counts, public_key=key)
                if full and not any(one.kind == "database" for one in findings):
                    read = Read()
                    findings += [one async for one in reread_findings(db, read, workers)]
                    counts.texts, counts.stale = read.texts, read.stale
        finally:
            db.close()
    except (ArchiveDamaged, ArchiveMissing) as error:
        if isinstance(error, ArchiveMissing) and not (folder / "warc").is_dir():
            raise
        findings.append(Finding("database", "archive.db", str(error)))
    outcome = "failure" if findings else "success"
    said = f"{counts.captures} captures, {counts.records} records, {len(findings)} findings"
    premis.tell(folder, "fixity check", outcome, f"{'full: ' if full else ''}{said}", SOFTWARE)
    if full:
        premis.tell(folder, "validation", outcome, f"{counts.texts} texts extracted again; {said}", SOFTWARE)
    return findings


def checked_sample(folder: Path, sample: int, since: str | None) -> tuple[int, list[Finding]]:
    """Check the records checked longest ago, and remember it; raises ArchiveBusy beside a crawl."""
    with open_archive(folder, write=True) as db, reading_errors(folder):
        done, findings = check_oldest(db, sample=sample, since=since, now=datetime.now(UTC).isoformat())
    detail = f"{done} captures, the longest unchecked first; {len(findings)} findings"
    premis.tell(folder, "fixity check", "failure" if findings else "success", detail, SOFTWARE)
    return done, findings


async def mend(folder: Path, copy: Path, findings: list[Finding]) -> list[str]:
    """Mend what *findings* name from the archive *copy*; return what was done, in words.

    The database is made anew only where all WARC files are sound: a damaged record would cost an article.
    """
    lines = []
    lock = WriteLock(folder)
    try:
        try:
            db = open_archive(folder, write=False)
        except (ArchiveDamaged, ArchiveMissing):
            db = None
        try:
            for one in mend_files(db, folder, copy):
                left = f"; {one.left} records stay damaged, in the copy too" if one.left else ""
                lines.append(f"{one.file}: {one.how} from {copy}{left}")
        finally:
            if db is not None:
                db.close()
    finally:
        lock.release()
    if db is not None:
        lines += _bring_rows(folder, copy)
    again = await look(folder, Counts(), full=any(one.kind in _READ for one in findings))
    if any(one.kind not in _TRANSIENT for one in again) and not unsound_files(folder):
        done = await rebuild(folder, histories=(folder, copy))
        lines.append(f"archive.db: made anew, {done.articles} articles of {done.captures} captures")
    if lines:
        premis.tell(folder, "replication", "success", f"mended from {copy}: {'; '.join(lines)}", SOFTWARE)
    return lines


def _bring_rows(folder: Path, copy: Path) -> list[str]:
    try:
        with open_archive(folder, write=True) as db, reading_errors(folder):
            return bring_rows(db, copy)
    except ArchiveDamaged:
        return []  # it is made anew


# Found by a full check only.
_READ = frozenset({"other_text", "other_fields", "lost_article", "unreadable_text", "search_index"})
