"""How every page of ours leaves: its template, its language, its policy of what may load."""

import json
from typing import Any
from urllib.parse import urlencode

from datasette.utils.asgi import Response

from archive.web import words
from archive.web.asking import language

DATABASE = "archive"
LANGUAGE_COOKIE_S = 31_536_000


def settings(datasette: Any) -> dict[str, Any]:
    """Return what the server was told about itself: hosts, replay, published (see `serve.build`)."""
    return datasette.plugin_config("khocong") or {}


def policy(replay: str = "") -> str:
    """Return the Content-Security-Policy of our pages: one script and one style sheet of our own.

    Nothing is loaded from elsewhere but images and frames of the replay server at the origin *replay*.
    """
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' {replay}; "
        f"frame-src {replay or chr(39) + 'none' + chr(39)}; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ).replace(" ;", ";")


async def page(
    datasette: Any, request: Any, template: str, context: dict[str, Any], *, status: int = 200
) -> Response:
    """Return *template* in the reader's language."""
    lang = language(request)
    other = words.LANGUAGES[1 - words.LANGUAGES.index(lang)]
    pairs = [(key, value) for key in request.args for value in request.args.getlist(key) if key != "lang"]
    html = await datasette.render_template(
        template,
        {
            "q": "",
            **context,
            "lang": lang,
            "other_lang": other,
            "switch": f"{request.path}?{urlencode([*pairs, ('lang', other)])}",
            "here": request.path,
            "w": words.words(lang),
            "replay": settings(datasette).get("replay") or "",
            "date": lambda value, precision=None: words.date(value, lang, precision),
            "number": lambda value: words.number(value, lang),
        },
        request=request,
    )
    headers = {"content-security-policy": policy(settings(datasette).get("replay") or "")}
    response = Response.html(html, status=status, headers=headers)
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
