"""What a URL means on each CMS: every form the facts name, its twins, and what is refused."""

from urllib.parse import urlsplit

import pytest

from crawler.platforms import PLATFORMS

W = "https://minhhoa.gov.example"


def identify(platform, url):
    return PLATFORMS[platform].identify(urlsplit(url))


# platform, URLs of ONE article, its content id
ONE_ARTICLE = [
    (
        "joomla",
        [
            f"{W}/index.php/tin-tuc/12-khai-giang",
            f"{W}/tin-tuc/thoi-su/12-khai-giang",
            f"{W}/component/content/article/8-thoi-su/12-khai-giang",
            f"{W}/index.php?option=com_content&view=article&id=12:khai-giang&catid=8&Itemid=101",
            f"{W}/index.php?option=com_content&view=article&id=12%3Akhai-giang",
            f"{W}/tin-tuc/12-khai-giang?showall=1",
            f"{W}/tin-tuc/12-khai-giang?showall=&start=2",
            f"{W}/tin-tuc/12-khai-giang.html",
        ],
        "12",
    ),
    (
        "drupal",
        [f"{W}/node/10489", f"{W}/node/10489/", f"{W}/node/10489?page=1", f"{W}/?q=node/10489"],
        "10489",
    ),
    (
        "liferay",
        [
            f"{W}/web/bchqs/chi-tiet/-/asset_publisher/1mOzUrGkrdAE/content/id/10808955?plidlayout=8485",
            f"{W}/en/web/bchqs/khac/-/asset_publisher/AAAA/content/id/10808955?redirect=%2Fx&inheritRedirect=true",
        ],
        "10808955",
    ),
    (
        "liferay",
        [
            f"{W}/phuong-quan-hoa/-/view_content/2812999-hoi-nghi-tong-ket.html",
            f"{W}/en/phuong-quan-hoa/-/view_content/2812999-hoi-nghi-tong-ket.html",
            f"{W}/van-hoa/-/view_content/2812999-hoi-nghi-tong-ket.html/en/vi/vi/en",
            f"{W}/van-hoa/-/view_content/2812999-hoi-nghi-tong-ket.html/vi_VN",
            f"{W}/van-hoa/-/view_content/2812999-hoi-nghi-tong-ket.html/en/vi.html",
        ],
        "2812999",
    ),
    ("liferay", [f"{W}/tin-chi-tiet/-/bai-viet/le-hoi-ca-ong-1332-56.html"], "bai-viet/1332"),
    (
        "liferay",
        [
            f"{W}/chi-tiet/-/view-article/1/1694751820465/1692779813192",
            f"{W}/it/chi-tiet-tin/-/view-article/1/14002019065447/1692779813192",
            f"{W}/iw/chi-tiet-tin/-/view-article/1/14002019065447/1692779813192",
        ],
        "1692779813192",
    ),
    (
        "liferay",
        [
            f"{W}/web/guest/cong-an;jsessionid=50EC1A?p_p_id=EXT_ARTICLEVIEW&p_p_lifecycle=1&p_p_state=maximized"
            "&_EXT_ARTICLEVIEW_groupId=10217&_EXT_ARTICLEVIEW_articleId=1210580&_EXT_ARTICLEVIEW_version=1.0"
            "&_EXT_ARTICLEVIEW_i=7&_EXT_ARTICLEVIEW_redirect=%2Fweb",
            f"{W}/web/guest/khac?_EXT_ARTICLEVIEW_articleId=1210580&_EXT_ARTICLEVIEW_groupId=10217&p_p_id=EXT_ARTICLEVIEW",
        ],
        "10217/1210580",
    ),
    (
        "sharepoint",
        [
            f"{W}/noidung/tintuc/Pages/chi-tiet-tin-tuc.aspx?ItemID=539&l=Tinhoatdong&lv=9",
            f"{W}/noidung/tintuc/Pages/chi-tiet-tin-tuc.aspx?l=Tinhoatdong&itemid=539",
        ],
        "/l=tinhoatdong/539",
    ),
    (
        "sharepoint",
        [
            f"{W}/tintuc/Lists/Posts/Post.aspx?ItemID=14335&Mode=1&Source=%2Ftintuc",
            f"{W}/tintuc/Lists/Posts/Post.aspx?ItemID=14335&InitialTabId=Ribbon.Read&VisibilityContext=WSSTabPersistence",
        ],
        "/tintuc/lists/posts/post.aspx/14335",
    ),
    (
        "sharepoint",
        [f"{W}/quangtrung/Pages/noi-dung-tin.aspx?NewsID=2010"],
        "/quangtrung/pages/noi-dung-tin.aspx/2010",
    ),
    ("portalpages", [f"{W}/portal/pages/2023-01-30/le-xuong-dong-468686.aspx"], "2023-01-30/468686"),
    ("portalpages", [f"{W}/portal/pages/2020/tap-huan-61.aspx"], "2020/61"),
    ("portalpages", [f"{W}/portal/Pages/2024-5-17/KE-HOACH-TUYEN-TRUYENhvbq96.aspx"], "2024-5-17/hvbq96"),
    (
        "vnpt",
        [
            f"{W}/thanh-lap-thi-xa/phuong-an-sap-xep-1105750",
            f"{W}/tin-tuc/phuong-an-sap-xep-1105750?pageindex=0",
        ],
        "1105750",
    ),
    (
        "vnpt",
        [f"{W}/1227/27461/54439/293909/tin-tuc/phuong-an", f"{W}/1227/27461/54440/293909/khac/phuong-an"],
        "old/293909",
    ),
    ("vnpt", [f"{W}/ubnd-stg/4/469/54273/337582/Tin-tuc/Khoi-cong.aspx"], "old/337582"),
    (
        "webcenter",
        [
            f"{W}/webcenter/portal/ubnd/pages_tin-tuc/chi-tiet?dDocName=PORTAL512708",
            f"{W}/webcenter/portal/tamky/pages_tin-tuc/chi-tiet?_afrLoop=91&dDocName=PORTAL512708&_adf.ctrl-state=ab",
        ],
        "PORTAL512708",
    ),
    (
        "dotnetnuke",
        [
            f"{W}/Bo-thu-tuc/moduleId/746/ItemId/12892/controller/ThuTuc_NguoiDung/action/Edit",
            f"{W}/Khac/moduleId/746/ItemId/12892",
        ],
        "746/12892",
    ),
    (
        "huecms",
        [f"{W}/?gd=8&cn=262&tc=30622", f"{W}/?tc=30622&cn=262&gd=8", f"{W}/?gd=1&cn=9&tc=30622"],
        "30622",
    ),
    (
        "hanoi2025",
        [
            f"{W}/thong-bao/lich-tiep-dan-2799260105141822054.htm",
            f"{W}/tin-tuc/lich-tiep-dan-2799260105141822054.htm",
        ],
        "2799260105141822054",
    ),
]


