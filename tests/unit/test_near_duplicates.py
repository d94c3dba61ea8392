"""Copies and forms: what is one text on several portals, what only looks like it, and what an update does."""

import pytest
import written_archive
from click.testing import CliRunner

from archive.commands.duplicates import duplicates
from archive.database import open_archive
from archive.near_duplicates import changes, duplicates_of, update
from archive.near_duplicates.likeness import is_same_form, prepare, similarity
from archive.near_duplicates.signatures import BANDS, estimate, keys_of, sign, sign_text
from archive.near_duplicates.update import waiting
from archive.search import search
from archive.urls import urlkey

NEWS = (
    "Sáng 12/3, Ủy ban nhân dân huyện Cồn Tre khởi công đường liên xã dài 7 km, nối bến phà Cái Sâu với chợ.",
    "Con đường rộng sáu mét, mặt bê tông, có hệ thống thoát nước và đèn chiếu sáng ở đoạn qua khu dân cư.",
    "Phát biểu tại lễ khởi công, lãnh đạo huyện cảm ơn bà con đã hiến đất và cây trồng để mở rộng nền đường.",
    "Ông Nguyễn Văn Đậu, người hiến đất nhiều nhất, nói có đường thì trái cây của xã bán được giá hơn.",
    "Nhà thầu cam kết hoàn thành trước mùa mưa năm sau và bố trí đường tạm để học sinh đi học khi thi công.",
    "Nhân dịp này, hội khuyến học tặng hai mươi chiếc xe đạp cho học sinh nhà xa của ba xã dọc đường.",
    "Theo kế hoạch, tuyến đường là một phần của chương trình giao thông nông thôn do tỉnh hỗ trợ vốn.",
)
TEXT = "\n".join(NEWS)
FORM = (
    "Ủy ban nhân dân xã kính mời đại biểu Hội đồng nhân dân, trưởng các ấp và đại diện các đoàn thể"
    " đến dự cuộc họp bàn việc đóng góp làm đường. Thời gian: {time}. Địa điểm: hội trường {place}."
    " Cuộc họp rất quan trọng,"
    " đề nghị quý vị sắp xếp công việc đến dự đông đủ và đúng giờ để cuộc họp đạt kết quả tốt."
)


def invitation(time="8 giờ ngày 05/3/2024", place="xã"):
    return prepare("Giấy mời họp", "", FORM.format(time=time, place=place))


def news(text=TEXT, title="Khởi công đường liên xã"):
    return prepare(title, "", text)


@pytest.mark.parametrize(
    ("other", "least"),
    [
        (news(title="Huyện làm đường mới cho dân"), 1.0),
        (news("\n".join(NEWS[:6])), 0.8),
        (news(TEXT.replace("Nguyễn Văn Đậu", "Trần Văn Mít").replace("bê tông", "nhựa")), 0.85),
        (news(TEXT.replace("Ủy", "Uỷ").upper()), 0.99),
    ],
)
def test_copies_are_one_text(other, least):
    assert similarity(news(), other) >= least
    assert not is_same_form(news(), other)


@pytest.mark.parametrize(
    "other",
    [
        invitation("14 giờ ngày 19/4/2024"),
        invitation("8 giờ ngày 05/3/2025"),
        invitation(place="ấp Gò Me"),
    ],
)
def test_invitations_of_one_form_are_two_notices(other):
    one = invitation() if other.names == invitation().names else invitation(place="ấp Tân Bình")
    assert similarity(one, other) > 0.7
    assert is_same_form(one, other)


def test_days_of_the_week_and_numbers_of_titles_tell_forms_apart():
    assert is_same_form(invitation("sáng thứ Hai"), invitation("sáng thứ sáu"))
    assert is_same_form(news(title="Quyết định số 271/QĐ-UBND"), news(title="Quyết định số 329/QĐ-UBND"))
    assert not is_same_form(invitation("8 giờ ngày 5/3/2024"), invitation("8 giờ ngày 05/03/2024"))


def test_signatures_are_stable_and_say_how_alike_two_texts_are():
    made = sign(news().runs)
    assert made == sign(sorted(news().runs)) == sign_text("Một tên khác", "", TEXT)
    assert len(keys_of(made)) == BANDS
    assert keys_of(b"old") == ()
    assert sign_text("Họp", "", "Xem tệp đính kèm.") == b""
    shorter = "\n".join(NEWS[:6])
    wanted = similarity(news(), prepare("", "", shorter))
    assert estimate(made, sign_text("", "", shorter)) == pytest.approx(wanted, abs=0.16)
    assert estimate(made, sign_text("", "", FORM.format(time="8 giờ", place="xã") * 2)) < 0.2
    assert estimate(made, b"") == 0.0


