"""Taking an article out of the archive: a page that turned out to be none. Its captures stay."""

import sqlite3

from archive.ledger import utc_now


def withdraw(connection: sqlite3.Connection, revision_id: int, why: str, agent: str) -> bool:
    """Delete the article whose only revision this is, with what hangs on it, inside the caller's transaction.

    A "deaccession" event keeps its title and the reason. False where the article has other revisions.
    """
    row = connection.execute(
        "SELECT a.article_id, a.portal_key, a.url, a.title, (SELECT count(*) FROM revisions k"
        " WHERE k.article_id = a.article_id) FROM revisions r JOIN articles a ON a.article_id = r.article_id"
        " WHERE r.revision_id = ?",
        (revision_id,),
    ).fetchone()
    if row is None or row[4] > 1:
        return False
    article_id, portal_key, url, title, _ = row
    connection.execute("DELETE FROM citations WHERE revision_id = ?", (revision_id,))
    connection.execute("DELETE FROM sightings WHERE revision_id = ?", (revision_id,))
    for table, column, required in _children(connection):
        # A row of the ledger only mentions the article; an attachment or an alias is a part of it.
        does = f'DELETE FROM "{table}"' if required else f'UPDATE "{table}" SET "{column}" = NULL'
        connection.execute(f'{does} WHERE "{column}" = ?', (article_id,))
    connection.execute("DELETE FROM articles WHERE article_id = ?", (article_id,))
    connection.execute("DELETE FROM revisions WHERE revision_id = ?", (revision_id,))
    connection.execute(
        "INSERT INTO events (at, kind, outcome, detail, portal_key, url, agent)"
        " VALUES (?, 'deaccession', 'success', ?, ?, ?, ?)",
        (utc_now(), f"{title}: no article when read again ({why})"[:500], portal_key, url, agent),
    )
    return True


def _children(connection: sqlite3.Connection) -> list[tuple[str, str, bool]]:
    """Return (table, column, whether it must have a value) of each foreign key to an article."""
    found = []
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in names:
        keys = connection.execute(f'PRAGMA foreign_key_list("{name}")').fetchall()
        columns = {row[1]: row for row in connection.execute(f'PRAGMA table_info("{name}")')}
        for key in keys:
            if key[2] == "articles" and name != "revisions":
                column = columns[key[3]]
                found.append((name, key[3], bool(column[3] or column[5])))
    return found