@pytest.mark.parametrize(("platform", "urls", "content_id"), ONE_ARTICLE)
def test_all_urls_of_one_article_meet(platform, urls, content_id):
    identities = [identify(platform, url) for url in urls]
    assert {identity.kind for identity in identities} == {"article"}
    assert {identity.excluded for identity in identities} == {""}
    assert {identity.content_id for identity in identities} == {content_id}
    assert len({identity.compared for identity in identities}) == 1


# platform, URLs that must stay apart
APART = [
    ("joomla", [f"{W}/tin-tuc/8-thoi-su", f"{W}/tin-tuc/8-khai-giang", f"{W}/tin-tuc/9-khai-giang"]),
    ("joomla", [f"{W}/tin-tuc", f"{W}/tin-tuc?start=5", f"{W}/tin-tuc?start=10"]),
    ("joomla", [f"{W}/tin-tuc/8-thoi-su", f"{W}/tin-tuc/8-thoi-su?start=5"]),
    ("drupal", [f"{W}/node/1", f"{W}/node/11", f"{W}/taxonomy/term/1", f"{W}/taxonomy/term/1?page=1"]),
    (
        "liferay",
        [f"{W}/a/-/view_content/1-x.html", f"{W}/a/-/view_content/11-x.html", f"{W}/a/-/bai-viet/x-1-2.html"],
    ),
    (
        "liferay",
        [
            f"{W}/web/a/x/-/asset_publisher/q/content/ke-hoach",
            f"{W}/web/b/x/-/asset_publisher/q/content/ke-hoach",
        ],
    ),
    (
        "sharepoint",
        [
            f"{W}/a/Pages/tin.aspx?ItemID=5",
            f"{W}/b/Pages/tin.aspx?ItemID=5",
            f"{W}/a/Pages/tin.aspx?ItemID=6",
        ],
    ),
    ("sharepoint", [f"{W}/t/Pages/tin.aspx?ItemID=5&l=A", f"{W}/t/Pages/tin.aspx?ItemID=5&l=B"]),
    (
        "sharepoint",
        [
            f"{W}/t/Lists/C/View_Detail.aspx?Page=11",
            f"{W}/t/Lists/C/View_Detail.aspx?ItemID=11",
            f"{W}/t/Lists/C/View_Detail.aspx",
        ],
    ),
    ("portalpages", [f"{W}/portal/pages/2020/a-61.aspx", f"{W}/portal/pages/2021/a-61.aspx"]),
    # A year at the end of a slug is no id.
    ("vnpt", [f"{W}/tin/ke-hoach-nam-2021", f"{W}/tin/bao-cao-nam-2021"]),
    ("huecms", [f"{W}/?gd=8&cn=262", f"{W}/?gd=8&cn=263", f"{W}/?gd=8&cn=262&page=2", f"{W}/"]),
    (
        "webcenter",
        [
            f"{W}/webcenter/portal/u/pages_t?catalog=CTXH&page=2",
            f"{W}/webcenter/portal/u/pages_t?catalog=KTXH&page=2",
        ],
    ),
]