def test_signatures_made_beforehand_are_taken(tmp_path):
    folder = tmp_path / "kho"
    written_archive.make(folder, [("chaudoc", None, "Tin", None, "Khởi công", TEXT)])
    db = open_archive(folder, write=True)
    [(digest,)] = db.execute("SELECT text_digest FROM articles").fetchall()
    update(db, signed={digest: sign_text("Khởi công", "", "Một văn bản khác hẳn. " * 20)})
    given = db.execute("SELECT keys FROM signatures").fetchone()[0]
    assert given == sign_text("", "", "Một văn bản khác hẳn. " * 20)
    db.close()


@pytest.fixture
def kho(tmp_path):
    folder = tmp_path / "kho"
    rows = [
        ("chaudoc", "2024-03-13T08:00:00+07:00", "Tin", None, "Khởi công đường liên xã", TEXT),
        ("dongthap", "2024-03-12", "Tin", None, "Huyện làm đường mới", TEXT.replace("sáu mét", "bảy mét")),
        ("danang", None, "Tin", None, "Làm đường", "\n".join(NEWS[:6])),
        ("danang", "2024-03-01", "Tin", None, "Giấy mời", FORM.format(time="8 giờ ngày 05/3", place="xã")),
        ("danang", "2024-04-01", "Tin", None, "Giấy mời", FORM.format(time="7 giờ ngày 09/4", place="xã")),
        ("danang", "2024-04-01", "Tin", None, "Thông báo", "Mời bà con xem tệp đính kèm."),
        ("chaudoc", "2024-04-02", "Tin", None, "Thông báo", "Mời bà con xem tệp đính kèm."),
    ]
    return written_archive.make(folder, rows)


@pytest.fixture
def db(kho):
    db = open_archive(kho, write=True)
    yield db
    db.close()


def pairs(db):
    return db.execute("SELECT article_id, other_id FROM near_duplicates ORDER BY 1, 2").fetchall()


def test_an_update_takes_what_is_new_and_twice_is_once(db):
    assert waiting(db.conn) == 7
    done = update(db)
    assert (done.articles, done.pairs) == (7, 3)
    assert pairs(db) == [(1, 2), (1, 3), (2, 3)]
    assert update(db).articles == 0
    db.execute("UPDATE articles SET text = 'Bài đã viết lại, ngắn.' WHERE article_id = 2")
    assert update(db).articles == 1
    assert pairs(db) == [(1, 3)]
    db.execute("UPDATE articles SET text = ? WHERE article_id = 2", [TEXT])
    assert update(db, limit=1).pairs == 2


def test_an_update_in_pieces_finds_the_same(db):
    while update(db, limit=1).articles:
        pass
    assert pairs(db) == [(1, 2), (1, 3), (2, 3)]


def test_another_method_makes_all_signatures_anew(db):
    update(db)
    db.execute("UPDATE signature_method SET method = 'older'")
    assert update(db).articles == 7
    assert pairs(db) == [(1, 2), (1, 3), (2, 3)]


def test_copies_say_who_was_first_and_what_was_changed(db):
    update(db)
    copies = {one.article_id: one for one in duplicates_of(db.conn, 1)}
    assert (copies[2].is_first, copies[2].portal, copies[3].is_first) == (True, "dongthap", None)
    assert {one.article_id: one.is_first for one in duplicates_of(db.conn, 2)} == {1: False, 3: None}
    gone = [piece.text for piece in changes(db.conn, 1, 2) if piece.operation == "gone"]
    assert any("sáu" in text for text in gone)
    # A source that is named outweighs the dates.
    db.execute("UPDATE articles SET source_portal = 'chaudoc' WHERE article_id = 2")
    assert {one.article_id: one.is_first for one in duplicates_of(db.conn, 1)}[2] is False


def test_search_folds_copies(db):
    update(db)
    (hit,) = search(db, "khởi công bến phà").hits
    assert {hit.article_id, *(copy.article_id for copy in hit.copies)} == {1, 2, 3}
    assert (hit.also_on, hit.also_portals) == (2, len({copy.portal for copy in hit.copies} - {hit.portal}))
    apart = search(db, "khởi công bến phà", fold_copies=False).hits
    assert {one.article_id: one.also_on for one in apart} == {1: 2, 2: 2, 3: 2}
    first, second = (search(db, "khởi công bến phà", sort="newest", limit=1, offset=at) for at in (0, 1))
    assert len(first.hits) == 1
    assert second.hits == ()
    assert (first.total, first.folded) == (3, 2)


def test_the_command_lists_updates_and_compares(db, kho):
    url = "https://chaudoc.gov.example/tin/1.html"
    db.execute("UPDATE articles SET urlkey = ? WHERE article_id = 1", [urlkey(url)])
    db.conn.commit()
    db.close()
    run = CliRunner()
    done = run.invoke(duplicates, ["--archive", str(kho), "--update"])
    assert done.exit_code == 0
    assert "7 articles: 3 pairs" in done.output
    done = run.invoke(duplicates, [url, "--archive", str(kho), "--diff"])
    assert "published first · Huyện làm đường mới" in done.output
    assert "[-sáu -]{+bảy +}mét" in done.output
    done = run.invoke(duplicates, [url, "--archive", str(kho), "--json"])
    assert '"similarity"' in done.output
