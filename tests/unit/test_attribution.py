"""Attribution: every fact of an origin, and citations that other programs' parsers read back whole."""

import io
import json
import re
from datetime import date
from importlib.resources import files

import bibtexparser
import pytest
import rispy
import written_archive
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from click.testing import CliRunner

from archive import Archive
from archive.attribution import FORMATS, attribution_of, bibtex, csl_json, dublin_core, ris, statement
from archive.attribution.facts import place_on
from archive.commands.cite import cite
from archive.database import open_archive
from archive.errors import UsageError
from archive.urls import urlkey

URL = "https://chaudoc.gov.example/tin/1.html"
TITLE = "Giá đất tăng 5% & {phí} 100_000$ #1 ~ 2^3 \\ “Đường Núi Sam”, ủy ban và nhân dân"
STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text">
<info><title>t</title><id>t</id><updated>2026-01-01T00:00:00+00:00</updated></info>
<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout><names variable="author"><name/></names><text variable="title" prefix=". "/>
<text variable="container-title" prefix=". "/><date variable="issued" prefix=". " form="numeric"/>
<text variable="URL" prefix=". "/></layout></bibliography></style>"""
# The schema of CSL 1.0.2 by its own keepers, as citeproc-py carries it: item types, and variables by kind.
SCHEMA = files("citeproc") / "data" / "schema" / "schemas" / "styles"


def official(name):
    """The words the schema gives under a definition ("item-types", "variables.dates")."""
    for file in ("csl-types.rnc", "csl-variables.rnc"):
        text = (SCHEMA / file).read_text("utf-8")
        if found := re.search(
            rf"^\s*{re.escape(name)} =\n((?:\s+(?:\| |#.*\n\s*)*\"[^\"]+\"\n)+)", text, re.MULTILINE
        ):
            return set(re.findall(r'"([^"]+)"', found[1]))
    raise AssertionError(f"the schema defines no {name}")


def assert_keeps_to_csl(item):
    """Hold an item to the schema: known type, known variables, each of its kind's form."""
    dates, names = official("variables.dates"), official("variables.names")
    words = {name for kind in ("numbers", "titles", "strings") for name in official(f"variables.{kind}")}
    assert item["type"] in official("item-types")
    for name, value in item.items():
        if name in dates:
            assert set(value) == {"date-parts"}
            assert all(1 <= len(part) <= 3 for part in value["date-parts"])
            assert all(type(number) is int for part in value["date-parts"] for number in part)
        elif name in names:
            assert all(set(one) <= {"literal", "family", "given"} for one in value)
            assert all(isinstance(word, str) for one in value for word in one.values())
        else:
            assert name in words | {"id", "type"}, name
            assert isinstance(value, str)
            assert value


@pytest.fixture
def kho(tmp_path):
    folder = written_archive.make(tmp_path / "kho")
    db = open_archive(folder, write=True)
    db.execute(
        "UPDATE articles SET title = ?, lead = 'Sapo của bài\nER  - ', byline = 'Ngọc Ánh & Tổ CNTT',"
        " rests_on = '12/QĐ-UBND', rests_on_date = '2022-01-10', source_portal = 'dongthap', urlkey = ?,"
        ' tags = \'["đất đai", "Châu Đốc"]\' WHERE article_id = 1',
        [TITLE, urlkey(URL)],
    )
    db.execute("UPDATE portals SET jurisdiction = 'vn-an-giang-chau-doc' WHERE portal_key = 'chaudoc'")
    db.execute("UPDATE captures SET url = url || '?src=rss', body_digest = 'sha1:KHAC' WHERE capture_id = 1")
    db.conn.commit()
    db.close()
    return folder


@pytest.fixture
def one(kho):
    db = open_archive(kho, write=False)
    yield attribution_of(db.conn, 1, today=date(2026, 3, 1))
    db.close()


def test_places_follow_the_date(one):
    assert one.place == "Thành phố Châu Đốc, Tỉnh An Giang"
    assert one.place_now == "Tỉnh An Giang"
    assert place_on("vn-an-giang-chau-doc", date(2026, 1, 1)) == "Tỉnh An Giang"
    assert place_on("Huế", None) == "Huế"
    assert place_on(None, None) is None


def test_the_text_says_everything_in_both_languages(one):
    said = statement(one).split("\n")
    assert said[0] == f"“{TITLE}”. {one.portal_name} – {one.organ}. Đăng: 14/01/2022 08:30."
    for line in (
        "Địa bàn khi đăng: Thành phố Châu Đốc, Tỉnh An Giang; nay là Tỉnh An Giang",
        "Nguồn ghi trên trang: Cổng TTĐT tỉnh AG (Cổng thông tin điện tử tỉnh Đồng Tháp)",
        "Tác giả: Ngọc Ánh & Tổ CNTT",
        "Theo văn bản: 12/QĐ-UBND ngày 10/01/2022",
        f"Địa chỉ: {URL}",
        f"Địa chỉ đã tải: {URL}?src=rss",
        "Mã băm nội dung giải nén: sha1:KHAC",
        "Bản ghi WARC: thu-00000.warc.gz:1000",
        "Trích bằng: test",
    ):
        assert line in said
    english = statement(one, "en")
    assert "Published: 14/01/2022 08:30" in english
    assert f"Digest of the text: {one.text_digest}" in english
    assert not re.search(r"\b(?:None|null)\b", english)


