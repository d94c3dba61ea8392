"""The Datasette plugin: our pages beside its tables, safe headers on every answer, search that folds đ."""

import math
from typing import Any
from urllib.parse import urlencode

from datasette import hookimpl
from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Response
from datasette.utils.sqlite import sqlite3

from archive.search import Results, parse, search
from archive.search.facets import FACETS
from archive.search.plan import plan
from archive.vietnamese.fold import fold
from archive.web import reading, words

DATABASE = "archive"
PAGE_SIZE = 20
MAX_PAGE = 500
SEARCH_LIMIT_MS = 8000

# Our pages have no script and load nothing but our style sheet.
STRICT_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
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
    "x-robots-tag": "noindex, nofollow",
}


@hookimpl  # type: ignore[untyped-decorator]  # pluggy's marker has no types
def register_routes() -> list[tuple[str, Any]]:
    """Our addresses, in front of Datasette's."""
    return [
        (r"^/$", home_page),
        (r"^/tim$", search_page),
        (r"^/tim\.json$", search_json),
        (r"^/bai/(?P<article_id>\d{1,15})$", article_page),
        (r"^/bai/(?P<article_id>\d{1,15})/(?P<number>\d{1,6})$", revision_page),
        (r"^/robots\.txt$", robots),
    ]


@hookimpl(trylast=True)  # type: ignore[untyped-decorator]  # as above
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give SQL our folding; last, so that Datasette's own table search folds too."""
    conn.create_function("vn_fold", 1, lambda value: fold(value) if isinstance(value, str) else value)
    # Datasette passes what is typed into `?_search=` through this function. Its own quotes each word and
    # leaves đ, which the folded index does not have.
    conn.create_function("escape_fts", 1, table_search)


def table_search(text: Any) -> str:
    """Return a folded FTS5 expression for what was typed into a table's search box; never raises.

    >>> table_search('Đồng Tháp -lễ')
    '{title lead text files} : ((("dong" AND "thap")) NOT ("le"))'
    """
    match = plan(parse(text if isinstance(text, str) else ""), folded=True).match
    return match.fts if match is not None else '""'


@hookimpl  # type: ignore[untyped-decorator]  # pluggy's marker has no types
def asgi_wrapper() -> Any:
    """Put our headers on whatever leaves."""

    def wrap(app: Any) -> Any:
        async def with_headers(scope: Any, receive: Any, send: Any) -> None:
            async def send_with_headers(event: Any) -> None:
                if event["type"] == "http.response.start":
                    headers = [pair for pair in event.get("headers", []) if pair[0].lower() not in _ours]
                    present = {name.lower() for name, _ in event.get("headers", [])}
                    if b"content-security-policy" not in present:
                        headers.append((b"content-security-policy", DATASETTE_CSP.encode()))
                    headers += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                    event = {**event, "headers": headers}
                await send(event)

            await app(scope, receive, send_with_headers)

        return with_headers

    _ours = {name.encode() for name in HEADERS}
    return wrap


async def home_page(datasette: Any, request: Any) -> Response:
    """What is here, how fresh, and a place to search."""
    data = await datasette.get_database(DATABASE).execute_fn(reading.home)
    return await _page(datasette, request, "kho_home.html", {"home": data, "q": ""})


async def search_page(datasette: Any, request: Any) -> Response:
    """Search with facets; every state of it is an address."""
    asked = _Asked(request)
    results = await _search(datasette, asked)
    language = _language(request)
    context: dict[str, Any] = {
        "asked": asked,
        "q": asked.text,
        "results": results,
        "too_slow": results is None,
    }
    if results is not None:
        context |= {
            "notes": [words.note(text, language) for text in results.notes],
            "pages": min(MAX_PAGE, max(1, math.ceil(results.total / PAGE_SIZE))),
            "portal_names": await datasette.get_database(DATABASE).execute_fn(_portal_names),
        }
    return await _page(datasette, request, "kho_search.html", context, status=503 if results is None else 200)


async def search_json(datasette: Any, request: Any) -> Response:
    """The same search as JSON: `total`, `results`, `facets`, `notes`."""
    results = await _search(datasette, _Asked(request))
    if results is None:
        return Response.json({"error": "the search took too long; add a word or a filter"}, status=503)
    return Response.json(results.as_json(), default=str)


