"""0002: two full-text indexes over `articles`, kept by SQL triggers alone, so that any client may write.

`articles_folded` (no marks, đ = d) answers words typed without marks, `articles_exact` (marks kept,
tone placement normalised) answers words typed with them. Both are external-content tables over
`articles`: the index is fed the folded form, the content keeps the original, and only token
positions have to agree; hence no replacement below may join or split words.
"""

from sqlite_utils import Database

from archive.schema.registry import migrations

# Old and new spelling put the tone on different letters: hòa = hoà, khỏe = khoẻ, ủy = uỷ. Both meet in the
# second form, as in archive.vietnamese.fold.place_tones. lower() changes ASCII alone, so after it the
# marked letter may stand in either case.
_TONES = (
    ("òa", "oà"), ("óa", "oá"), ("ỏa", "oả"), ("õa", "oã"), ("ọa", "oạ"),
    ("òe", "oè"), ("óe", "oé"), ("ỏe", "oẻ"), ("õe", "oẽ"), ("ọe", "oẹ"),
    ("ùy", "uỳ"), ("úy", "uý"), ("ủy", "uỷ"), ("ũy", "uỹ"), ("ụy", "uỵ"),
)  # fmt: skip
TONE_PLACEMENT: tuple[tuple[str, str], ...] = tuple(
    pair for old, new in _TONES for pair in ((old, new), (old[0].upper() + old[1], new))
)
# Some portals write the Icelandic eth for đ; it looks the same on the page.
ETH: tuple[tuple[str, str], ...] = (("Ð", "đ"), ("ð", "đ"))
BARE_D: tuple[tuple[str, str], ...] = (("đ", "d"), ("Đ", "d"), ("Ð", "d"), ("ð", "d"))
# More nested calls than this overflow the stack of SQLite's parser (100 entries), so the exact form is
# made in stages, each a subquery.
_STAGE = 16

FOLDED_COLUMNS = ("title", "lead", "text", "section", "source", "byline")
EXACT_COLUMNS = ("title", "lead", "text")


def _nested(value: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        value = f"replace({value},'{old}','{new}')"
    return value


def feed_sql(table: str, row: str, tail: str = "") -> str:
    """Return the SELECT of article_id and what *table* is fed for the row called *row* (new, old, articles).

    *tail* is what follows: "FROM articles ORDER BY article_id", or nothing within a trigger.
    """
    if table == "articles_folded":
        columns = ", ".join(_nested(f"{row}.{column}", BARE_D) for column in FOLDED_COLUMNS)
        return f"SELECT {row}.article_id, {columns} {tail}"
    columns = ", ".join(f"lower({row}.{column}) AS {column}" for column in EXACT_COLUMNS)
    return _exact_form(f"SELECT {row}.article_id AS article_id, {columns} {tail}")


def _exact_form(select: str) -> str:
    pairs = ETH + TONE_PLACEMENT
    for start in range(0, len(pairs), _STAGE):
        stage = pairs[start : start + _STAGE]
        columns = ", ".join(f"{_nested(column, stage)} AS {column}" for column in EXACT_COLUMNS)
        select = f"SELECT article_id, {columns} FROM ({select})"
    return select


# Double quotes round the content table: Datasette does not detect it in single ones, and its search
# then returns every row. The folded table comes first, as Datasette takes the first one it finds.
TABLES = (
    f"""CREATE VIRTUAL TABLE articles_folded USING fts5({", ".join(FOLDED_COLUMNS)},
        content="articles", content_rowid="article_id", tokenize="unicode61 remove_diacritics 2")""",
    f"""CREATE VIRTUAL TABLE articles_exact USING fts5({", ".join(EXACT_COLUMNS)},
        content="articles", content_rowid="article_id", tokenize="unicode61 remove_diacritics 0")""",
    # What filters and facets read of each match. In the table itself these columns stand behind the
    # text, at the end of its chain of overflow pages; here a match of 200,000 costs 0.3 s.
    """CREATE INDEX articles_for_search ON articles
        (article_id, portal_key, published_at, section, source, status)""",
    "CREATE INDEX articles_by_rests_on ON articles (rests_on) WHERE rests_on IS NOT NULL",
)


def _triggers() -> list[str]:
    statements = []
    for table, columns in (("articles_folded", FOLDED_COLUMNS), ("articles_exact", EXACT_COLUMNS)):
        names = ", ".join(columns)
        add = f"INSERT INTO {table}(rowid, {names}) {feed_sql(table, 'new')};"
        # FTS5 forgets a row only when told the very text it was fed: hence the expression, not the column.
        drop = (
            f"INSERT INTO {table}({table}, rowid, {names}) "
            f"SELECT 'delete', * FROM ({feed_sql(table, 'old')});"
        )
        changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in ("article_id", *columns))
        statements += [
            f"CREATE TRIGGER {table}_ai AFTER INSERT ON articles BEGIN {add} END",
            f"CREATE TRIGGER {table}_ad AFTER DELETE ON articles BEGIN {drop} END",
            f"CREATE TRIGGER {table}_au AFTER UPDATE OF article_id, {names} ON articles "
            f"WHEN {changed} BEGIN {drop} {add} END",
        ]
    return statements


def fill_sql(table: str) -> str:
    """Return the statement that feeds every article to *table*, in the one order that reproduces it."""
    columns = ", ".join(FOLDED_COLUMNS if table == "articles_folded" else EXACT_COLUMNS)
    return (
        f"INSERT INTO {table}(rowid, {columns}) "
        f"{feed_sql(table, 'articles', 'FROM articles ORDER BY article_id')}"
    )


@migrations(name="0002_search")
def search(db: Database) -> None:
    """Create the indexes and their triggers, and index the articles that are there already."""
    for statement in (*TABLES, *_triggers(), fill_sql("articles_folded"), fill_sql("articles_exact")):
        db.execute(statement)