def test_what_is_not_known_has_no_line(kho):
    with Archive(kho) as archive:
        bare = attribution_of(archive.db.conn, 7)
    said = statement(bare, "en")
    assert "Published: date unknown" in said
    assert "Source as printed" not in said
    for _, _, write in FORMATS.values():
        assert "None" not in write(bare)


def test_python_gives_it_with_the_article(kho):
    with Archive(kho) as archive:
        found = archive.article(URL)
        assert found.attribution("en").startswith(f"“{TITLE}”")
        assert found.origin.warc_offset == found.warc_offset


def test_ris_is_read_back_by_rispy(one):
    written = ris(one)
    assert written.endswith("ER  - \r\n")
    assert [line[:5] for line in written.splitlines()].count("ER  -") == 1
    (entry,) = rispy.loads(written)
    assert entry["type_of_reference"] == "ELEC"
    assert entry["title"] == TITLE
    assert entry["authors"] == ["Ngọc Ánh & Tổ CNTT"]
    assert entry["abstract"] == "Sapo của bài ER -"
    assert entry["urls"] == [URL]
    assert (entry["year"], entry["date"]) == ("2022", "2022/01/14/")
    assert entry["keywords"] == ["đất đai", "Châu Đốc"]
    assert any(one.text_digest in note for note in entry["notes"])


def test_bibtex_is_read_back_by_a_parser(one):
    library = bibtexparser.parse_string(bibtex(one))
    assert not library.failed_blocks
    (entry,) = library.entries
    fields = {field.key: field.value for field in entry.fields}
    assert entry.entry_type == "misc"
    assert re.fullmatch(r"[a-z0-9]+", entry.key)
    assert fields["url"] == URL
    assert (fields["year"], fields["month"], fields["urldate"]) == ("2022", "1", "2026-02-03")
    assert fields["title"] == (
        r"{Giá đất tăng 5\% \& \textbraceleft{}phí\textbraceright{} 100\_000\$ \#1 \textasciitilde{} "
        r"2\textasciicircum{}3 \textbackslash{} “Đường Núi Sam”, ủy ban và nhân dân}"
    )
    assert fields["author"] == r"{Ngọc Ánh \& Tổ CNTT}"
    plain = bibtexparser.parse_string(
        bibtex(one), append_middleware=[bibtexparser.middlewares.LatexDecodingMiddleware()]
    )
    # This decoder does not know the braces' names, and reads the caret as an accent.
    expected = TITLE.replace("{", "").replace("}", "").replace("^", "ˆ")
    assert plain.entries[0].fields_dict["title"].value == expected


def test_csl_keeps_to_the_schema_and_renders(one):
    (item,) = json.loads(csl_json(one))
    assert len(official("item-types")) > 40
    assert_keeps_to_csl(item)
    assert item["issued"] == {"date-parts": [[2022, 1, 14]]}
    source = CiteProcJSON([item])
    for style in (io.BytesIO(STYLE.encode()), "harvard-cite-them-right"):
        read = CitationStylesStyle(style, validate=False)
        made = CitationStylesBibliography(read, source, formatter.plain)
        made.register(Citation([CitationItem(item["id"])]))
        (shown,) = map(str, made.bibliography())
        assert "Ngọc Ánh & Tổ CNTT" in shown
        assert one.portal_name in shown
        assert URL in shown


def test_an_article_of_which_little_is_known_keeps_to_csl_too(kho):
    with Archive(kho) as archive:
        for article_id in range(1, 8):
            (item,) = json.loads(csl_json(attribution_of(archive.db.conn, article_id)))
            assert_keeps_to_csl(item)


def test_dublin_core_is_json_ld(one):
    made = json.loads(dublin_core(one))
    assert made["dc:title"] == TITLE
    assert made["dcterms:issued"] == "2022-01-14"
    assert made["dcterms:spatial"] == ["Thành phố Châu Đốc, Tỉnh An Giang", "Tỉnh An Giang"]
    assert all(name.partition(":")[0] in made["@context"] for name in made if not name.startswith("@"))


@pytest.mark.parametrize("form", ["text", "ris", "bibtex", "csl", "dc"])
def test_the_command_writes_every_format(kho, form):
    done = CliRunner().invoke(cite, [URL, "--archive", str(kho), "--format", form])
    assert done.exit_code == 0, done.output
    assert "Châu Đốc" in done.output
    told = CliRunner().invoke(cite, [URL, "--archive", str(kho), "--format", form, "--json"])
    assert json.loads(told.output)["text_digest"].startswith("sha256:")


def test_the_command_says_what_it_cannot(kho):
    done = CliRunner().invoke(cite, ["ftp://x", "--archive", str(kho)])
    assert isinstance(done.exception, UsageError)
    done = CliRunner().invoke(cite, ["https://khac.example/", "--archive", str(kho)])
    assert "no article of" in str(done.exception)
