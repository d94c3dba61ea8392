"""Queries with known answers: with marks, without, half; names, numbers, abbreviations, filters."""

import pytest
import written_archive

from archive.search import facets, parse, ranking, search
from archive.search.results import IGNORED_MARKS, matching

FIRST = [
    # query, the title (or its beginning) that must come first
    ("chi thi 33 dan van", "Triển khai Chỉ thị số 33/CT-TTg"),
    ("Chỉ thị 33 dân vận", "Triển khai Chỉ thị số 33/CT-TTg"),
    ("33/CT-TTg", "Triển khai Chỉ thị số 33/CT-TTg"),
    ("33/ct-ttg", "Triển khai Chỉ thị số 33/CT-TTg"),
    ("dan van", "Triển khai Chỉ thị số 33/CT-TTg"),
    ("tiep cong dan", "Thông báo lịch tiếp công dân"),
    ("lich tiep cong dan thang 01", "Thông báo lịch tiếp công dân"),
    ("Châu Đốc", "Châu Đốc chuẩn bị Lễ hội"),
    ("chau doc", "Châu Đốc chuẩn bị Lễ hội"),
    ("Châu doc", "Châu Đốc chuẩn bị Lễ hội"),
    ("CHÂU ĐỐC", "Châu Đốc chuẩn bị Lễ hội"),
    ("via ba chua xu", "Châu Đốc chuẩn bị Lễ hội"),
    ("lễ hội núi sam", "Châu Đốc chuẩn bị Lễ hội"),
    ("dong thap", "Đồng Tháp lập thêm hai trạm"),
    ("Đồng Tháp", "Đồng Tháp lập thêm hai trạm"),
    ("Ðồng Tháp", "Đồng Tháp lập thêm hai trạm"),  # eth
    ("Đồng Tháp", "Đồng Tháp lập thêm hai trạm"),  # NFD
    ("ＤＯＮＧ ＴＨＡＰ", "Đồng Tháp lập thêm hai trạm"),
    ("da nang", "Đà Nẵng mở phố đi bộ"),
    ("Đà Nẵng", "Đà Nẵng mở phố đi bộ"),
    ("hoà giải", "Hoà giải viên ở cơ sở"),
    ("hòa giải", "Hoà giải viên ở cơ sở"),
    ("HÒA GIẢI", "Hoà giải viên ở cơ sở"),
    ("hoa giai", "Hoà giải viên ở cơ sở"),
    ("bà Thúy", "Bà Thuý tặng đất"),
    ("bà Thuý", "Bà Thuý tặng đất"),
    ("khỏe mạnh", "Bệnh viện khoẻ mạnh"),
    ("Thuận Hòa", "Phường Thuận Hoà ra mắt"),
    ("UBND tỉnh họp", "UBND tỉnh họp phiên"),
    ("ủy ban nhân dân tỉnh họp phiên thường kỳ", "UBND tỉnh họp phiên"),
    ("uy ban nhan dan tinh hop phien", "UBND tỉnh họp phiên"),
    ("hoi dong nhan dan giam sat", "Hội đồng nhân dân tỉnh giám sát"),
    ("HĐND giám sát nước sạch", "Hội đồng nhân dân tỉnh giám sát"),
    ("hdnd tiep xuc cu tri", "Thường trực HĐND tiếp xúc"),
    ("hội đồng nhân dân tiếp xúc cử tri", "Thường trực HĐND tiếp xúc"),
    ("QĐ mức thu phí đò ngang", "Quyết định số 15/2024/QĐ-UBND"),
    ("15/2024/QD-UBND", "Quyết định số 15/2024/QĐ-UBND"),
    ("15/2024/QĐ-UBND", "Quyết định số 15/2024/QĐ-UBND"),
    ("43/nq-hdnd", "Công bố Nghị quyết số 43/NQ-HĐND"),
    ("nghi quyet 43 hoc phi", "Công bố Nghị quyết số 43/NQ-HĐND"),
    ("07/KH-UBND", "Kế hoạch số 07/KH-UBND"),
    ("phong chay chua chay rung", "Kế hoạch số 07/KH-UBND"),
    ("MTTQ đại đoàn kết", "Ngày hội đại đoàn kết"),
    ("mat tran to quoc", "Ngày hội đại đoàn kết"),
    ("sen thap muoi", "Sen Tháp Mười"),
    ("bai choi", "Khai mạc hội Bài Chòi"),
    ("lua dao khong gian mang", "Tuyên truyền phòng, chống lừa đảo"),
    ("cau kenh nguyen van tiep", "Thông xe cầu"),
    ("thư viện xanh", "Trường tiểu học Vĩnh Mỹ"),
    ("kho du lieu", "Kho dữ liệu dùng chung"),
    ("khó khăn", "Hội Phụ nữ tặng quà"),
    ("khu phố kiểu mẫu", "QÐ công nhận khu phố"),
    ('"đồng ruộng"', "Sen Tháp Mười"),
    ('"dong ruong"', "Sen Tháp Mười"),
    ("trồng sen", "Sen Tháp Mười"),
    ("trong cay sat lo", "Ra quân trồng cây chống sạt lở"),
    ("cựu chiến bin*", "Gặp mặt cựu chiến binh"),
    ("bão OR triều", None),
    ("sáp nhập OR sắp xếp đơn vị", "Sắp xếp đơn vị hành chính"),
    ("thông xe -rừng", "Thông xe cầu"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "title"), FIRST)
