"""The Datasette plugin: our pages beside its tables, safe headers on every answer, search that folds đ."""

from typing import Any

from datasette import hookimpl
from datasette.utils.asgi import Response
from datasette.utils.sqlite import sqlite3

from archive.search import parse
from archive.search.plan import plan
from archive.vietnamese.fold import fold
from archive.web import articles, health, memento, runs, searching, views
from archive.web.api import api
from archive.web.guarding import Guard
from archive.web.hosts import allowed
from archive.web.rendering import DATABASE, settings

# Datasette's own pages carry inline script and style (the SQL editor, the column menus). What they show
# of the archive they escape; nothing may leave this origin all the same.
DATASETTE_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LONGEST_VALUE_B = 32_000_000
NO_ROBOTS = {"x-robots-tag": "noindex, nofollow"}


@hookimpl  # type: ignore[untyped-decorator]  # pluggy's marker has no types
def register_routes() -> list[tuple[str, Any]]:
    """Our addresses, in front of Datasette's."""
    return [
        (r"^/$", views.home_page),
        (r"^/tim$", searching.search_page),
        (r"^/tim\.json$", searching.search_json),
        (r"^/tim\.csv$", searching.search_csv),
        (r"^/tim\.atom$", searching.search_atom),
        (r"^/tim/nam\.csv$", searching.years_csv),
        (r"^/bai/(?P<article_id>\d{1,15})$", articles.article_page),
        (r"^/bai/(?P<article_id>\d{1,15})\.(?P<form>ris|bibtex|csl|dc)$", articles.citation_file),
        (r"^/bai/(?P<article_id>\d{1,15})/(?P<number>\d{1,6})$", articles.revision_page),
        (r"^/l/(?P<key>[0-9a-f]{16})$", articles.permalink),
        (r"^/url/(?P<url>.+)$", articles.by_url),
        (r"^/goc/(?P<capture_id>\d{1,15})$", articles.original_page),
        (r"^/cong$", views.portals_page),
        (r"^/cong/(?P<key>[^/]+)$", views.portal_page),
        (r"^/cong/(?P<key>[^/]+)/(?P<what>bai|mat|suc-khoe)\.csv$", views.portal_csv),
        (r"^/so-lieu/(?P<what>bai|mat|suc-khoe)\.csv$", views.figures_csv),
        (r"^/van-ban$", views.documents_page),
        (r"^/van-ban/(?P<normal>.+)$", views.document_page),
        (r"^/tinh/(?P<key>[a-z0-9-]{1,80})$", views.province_page),
        (r"^/api/(?P<path>.+)$", api),
        (r"^/(?P<what>timemap/link|timegate)/(?P<url>.+)$", mementos),
        (r"^/robots\.txt$", robots),
        *health.ROUTES,
        *runs.ROUTES,
    ]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # as above
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give SQL our folding; last, so that Datasette's own table search folds too."""
    conn.create_function("vn_fold", 1, lambda value: fold(value) if isinstance(value, str) else value)
    # Datasette passes what is typed into `?_search=` through this function. Its own quotes each word and
    # leaves đ, which the folded index does not have.
    conn.create_function("escape_fts", 1, table_search)
    # `select hex(zeroblob(400000000))` was answered with 800 MB; no text of an archive comes near this.
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_B)
    conn.set_authorizer(_seen)


def _seen(action: int, first: str | None, *_: str | None) -> int:
    """Say what a statement may see, asked once as it is compiled: not where the archive's file stands.

    Datasette itself asks `PRAGMA database_list`, which nobody else can: what readers type begins with SELECT.
    """
    # SQLite calls the table as it was spelled when it was first asked for.
    hidden = action == sqlite3.SQLITE_READ and first is not None and first.lower() == "pragma_database_list"
    return int(sqlite3.SQLITE_IGNORE if hidden else sqlite3.SQLITE_OK)


def table_search(text: Any) -> str:
    """Return a folded FTS5 expression for what was typed into a table's search box; never raises.

    >>> table_search('Đồng Tháp -lễ')
    '(("dong" AND "thap")) NOT ("le")'
    """
    match = plan(parse(text if isinstance(text, str) else ""), folded=True).match
    return match.expr if match is not None else '""'


@hookimpl  # type: ignore[untyped-decorator]  # pluggy's marker has no types
def asgi_wrapper(datasette: Any) -> Any:
    """Put our headers on whatever leaves, and refuse what asks under a name that is not ours."""
    told = settings(datasette)
    names = frozenset(told.get("hosts") or ())
    ours = HEADERS if told.get("published") else HEADERS | NO_ROBOTS
    taken = {name.encode() for name in ours}
    added = [(name.encode(), value.encode()) for name, value in ours.items()]

    def wrap(app: Any) -> Any:
        guarded = Guard(app)

        async def with_headers(scope: Any, receive: Any, send: Any) -> None:
            async def send_with_headers(event: Any) -> None:
                if event["type"] == "http.response.start":
                    headers = [pair for pair in event.get("headers", []) if pair[0].lower() not in taken]
                    present = {name.lower() for name, _ in event.get("headers", [])}
                    if b"content-security-policy" not in present:
                        headers.append((b"content-security-policy", DATASETTE_CSP.encode()))
                    event = {**event, "headers": [*headers, *added]}
                await send(event)

            if scope["type"] == "http":
                host = next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")
                if not allowed(host.decode("latin-1"), names):
                    await Response.text("421: unknown host\n", status=421).asgi_send(send_with_headers)
                    return
            await guarded(scope, receive, send_with_headers)

        return with_headers

    return wrap


async def mementos(datasette: Any, request: Any) -> Response:
    """Memento's TimeMap and TimeGate of a URL; the mementos themselves stand on the replay server."""
    what = request.url_vars["what"]
    rest = (
        (request.scope.get("raw_path") or b"").decode("latin-1").partition(f"/{what}/")[2].partition("?")[0]
    )
    url = memento.url_of(rest or request.url_vars["url"], request.query_string)
    base = settings(datasette).get("replay") or f"{request.scheme}://{request.host}"
    wanted = request.headers.get("accept-datetime")
    database = datasette.get_database(DATABASE)
    if what == "timegate":
        made = await database.execute_fn(lambda conn: memento.timegate(conn, url, base, wanted))
    else:
        made = await database.execute_fn(lambda conn: memento.timemap(conn, url, base))
    headers = {name: value for name, value in made.headers.items() if name != "content-type"}
    return Response(made.body, made.status, headers, made.headers["content-type"])


async def robots(datasette: Any) -> Response:
    """Keep search engines out until the archive is published: readers should land on the portals."""
    if settings(datasette).get("published"):
        return Response.text("User-agent: *\nDisallow: /archive\nDisallow: /tim\nDisallow: /api/\n")
    return Response.text("User-agent: *\nDisallow: /\n")