async def article_page(datasette: Any, request: Any) -> Response:
    """One article as text of ours, with where it comes from."""
    article_id, query = int(request.url_vars["article_id"]), request.args.get("q") or ""
    data = await datasette.get_database(DATABASE).execute_fn(
        lambda conn: reading.article(conn, article_id, query)
    )
    context = {"article": data, "q": query}
    return await _page(datasette, request, "kho_article.html", context, status=200 if data else 404)


async def revision_page(datasette: Any, request: Any) -> Response:
    """One revision of an article, with what it changed in the one before."""
    article_id, number = (int(request.url_vars[name]) for name in ("article_id", "number"))
    data = await datasette.get_database(DATABASE).execute_fn(
        lambda conn: reading.revision(conn, article_id, number)
    )
    context = {"revision": data, "article_id": article_id, "q": ""}
    return await _page(datasette, request, "kho_revision.html", context, status=200 if data else 404)


async def robots() -> Response:
    """Keep search engines out: the portals themselves are where readers should land."""
    return Response.text("User-agent: *\nDisallow: /\n")


class _Asked:
    """What a search page was asked: the text, the filters, the order, the page."""

    def __init__(self, request: Any) -> None:
        self.text: str = (request.args.get("q") or "")[:2000]
        self.filters = {name: request.args.getlist(name) for name in FACETS if request.args.getlist(name)}
        sort = request.args.get("sort")
        self.sort: Any = sort if sort in ("newest", "oldest") else "rank"
        page = request.args.get("page") or "1"
        self.page = min(MAX_PAGE, max(1, int(page))) if page.isdecimal() and len(page) < 6 else 1
        self.per_page = PAGE_SIZE

    def address(self, path: str = "/tim", **changes: Any) -> str:
        """Return the address of this search with *changes*; a new filter or order starts at page 1."""
        values: dict[str, Any] = {"q": self.text, **self.filters}
        if self.sort != "rank":
            values["sort"] = self.sort
        values |= changes
        return f"{path}?{urlencode({key: value for key, value in values.items() if value}, doseq=True)}"

    def without(self, name: str, value: str) -> str:
        """Return the address of this search without one of its filters."""
        kept: dict[str, Any] = {name: [one for one in self.filters.get(name, []) if one != value]}
        return self.address(**kept)


async def _search(datasette: Any, asked: _Asked) -> Results | None:
    def run(conn: sqlite3.Connection) -> Results | None:
        try:
            with sqlite_timelimit(conn, SEARCH_LIMIT_MS):
                return search(
                    conn,
                    asked.text,
                    limit=PAGE_SIZE,
                    offset=(asked.page - 1) * PAGE_SIZE,
                    sort=asked.sort,
                    # A facet's value is meant whole: the section "Tin tức", not "Tin tức trong tỉnh".
                    filters={
                        name: [f"={value}" for value in values] if name in ("section", "source") else values
                        for name, values in asked.filters.items()
                    },
                    facets=True,
                )
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                return None
            raise

    found: Results | None = await datasette.get_database(DATABASE).execute_fn(run)
    return found


def _portal_names(conn: sqlite3.Connection) -> dict[str, str]:
    return {row[0]: row[1] or row[0] for row in conn.execute("SELECT portal_key, name FROM portals")}


def _language(request: Any) -> str:
    asked = request.args.get("lang") or request.cookies.get("khocong_lang")
    return asked if asked in words.LANGUAGES else words.LANGUAGES[0]


async def _page(
    datasette: Any, request: Any, template: str, context: dict[str, Any], *, status: int = 200
) -> Response:
    language = _language(request)
    other = words.LANGUAGES[1 - words.LANGUAGES.index(language)]
    pairs = [(key, value) for key in request.args for value in request.args.getlist(key) if key != "lang"]
    html = await datasette.render_template(
        template,
        {
            **context,
            "lang": language,
            "other_lang": other,
            "switch": f"{request.path}?{urlencode([*pairs, ('lang', other)])}",
            "w": words.words(language),
            "date": lambda value, precision=None: words.date(value, language, precision),
            "number": lambda value: words.number(value, language),
        },
        request=request,
    )
    response = Response.html(html, status=status, headers={"content-security-policy": STRICT_CSP})
    if request.args.get("lang") in words.LANGUAGES:
        response.set_cookie("khocong_lang", language, max_age=31_536_000, samesite="lax")
    return response