def test_the_right_article_comes_first(written, query, title):
    results = search(written, query)
    assert results.hits, results.notes
    if title:
        assert results.hits[0].title.startswith(title), [hit.title for hit in results.hits[:5]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bán", 1),  # not "bàn", "bản", "ban"
        ("bàn", 1),
        ("ban", 6),
        ("mua", 2),
        ("mùa", 2),
        ("đà", 2),
        ("quý", 1),
        ('"dân vận"', 1),
        ('"vận dân"', 0),
        ("portal:danang", 10),
        ("portal:danang.gov.example", 10),
        ('portal:"đà nẵng"', 10),
        ("-portal:danang", 30),
        ("portal:danang OR portal:thuanhoa", 20),
        ("year:2021", 4),
        ("năm:2021", 4),
        ("year:2020..2021", 7),
        ("year:-2021", 7),
        ("after:2025", 2),
        ("after:30/06/2025", 1),
        ("before:2020-11", 2),
        ("after:2021-12 before:2022-02", 2),
        ('source:"báo đà nẵng"', 2),
        ("source:bao", 4),
        ("section:chi-dao", 6),
        ("has:source", 8),
        ("has:attachment", 0),
        ("-has:source", 32),
        ("status:gone", 0),
        ("status:live portal:chaudoc", 10),
        ("province:hue", 10),
        ('province:"An Giang"', 10),
        ("doc:33/CT-TTg", 1),
        ("doc:33/ct-ttg", 1),
        ("-doc:33/CT-TTg", 39),
        ("-tin", 39),
        ("NOT tin", 39),
        ("tin", 1),
        ("dân -vận portal:chaudoc", 4),
        ("(bão OR triều) -lũ", 2),
        ("đèn OR den", 6),
        ("", 40),
    ],
)
def test_how_many_are_found(written, query, found):
    results = search(written, query)
    assert (results.total, results.total_is_exact) == (found, True), [hit.title for hit in results.hits]


def test_marks_are_ignored_only_when_nothing_matches_with_them_and_it_is_said(written):
    assert IGNORED_MARKS not in search(written, "Châu Đốc").notes
    results = search(written, "Chầu Đôc")
    assert results.hits[0].title.startswith("Châu Đốc")
    assert IGNORED_MARKS in results.notes


def test_snippets_and_titles_are_the_original_text(written):
    hit = search(written, "chi thi 33 dan van").hits[0]
    plain = hit.snippet.replace("«", "").replace("»", "")
    assert "Ủy ban nhân dân tỉnh vừa ban hành kế hoạch thực hiện Chỉ thị số 33/CT-TTg." in plain
    assert "«Chỉ thị» số «33»/CT-TTg" in hit.snippet.replace("«33/CT»-TTg", "«33»/CT-TTg")
    assert "".join(text for text, _ in hit.title_parts) == hit.title
    assert hit.portal_name == "Cổng thông tin điện tử thành phố Châu Đốc"


def test_pages_are_stable_and_complete(written):
    for sort in ("rank", "newest", "oldest"):
        whole = [hit.article_id for hit in search(written, "tinh OR phuong", sort=sort, limit=100).hits]
        paged = [
            hit.article_id
            for offset in range(0, len(whole), 3)
            for hit in search(written, "tinh OR phuong", sort=sort, limit=3, offset=offset).hits
        ]
        assert paged == whole
        assert len(set(whole)) == len(whole) > 5


def test_sorting_by_date_puts_the_undated_last(written):
    for sort in ("newest", "oldest"):
        dates = [hit.published_at for hit in search(written, "", sort=sort, limit=100).hits]
        assert dates[-1] is None
        assert dates[:-1] == sorted(dates[:-1], reverse=sort == "newest")


