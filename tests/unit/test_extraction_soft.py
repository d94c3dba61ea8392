"""Pages that answer 200 and carry no article: waiting rooms, log-ins, errors, spam, lists."""

import pytest

from archive.errors import NotAnArticle
from archive.records import Portal
from crawler.extraction import extract
from crawler.page import read_page

PORTAL = Portal(key="x", platform="generic", hosts=("xa.example.gov.vn",))
URL = "https://xa.example.gov.vn/tin-tuc/bai-viet-8123"
MENU = (
    '<ul><li><a href="/">Trang chủ</a></li><li><a href="/tin-tuc">Tin tức</a></li><li><a '
    'href="/lien-he">Liên hệ</a></li></ul>'
)

SOFT = {
    "wait_page": "<title>Hãy đợi...</title><body><h3>Bạn đã truy cập quá nhiều lần</h3><p>Hãy đợi "
    "trong giây lát rồi thử lại.</p>",
    "login": "<title>Đăng nhập</title><body><h1>Đăng nhập</h1><form>Tên <input name=u> Mật khẩu "
    "<input type=password name=p><button>Vào</button></form><p>Bạn cần đăng nhập để xem nội dung này.</p>",
    "maintenance": "<title>Thông báo</title><body><h2>Bảo trì hệ thống</h2><p>Trang thông tin điện "
    "tử đang được bảo trì, "
    "xin quý khách quay lại sau.</p>",
    "not_found": f"<title>Trang thông tin điện tử xã</title><body>{MENU}<h1>Không tìm thấy trang</h1>"
    "<p>Bài viết bạn yêu cầu không tồn tại hoặc đã bị xóa.</p>",
    "parked": "<title>xa.example</title><body><h1>This domain is for sale</h1><p>The domain name "
    "has expired. Buy this domain today.</p>",
    "injected_spam": "<title>Nhà cái uy tín</title><body><h1>Nhà cái uy tín số một hiện nay dành cho bạn</h1>"
    + "<p>Casino trực tuyến, tài xỉu, nổ hũ và soi kèo mỗi ngày, nhà cái tặng jackpot lớn, cá cược "
    "hợp pháp.</p>" * 3,
}

PROSE = (
    "Sáng 12/3, Ban Quản lý Trạm cấp nước xã Bình Lộc cho biết sẽ bảo trì hệ thống bơm trong ba "
    "ngày cuối tuần.",
    "Trong thời gian này, nước sinh hoạt tạm ngưng từ 22 giờ đến 4 giờ sáng hôm sau tại các ấp Tân "
    "Phú, Tân Lợi và Tân Hòa; "
    "các ấp còn lại vẫn được cấp nước bình thường, áp lực có thể yếu vào giờ cao điểm.",
    "Ông Trần Văn Lành, Trưởng trạm, đề nghị bà con chủ động trữ nước, khóa van khi không dùng và "
    "báo về số điện thoại trực "
    "nếu thấy nước đục kéo dài quá hai giờ sau khi có nước trở lại.",
    "Sau đợt này, trạm sẽ thay 400 mét ống cũ ở chợ xã và lắp thêm hai đồng hồ tổng để theo dõi thất thoát.",
)


def reason_of(page):
    with pytest.raises(NotAnArticle) as caught:
        extract(page, URL, PORTAL)
    return caught.value.reason


@pytest.mark.parametrize("kind", SOFT)
def test_soft_pages_are_typed(kind):
    assert reason_of(SOFT[kind]) == kind


@pytest.mark.parametrize("kind", SOFT)
def test_a_soft_page_becomes_no_article_in_a_crawl(kind):
    page = read_page(
        SOFT[kind].encode(), URL, headers={"Content-Type": "text/html; charset=utf-8"}, portal=PORTAL
    )
    assert (page.kind, page.soft_reason, page.article) == ("soft", kind, None)


def test_an_empty_page_is_empty():
    assert reason_of("") == "empty"
    assert reason_of("<html><body><div></div></body></html>") == "empty"


@pytest.mark.parametrize(
    "title",
    [
        "Tạm ngưng cấp nước để bảo trì hệ thống bơm",
        "Website giả mạo cổng dịch vụ công đang được bảo trì trở lại",
        "Không tìm thấy dấu hiệu bất thường tại trạm cấp nước",
    ],
)
def test_news_about_such_things_is_news(title):
    body = "".join(f"<p>{words}</p>" for words in PROSE)
    article = extract(f"<title>{title}</title><body>{MENU}<div><h1>{title}</h1>{body}</div>", URL, PORTAL)
    assert article.title == title
    assert article.full_text.count("\n") >= 3
    assert article.text.endswith(PROSE[-1])


def test_a_list_of_teasers_is_no_article():
    rows = "".join(
        f'<div class="item"><h3><a href="/tin-tuc/bai-{n}">{words[:70]}</a></h3><p>{words[:90]}… '
        f'<a href="/tin-tuc/bai-{n}">Xem tiếp</a></p></div>'
        for n, words in enumerate(PROSE * 3)
    )
    markup = f"<title>Tin tức</title><body>{MENU}<div><h1>Tin tức - sự kiện</h1>{rows}</div>"
    page = read_page(markup.encode(), "https://xa.example.gov.vn/tin-tuc", portal=PORTAL)
    assert (page.kind, page.article) == ("listing", None)
    assert sum("/tin-tuc/bai-" in link.url for link in page.links) == len(PROSE * 3)


def test_a_front_page_is_no_article():
    body = "".join(f"<p>{words}</p>" for words in PROSE)
    heading = "<h2>Giới thiệu chung</h2>"
    markup = f"<title>Trang thông tin điện tử xã Bình Lộc</title><body>{MENU}<div>{heading}{body}</div>"
    assert read_page(markup.encode(), "https://xa.example.gov.vn/", portal=PORTAL).article is None