@pytest.mark.parametrize(("platform", "urls"), APART)
def test_different_things_stay_apart(platform, urls):
    assert len({identify(platform, url).compared for url in urls}) == len(urls)


REFUSED = [
    ("joomla", f"{W}/tin-tuc/12-khai-giang?tmpl=component&print=1&layout=default&page=", ("print", "pop_up")),
    ("joomla", f"{W}/component/mailto/?tmpl=component&link=8d0f", ("sendmail",)),
    ("joomla", f"{W}/tin-tuc?format=feed&type=rss", ("feed",)),
    ("joomla", f"{W}/component/users/?view=remind", ("login",)),
    ("joomla", f"{W}/component/search/?searchword=abc", ("search",)),
    ("joomla", f"{W}/component/jevents/month.calendar/2056/12/-", ("calendar",)),
    ("joomla", f"{W}/lich/month.calendar/2056/12/01/-", ("calendar",)),
    ("joomla", f"{W}/tin-tuc/itemlist/tag/thuy-loi", ("tag",)),
    ("drupal", f"{W}/user/login?destination=node/7%23comment-form", ("login",)),
    ("drupal", f"{W}/comment/7", ("comment",)),
    ("drupal", f"{W}/forum/3?sort=asc&order=Topic", ("sort",)),
    ("drupal", f"{W}/book/export/html/9", ("print",)),
    ("drupal", f"{W}/print/ban-tin-canh-bao-ret", ("print",)),
    ("drupal", f"{W}/taxonomy/term/4/feed", ("feed",)),
    ("drupal", f"{W}/tags/thuy-loi", ("tag",)),
    (
        "liferay",
        f"{W}/login?p_p_id=58&p_p_lifecycle=0&_58_struts_action=%2Flogin%2Fopen_id/vi/vi/en",
        ("login",),
    ),
    ("liferay", f"{W}/c/portal/login?p_l_id=1", ("login",)),
    ("liferay", f"{W}/tin?p_p_id=33_x&p_p_lifecycle=0&p_p_state=pop_up", ("pop_up",)),
    ("liferay", f"{W}/tin?p_p_id=poll&p_p_lifecycle=1", ("action",)),
    ("sharepoint", f"{W}/vbpq-print.aspx?ItemID=38585", ("print",)),
    ("sharepoint", f"{W}/_layouts/15/Authenticate.aspx?Source=%2F", ("login",)),
    ("sharepoint", f"{W}/t/Lists/A/DispForm.aspx?ID=3&SortField=Title&SortDir=Asc", ("sort",)),
    ("portalpages", f"{W}/portal/pages/print.aspx?p=31310", ("print",)),
    ("dotnetnuke", f"{W}/tabid/95/ctl/Login/Default.aspx?returnurl=%2f", ("login",)),
    ("dotnetnuke", f"{W}/Tin?dnnprintmode=true&SkinSrc=x", ("print",)),
]


@pytest.mark.parametrize(("platform", "url", "reasons"), REFUSED)
def test_traps_are_refused_with_a_reason(platform, url, reasons):
    identity = identify(platform, url)
    assert identity.excluded in reasons
    # A refused twin must never take the article's own row in the ledger.
    article = identify(platform, url.partition("?")[0])
    assert article.excluded or identity.compared != article.compared


