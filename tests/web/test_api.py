"""The JSON API: what it says of itself is true (schemathesis), and its errors are JSON."""

import csv
import io
import xml.etree.ElementTree as ET

import library
import pytest
from reader import Browser

from archive.web.openapi import document


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    return Browser(library.make(tmp_path_factory.mktemp("api") / "kho"))


def test_search_has_pages_and_facets(api):
    found = api.get("/api/search?q=dan+van&limit=2").json()
    assert found["total"] == 4
    assert len(found["items"]) == 2
    rest = api.get(found["next"]).json()
    assert rest["next"] is None
    assert len({one["article_id"] for one in (*found["items"], *rest["items"])}) == 4
    assert found["facets"]["year"] == [{"value": "2022", "count": 3}, {"value": "2021", "count": 1}]
    assert api.get("/api/search?portal=danang&year=2022-01").json()["total"] == 1


def test_an_article_with_its_revisions_and_captures(api):
    one = api.get("/api/articles/1").json()
    assert one["documents"] == ["33/CT-TTg"]
    assert one["place"] == "Thành phố Châu Đốc, Tỉnh An Giang"
    revisions = api.get("/api/articles/1/revisions").json()["items"]
    assert [row["number"] for row in revisions] == [1, 2]
    assert len(api.get("/api/articles/1/captures").json()["items"]) == 2


def test_portals_and_documents(api):
    assert [one["portal"] for one in api.get("/api/portals").json()["items"]] == [
        "chaudoc",
        "danang",
        "dongthap",
    ]
    portal = api.get("/api/portals/chaudoc").json()
    assert portal["hosts"] == ["chaudoc.gov.example"]
    assert portal["urls"]["done"] == 4
    cited = api.get("/api/documents/33/CT-TTg").json()
    assert (cited["articles"], cited["portals"]) == (4, 3)
    january = [row["portal_key"] for row in cited["by_portal_and_month"] if row["month"] == "2022-01"]
    assert sorted(january) == ["chaudoc", "dongthap"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/articles/999", 404), ("/api/articles/x", 404), ("/api/nothing", 404), ("/api/portals/none", 404),
     ("/api/search?limit=0", 400), ("/api/search?limit=1000", 400), ("/api/search?offset=-1", 400),
     ("/api/search?limit=²", 400), ("/api/search?sort=odd", 400), ("/api/documents/nothing", 404),
     ("/api/articles/1/odd", 404), ("/api/articles/99999999999999999999", 404), ("/api/%ff", 404)],
)  # fmt: skip
def test_errors_are_json(api, path, status):
    answer = api.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["error"]["status"] == status
    assert answer.json()["error"]["message"]


def test_the_result_as_csv_and_atom(api):
    text = api.get("/tim.csv?q=dan+van").text
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 4
    assert rows[0]["url"].startswith("http://")
    answer = api.get("/tim.atom?q=dan+van")
    feed = ET.fromstring(answer.content)
    dates = [one.text for one in feed.iter("{http://www.w3.org/2005/Atom}published")]
    assert len(dates) == 4
    assert dates == sorted(dates, reverse=True)
    for path in ("/so-lieu/bai.csv", "/so-lieu/mat.csv", "/so-lieu/suc-khoe.csv",
                 "/cong/chaudoc/bai.csv", "/cong/chaudoc/mat.csv",
                 "/cong/chaudoc/suc-khoe.csv", "/tim/nam.csv?q=dan+van"):  # fmt: skip
        assert api.get(path).headers["content-type"].startswith("text/csv"), path


def test_schemathesis_finds_the_description_true(api):
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed (extra: dev)")
    from hypothesis import HealthCheck, given, settings
    from schemathesis import checks

    schema = schemathesis.openapi.from_dict(document())
    operations = [one.ok() for one in schema.get_all_operations()]
    assert len(operations) == 8
    wanted = [
        checks.not_a_server_error, checks.CHECKS.get_one("status_code_conformance"),
        checks.CHECKS.get_one("content_type_conformance"),
        checks.CHECKS.get_one("response_schema_conformance"),
    ]  # fmt: skip
    quiet = settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    seen = set()
    for operation in operations:

        @quiet
        @given(case=operation.as_strategy())
        def holds(case):
            answer = api.get(case.formatted_path, params=case.query)
            seen.add(answer.status_code)
            case.validate_response(answer, checks=wanted)

        holds()
    assert {200, 404} <= seen