def test_facets_count_the_whole_match(written):
    results = search(written, "", limit=1, facets=True)
    values = {name: dict(pairs) for name, pairs in results.facets.values.items()}
    assert values["portal"] == {"chaudoc": 10, "dongthap": 10, "danang": 10, "thuanhoa": 10}
    assert values["year"][""] == 1
    assert values["year"]["2021"] == 4
    assert list(values["year"]) == sorted(values["year"], reverse=True)
    assert values["source"]["Báo Đà Nẵng"] == 2
    assert sum(values["status"].values()) == results.total == 40
    assert results.facets.is_whole


def test_filters_can_be_given_apart_from_the_text(written):
    results = search(
        written, "phường", filters={"portal": ["danang", "thuanhoa"], "year": "2022", "xyz": "1"}
    )
    assert {hit.portal for hit in results.hits} <= {"danang", "thuanhoa"}
    assert {hit.published_at[:4] for hit in results.hits} == {"2022"}
    assert "unknown filter “xyz” was ignored" in results.notes


def test_what_is_not_understood_is_said(written):
    assert any("no date" in note for note in search(written, "after:hôm-qua lúa").notes)
    assert any("nothing here is called" in note for note in search(written, "portal:không-có").notes)
    assert search(written, "portal:không-có").total == 0
    assert any("has:" in note for note in search(written, "has:hình").notes)
    assert any("no filter" in note for note in search(written, "lịch:tiếp").notes)
    assert search(written, "lúa").notes == ()


def test_a_huge_match_is_ranked_in_part_and_says_so(written, monkeypatch):
    monkeypatch.setattr(ranking, "RANK_BOUND", 5)
    results = search(written, "dân", limit=30)
    assert (results.total, results.total_is_exact) == (5, False)
    assert any("most recently archived" in note for note in results.notes)
    titles = [hit.title for hit in results.hits]
    assert len(titles) < 12
    assert any(title.startswith("Nông dân cù lao") for title in titles), "archived early, found by its title"
    assert len([title for title in titles if "dân" not in title]) == 3, "archived last, found by their text"
    newest = search(written, "dân", sort="newest", limit=4).hits
    assert [hit.published_at[:4] for hit in newest] == ["2025", "2025", "2024", "2024"]
    with_facets = search(written, "dân", facets=True)
    assert (with_facets.total, with_facets.total_is_exact) == (12, True), "facets count on"


def test_facets_of_a_huge_match_say_that_they_stand_for_it(written):
    plan = matching(written, parse("dân"))
    counted = facets.count(written, plan, 6)
    assert (counted.counted, counted.is_whole) == (6, False)
    assert facets.count(written, plan).counted == 12


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("chaau doc", "chau doc"),
        ("Chau dcoc", "Chau doc"),
        ("ddong thap lap", "dong thap lap"),
        ("huonng dan", "huong dan"),
        ("xqzwvk", None),
        ("chau doc hanoi", None),
        ("dong thap chau", None),
    ],
)
def test_did_you_mean_offers_words_the_archive_has(written, typed, suggestion):
    results = search(written, typed)
    assert (results.total, results.suggestion) == (0, suggestion)
    if suggestion:
        assert search(written, suggestion).total > 0


def test_the_same_text_elsewhere_is_counted(bare):
    rows = list(written_archive.ARTICLES[:3])
    written_archive.fill(bare, [*rows, ("dongthap", "2022-02-02", None, None, rows[0][4], rows[0][5])])
    hits = search(bare, "dan van").hits
    assert [(hit.also_on, hit.also_portals) for hit in hits] == [(1, 1)]
    assert {hits[0].portal, hits[0].copies[0].portal} == {"chaudoc", "dongthap"}
    assert (search(bare, "dan van").total, search(bare, "dan van").folded) == (2, 1)
    apart = search(bare, "dan van", fold_copies=False)
    assert [hit.also_on for hit in apart.hits] == [1, 1]
    assert search(bare, "tiep cong dan").hits[0].also_on == 0


def test_a_title_typed_out_comes_before_titles_that_contain_it(bare):
    title = "Nhà thờ cổ bên đầm được trùng tu"
    rows = [("danang", None, None, None, made, "Thợ giữ lại mái ngói cũ.") for made in
            (f"Điểm tin: {title}", title, f"{title} (tin tiếp theo)")]  # fmt: skip
    written_archive.fill(bare, rows)
    for typed in (title, title.upper(), "nha tho co ben dam duoc trung tu"):
        assert search(bare, typed).hits[0].title == title
