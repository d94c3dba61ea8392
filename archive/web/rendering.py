"""How every page of ours leaves: its template, its language, its policy of what may load."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from datasette.utils.asgi import Response
from jinja2 import Environment, FileSystemLoader

from archive.web import words
from archive.web.asking import language

DATABASE = "archive"
TEMPLATES = Path(__file__).with_name("templates")
LANGUAGE_COOKIE_S = 31_536_000
# A browser asks again each time, and is told in a few bytes that nothing has changed.
REVALIDATE = "no-cache"


def settings(datasette: Any) -> dict[str, Any]:
    """Return what the server was told about itself: hosts, replay, published (see `serve.build`)."""
    return datasette.plugin_config("khocong") or {}


@cache
def policy(replay: str = "") -> str:
    """Return the Content-Security-Policy of our pages: one script and one style sheet of our own.

    Nothing is loaded from elsewhere but images and frames of the replay server at the origin *replay*.
    """
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {replay}; "
        f"frame-src {replay or chr(39) + 'none' + chr(39)}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ).replace(" ;", ";")


@cache
def environment() -> Environment:
    """Return where our templates are compiled, once.

    Not Datasette's own: its templates are coroutines that ask of each value whether to wait for it, and five
    kinds of plugins before each page. A page of results took 3.1 ms of CPU, and takes 2.0.
    """
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, auto_reload=False)


async def page(
    datasette: Any, request: Any, template: str, context: dict[str, Any], *, status: int = 200
) -> Response:
    """Return *template* in the reader's language, with a name of its bytes (ETag)."""
    lang = language(request)
    other = words.LANGUAGES[1 - words.LANGUAGES.index(lang)]
    pairs = [(key, value) for key in request.args for value in request.args.getlist(key) if key != "lang"]
    replay = settings(datasette).get("replay") or ""
    html = (
        environment()
        .get_template(template)
        .render(
            {
                "q": "",
                **context,
                "urls": datasette.urls,
                "lang": lang,
                "other_lang": other,
                "switch": f"{request.path}?{urlencode([*pairs, ('lang', other)])}",
                "here": request.path,
                "w": words.words(lang),
                "replay": replay,
                "date": lambda value, precision=None: words.date(value, lang, precision),
                "number": lambda value: words.number(value, lang),
            }
        )
    )
    headers = {"content-security-policy": policy(replay)}
    if status != 200:
        return Response.html(html, status=status, headers=headers)
    # Of the bytes themselves: the processes that serve one archive need not agree on anything else.
    body = html.encode()
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers |= {"etag": etag, "cache-control": REVALIDATE}
    response = Response.html(body, headers=headers)
    if request.args.get("lang") in words.LANGUAGES:
        response.set_cookie("khocong_lang", lang, max_age=LANGUAGE_COOKIE_S, samesite="lax", httponly=True)
    return response


async def not_found(datasette: Any, request: Any, text: str) -> Response:
    """Return a page that says what is not here; *text* is a key of the words."""
    return await page(datasette, request, "kho_missing.html", {"text": text}, status=404)


def as_json(value: Any, status: int = 200) -> Response:
    """Return *value* as JSON; Vietnamese stays readable."""
    body = json.dumps(value, ensure_ascii=False, default=str)
    return Response(body, status=status, content_type="application/json; charset=utf-8")


def as_file(body: str | bytes, content_type: str, name: str) -> Response:
    """Return *body* as a download called *name* (ASCII)."""
    data = body.encode() if isinstance(body, str) else body
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=content_type, headers=headers)