LISTINGS = [
    ("joomla", f"{W}/tin-tuc?start=10", f"{W}/tin-tuc?start=10"),
    ("drupal", f"{W}/tin-tuc?page=2", f"{W}/tin-tuc?page=2"),
    ("drupal", f"{W}/taxonomy/term/4?page=0", f"{W}/taxonomy/term/4"),
    (
        "liferay",
        f"{W}/cntt?p_p_id=101&p_p_lifecycle=0&p_p_state=normal&p_p_mode=view&_101_delta=10&_101_keywords="
        "&_101_advancedSearch=false&_101_andOperator=true&p_r_p_564233524_resetCur=false&_101_cur=17",
        f"{W}/cntt?p_p_id=101&_101_cur=17&_101_delta=10",
    ),
    ("liferay", f"{W}/cntt?p_p_id=101&_101_delta=10&_101_cur=1", f"{W}/cntt"),
    (
        "sharepoint",
        f"{W}/mic/Pages/ChuyenMuc/PhanTrang/1753/10/Chuyen-doi-so.html",
        f"{W}/mic/Pages/ChuyenMuc/PhanTrang/1753/10/Chuyen-doi-so.html",
    ),
    ("vnpt", f"{W}/tin-tuc/tin-khac?pageindex=3", f"{W}/tin-tuc/tin-khac?pageindex=3"),
    ("hanoi2025", f"{W}/thong-bao/trang-2.htm", f"{W}/thong-bao/trang-2.htm"),
    ("hanoi2025", f"{W}/thong-bao/trang-1.htm", f"{W}/thong-bao.htm"),
]


@pytest.mark.parametrize(("platform", "url", "canonical"), LISTINGS)
def test_listings_keep_their_page_and_nothing_else(platform, url, canonical):
    identity = identify(platform, url)
    assert (identity.kind, identity.canonical_url, identity.excluded) == ("listing", canonical, "")


def test_split_articles_are_asked_for_whole():
    identity = identify("joomla", f"{W}/vi/quy-che-lam-viec?showall=&start=4")
    assert identity.canonical_url == f"{W}/vi/quy-che-lam-viec"
    assert identity.fetch_url == f"{W}/vi/quy-che-lam-viec?showall=1"


FILES = [
    (
        "liferay",
        f"{W}/documents/711655/716588/ban-do.png?t=1658804544379",
        "image",
        f"{W}/documents/711655/716588/ban-do.png",
    ),
    (
        "liferay",
        f"{W}/documents/711655/0/ke-hoach.pdf/9f998d3b-1c2d-4e5f-8a9b-0123456789ab?version=1.0",
        "attachment",
        f"{W}/documents/711655/0/ke-hoach.pdf",
    ),
    (
        "liferay",
        f"{W}/c/document_library/get_file?uuid=9f998d3b&groupId=10217",
        "attachment",
        f"{W}/c/document_library/get_file?uuid=9f998d3b&groupId=10217",
    ),
    (
        "liferay",
        f"{W}/image/journal/article?img_id=4418032&t=1658804544379",
        "image",
        f"{W}/image/journal/article?img_id=4418032",
    ),
    (
        "sharepoint",
        f"{W}/t/Lists/A/Attachments/7/ke hoach.docx",
        "attachment",
        f"{W}/t/Lists/A/Attachments/7/ke hoach.docx",
    ),
    (
        "dotnetnuke",
        f"{W}/LinkClick.aspx?fileticket=abc%3d&tabid=9",
        "attachment",
        f"{W}/LinkClick.aspx?fileticket=abc%3d",
    ),
    ("drupal", f"{W}/sites/default/files/qd-12.PDF", "attachment", f"{W}/sites/default/files/qd-12.PDF"),
]


@pytest.mark.parametrize(("platform", "url", "kind", "canonical"), FILES)
def test_files(platform, url, kind, canonical):
    identity = identify(platform, url)
    assert (identity.kind, identity.canonical_url, identity.excluded) == (kind, canonical, "")


@pytest.mark.parametrize("platform", ["joomla", "drupal"])
def test_the_front_page_has_one_url(platform):
    assert (
        len({identify(platform, f"{W}{path}").compared for path in ("", "/", "/index.php", "/index.php/")})
        == 1
    )
