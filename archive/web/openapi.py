"""The OpenAPI 3.1 document of the JSON API."""

from typing import Any

from archive.records import Json
from archive.search.plan import WORDS
from archive.web.asking import FILTERS, SORTS

TEXT: Json = {"type": "string"}
MAYBE: Json = {"type": ["string", "null"]}
WHOLE: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}


def document() -> Json:
    """Return the description that clients and tests read."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kho Cổng",
            "version": "1",
            "description": "What Vietnam's provincial and city e-portals published. Times are ISO 8601 with "
            f"offset, or a bare day; texts are as published (NFC). Search looks in {WORDS}.",
        },
        "paths": {
            "/api/search": {"get": _operation("search", "Find articles", "Found", _search_parameters())},
            "/api/articles/{article_id}": {"get": _operation("article", "One article", "Article", [_ID])},
            "/api/articles/{article_id}/revisions": {
                "get": _operation("revisions", "Every text an article has had", "Revisions", [_ID])
            },
            "/api/articles/{article_id}/captures": {
                "get": _operation("captures", "Every capture of an article", "Captures", [_ID])
            },
            "/api/portals": {"get": _operation("portals", "The portals", "Portals", _PAGING)},
            "/api/portals/{portal}": {
                "get": _operation("portal", "One portal with its ledger", "Portal", [_path("portal", TEXT)])
            },
            "/api/documents": {
                "get": _operation("documents", "The legal documents met", "Documents", _PAGING)
            },
            "/api/documents/{document}": {
                "get": _operation(
                    "document",
                    "Who announced and who cites a document",
                    "Document",
                    [_path("document", TEXT)],
                )
            },
        },
        "components": {"schemas": _schemas()},
    }


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "schema": schema, **more}


_ID = _path("article_id", {"type": "integer", "minimum": 1, "maximum": 999_999_999_999_999})
_PAGING = [
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
    _query("offset", {"type": "integer", "minimum": 0, "maximum": 10_000, "default": 0}),
]


def _search_parameters() -> list[Json]:
    many: Json = {"type": "array", "items": TEXT}
    return [
        _query("q", TEXT, description="as typed into the search box"),
        *(_query(name, many, explode=True, style="form") for name in FILTERS),
        _query("sort", {"type": "string", "enum": list(SORTS), "default": "rank"}),
        *_PAGING,
    ]


def _operation(name: str, summary: str, schema: str, parameters: list[Json]) -> Json:
    def answer(about: str, ref: str) -> Json:
        return {
            "description": about,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ref}"}}},
        }

    errors = {"400": "a parameter is wrong", "404": "there is none", "503": "it took too long"}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": answer(summary, schema),
            **{code: answer(why, "Error") for code, why in errors.items()},
        },
    }


def _object(required: Json, optional: Json | None = None) -> Json:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def _list(items: Json) -> Json:
    return _object({"items": {"type": "array", "items": items}, "next": MAYBE})


def _schemas() -> Json:
    hit = _object(
        {
            "article_id": WHOLE, "url": TEXT, "title": TEXT, "snippet": TEXT, "portal": TEXT,
            "portal_name": TEXT,
            "published_at": MAYBE, "published_precision": MAYBE, "source": MAYBE, "section": MAYBE,
            "byline": MAYBE,
            "status": TEXT, "score": NUMBER, "also_on": WHOLE, "attachment": MAYBE,
        }
    )  # fmt: skip
    portal = {
        "portal": TEXT, "name": TEXT, "organ": MAYBE, "jurisdiction": MAYBE, "platform": MAYBE,
            "status": TEXT,
        "hosts": {"type": "array", "items": TEXT}, "first_seen_at": TEXT,
    }  # fmt: skip
    known = {
        "document_id": WHOLE, "document": TEXT, "year": {"type": ["integer", "null"]}, "doc_type": MAYBE,
        "issuer": MAYBE, "issued_on": MAYBE,
    }  # fmt: skip
    article = {
        "article_id": WHOLE, "url": TEXT, "portal": TEXT, "title": TEXT, "lead": TEXT, "text": TEXT,
        "published_at": MAYBE, "published_precision": MAYBE, "updated_at": MAYBE, "section": MAYBE,
            "byline": MAYBE,
        "source": MAYBE, "rests_on": MAYBE, "tags": {"type": "array", "items": TEXT}, "status": TEXT,
        "confidence": NUMBER, "captured_at": TEXT, "warc_file": TEXT, "warc_offset": WHOLE,
            "payload_digest": TEXT,
        "documents": {"type": "array", "items": TEXT}, "place": MAYBE, "place_now": MAYBE,
        "near_duplicates": {"type": "array", "items": {"type": "object"}},
        "attachments": {"type": "array", "items": {"type": "object"}},
    }  # fmt: skip
    revision = {
        "number": WHOLE,
        "captured_at": TEXT,
        "title": TEXT,
        "lead": TEXT,
        "text": TEXT,
        "text_digest": TEXT,
    }
    capture = {"capture_id": WHOLE, "url": TEXT, "captured_at": TEXT, "status": WHOLE, "payload_digest": TEXT}
    rows: Json = {"type": "array", "items": {"type": "object"}}
    return {
        "Found": _object(
            {"total": WHOLE, "total_is_exact": {"type": "boolean"}, "notes": {"type": "array", "items": TEXT},
             "suggestion": MAYBE, "items": {"type": "array", "items": hit}, "next": MAYBE},
            {"facets": {"type": "object"}, "facets_are_whole": {"type": "boolean"}},
        ),
        "Article": _object(article),
        "Revisions": _list(_object(revision)),
        "Captures": _list(_object(capture)),
        "Portals": _list(_object(portal)),
        "Portal": _object({**portal, "articles": WHOLE, "urls": {"type": "object"}}),
        "Documents": _list(_object(known)),
        "Document": _object({"document": TEXT, "meant": rows, "articles": WHOLE, "portals": WHOLE,
            "announced": rows,
                             "by_portal_and_month": rows, "cited_by": rows, "cites": rows}),
        "Error": _object({"error": _object({"status": WHOLE, "message": TEXT})}),
    }  # fmt: skip
