"""A static site of the selection: plain HTML that needs no server, no script and no other file."""

from html import escape
from itertools import groupby
from pathlib import Path

from archive.export.selection import Selection
from archive.records import Block, Json
from archive.store.blocks import decode_blocks

_STYLE = (
    "body{font:1.05rem/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td{border:1px solid #888;padding:.2rem .5rem}"
    "dl{font-size:.9rem;border-top:1px solid #888;padding-top:1rem}dt{font-weight:600}"
    "dd{margin:0 0 .5rem;overflow-wrap:anywhere}@media(prefers-color-scheme:dark)"
    "{body{background:#111;color:#eee}a{color:#9cf}}"
)
# Nothing of an archived page may run or load, whatever it carries (I9).
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_site(selection: Selection, folder: Path) -> int:
    """Write `index.html`, a page a portal, and `bai/ID.html` for each article; return how many articles."""
    (folder / "bai").mkdir(parents=True, exist_ok=True)
    (folder / "cong").mkdir(exist_ok=True)
    portals: list[tuple[str, str, int]] = []
    for (key, name), rows in groupby(selection.rows(), key=lambda row: (row["portal"], row["portal_name"])):
        items = []
        for row in rows:
            _write_article(selection, folder, row)
            day = (row["published_at"] or "")[:10]
            link = f'<a href="../bai/{row["article_id"]}.html">{escape(row["title"])}</a>'
            items.append((day, f"<li>{link} <small>{escape(day)}</small></li>"))
        listed = "\n".join(item for _, item in sorted(items, reverse=True))
        heading = name or key
        path = folder / "cong" / f"{_file_name(key)}.html"
        path.write_text(_page(heading, f"<h1>{escape(heading)}</h1><ul>{listed}</ul>"), encoding="utf-8")
        portals.append((key, heading, len(items)))
    listed = "\n".join(
        f'<li><a href="cong/{_file_name(key)}.html">{escape(name)}</a> ({count})</li>'
        for key, name, count in portals
    )
    body = f"<h1>Kho Cổng</h1><p>{len(selection.ids)} bài viết</p><ul>{listed}</ul>"
    (folder / "index.html").write_text(_page("Kho Cổng", body), encoding="utf-8")
    return len(selection.ids)


def _write_article(selection: Selection, folder: Path, row: Json) -> None:
    (blocks,) = selection.connection.execute(
        "SELECT r.blocks FROM articles a JOIN revisions r ON r.revision_id = a.revision_id"
        " WHERE a.article_id = ?",
        (row["article_id"],),
    ).fetchone()
    lines = _body(decode_blocks(blocks, row["text"]))
    lead = f"<p><strong>{escape(row['lead'])}</strong></p>" if row["lead"] else ""
    facts = (
        ("Cổng", row["portal_name"] or row["portal"]), ("Ngày đăng", row["published_at"]),
        ("Nguồn", row["source"]), ("Tác giả", row["byline"]), ("Địa chỉ gốc", row["url"]),
        ("Thu thập lúc", row["captured_at"]), ("Mã băm", row["payload_digest"]),
        ("Bản ghi WARC", f"{row['warc_file']}:{row['warc_offset']}"),
    )  # fmt: skip
    box = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts if value)
    text = f"<article><h1>{escape(row['title'])}</h1>{lead}{lines}</article><dl>{box}</dl>"
    path = folder / "bai" / f"{row['article_id']}.html"
    path.write_text(_page(row["title"], text), encoding="utf-8")


def _body(blocks: tuple[Block, ...]) -> str:
    parts = []
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        found = list(group)
        if kind == "table_row":
            rows = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in block.cells) + "</tr>"
                for block in found
            )
            parts.append(f"<table>{rows}</table>")
        elif kind == "list_item":
            parts.append("<ul>" + "".join(f"<li>{escape(block.text)}</li>" for block in found) + "</ul>")
        else:
            tag = {"heading": "h2", "quote": "blockquote"}.get(kind, "p")
            parts += [f"<{tag}>{escape(block.text)}</{tag}>" for block in found]
    return "\n".join(parts)


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def _file_name(key: str) -> str:
    return "".join(char if char.isalnum() or char in "-." else "_" for char in key)
