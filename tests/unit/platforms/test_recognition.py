"""Each CMS is told from its own default templates, and its hints find the article's parts there.

The pages are short imitations of what the stock templates emit; the words are made up.
"""

import lxml.html
import pytest

from crawler.platforms import PLATFORMS, recognise

JOOMLA = """<html lang="en-gb"><head><meta name="generator" content="Joomla!
- Open Source Content Management">
<title>Trang chủ</title><script src="/media/jui/js/jquery.min.js"></script></head>
<body class="site com_content view-article no-layout no-task itemid-101">
<div class="item-page" itemscope itemtype="https://schema.org/Article">
<div class="page-header"><h2 itemprop="headline">Xã Minh Hòa ra quân làm thủy lợi nội đồng</h2></div>
<div class="icons"><a href="/tin-tuc/31-ra-quan?tmpl=component&amp;print=1">In</a></div>
<dl class="article-info muted"><dd class="createdby" itemprop="author">Viết
bởi <span itemprop="name">Lê Thu</span></dd>
<dd class="category-name">Chuyên mục: <a href="/tin-tuc">Tin tức</a></dd>
<dd class="published">Được đăng: <time datetime="2023-02-14T07:30:00+07:00"
itemprop="datePublished">14 Tháng 2 2023</time></dd>
<dd class="modified"><time datetime="2023-02-15T07:30:00+07:00">15 Tháng 2 2023</time></dd></dl>
<div itemprop="articleBody"><p>Sáng 14/2, hơn 200 đoàn viên nạo vét kênh cấp ba.</p></div>
<ul class="pager pagenav"><li class="next"><a href="/tin-tuc/30-khac">Kế tiếp</a></li></ul></div></body>
</html>"""

DRUPAL7 = """<html><head><meta name="Generator" content="Drupal 7 (http://drupal.org)">
<link rel="shortlink" href="/node/57"><link rel="canonical"
href="/tin-tuc/ra-quan-lam-thuy-loi-noi-dong"></head
<link rel="shortlink" href="/node/57"><link rel="canonical"
href="/tin-tuc/ra-quan-lam-thuy-loi-noi-dong"></head>
<body class="html not-front not-logged-in page-node page-node- page-node-57 node-type-article">
<a id="skip-link" href="#main">Skip to main content</a>
<h1 class="title" id="page-title">Ra quân làm thủy lợi</h1>
<div id="node-57" class="node node-article"><div class="meta submitted">
<span property="dc:date dc:created" content="2023-02-14T07:30:00+07:00">Submitted
by <span class="username">admin</span>
on Thu, 02/14/2023 - 07:30</span></div>
<div class="content"><div class="field field-name-body field-type-text-with-summary">
<div class="field-items">
<div class="field-item even" property="content:encoded"><p>Sáng 14/2, hơn 200 đoàn viên nạo vét kênh.</p>
</div></div></div>
<div class="field field-name-field-tags field-type-taxonomy-term-reference">
<a href="/taxonomy/term/3">Thủy lợi</a></div>
</div><ul class="links inline"><li><a href="/user/login?destination=node/57">Đăng nhập</a></li></ul></div>
<script>jQuery.extend(Drupal.settings, {"basePath":"/"});</script></body></html>"""

DRUPAL10 = """<html><head><meta name="Generator" content="Drupal 10 (https://www.drupal.org)">
<link rel="shortlink" href="https://xa.gov.example/node/57"></head>
<body class="path-node page-node-type-article">
<h1 class="page-title"><span>Ra quân làm thủy lợi</span></h1>
<article data-history-node-id="57" class="node node--type-article"><footer class="node__meta">
<div class="node__submitted"><time datetime="2023-02-14T00:30:00Z">14/02/2023</time></div></footer>
<div class="node__content"><div class="field field--name-body">
<p>Sáng 14/2, hơn 200 đoàn viên nạo vét kênh.</p></div></div>
</article><script data-drupal-selector="drupal-settings-json" type="application/json">{}</script></body>
</html>"""

LIFERAY = """<html class="aui ltr"><head><link class="lfr-css-file" href="/t/css/main.css">
<script>var Liferay={};Liferay.ThemeDisplay={}</script></head><body class="yui3-skin-sam public-page site">
<a href="#main-content" id="skip-to-content">Truy cập nội dung luôn</a>
<div class="portlet-boundary portlet-boundary_101_ portlet-asset-publisher" id="p_p_id_101_">
<header class="portlet-topper"><span class="portlet-title-text">Tin nổi bật</span></header>
<div class="asset-full-content"><h3 class="asset-title">Ra quân làm thủy lợi</h3>
<div class="assetPublishDate block_timer">Ngày đăng 14/02/2023 | 07:30 AM &nbsp;|&nbsp;View count: 5</div>
<div class="asset-content"><div class="journal-content-article"><p>Sáng 14/2, đoàn viên nạo vét kênh.</p>
</div></div>
<div class="asset-metadata"></div></div></div></body></html>"""

SHAREPOINT = """<html><head><meta name="GENERATOR" content="Microsoft SharePoint"></head><body>
<form id="aspnetForm"><div id="s4-workspace"><div id="ctl00_PlaceHolderMain_x">
<h1>Ra quân làm thủy lợi</h1>
<div id="ctl00_PlaceHolderMain_ctl01__ControlWrapper_RichHtmlField" class="ms-rtestate-field">
<p>Sáng 14/2, đoàn viên nạo vét kênh.</p></div></div></div></form></body></html>"""

DNN = """<html><head><meta name="GENERATOR" content="DotNetNuke "></head><body>
<input name="__dnnVariable" type="hidden"><div id="dnn_ContentPane"><div class="DnnModule DnnModule-746">
<h1 class="edn_articleTitle">Ra quân làm thủy lợi</h1>
<div class="DNNModuleContent"><div class="Normal"><p>Sáng 14/2, đoàn viên nạo vét kênh.</p>
<p>Hơn hai trăm đoàn viên, hội viên và bà con các ấp đã cùng nhau dọn cỏ, khơi dòng tuyến kênh dài gần ba cây
số, bảo đảm nước tưới cho bốn trăm hecta lúa xuân hè. Đây là lần ra quân thứ hai kể từ đầu năm; các ấp còn lại
sẽ làm trong tuần tới, trước khi xuống giống đồng loạt theo lịch thời vụ của huyện.</p></div></div>
</div></div></body></html>"""

WEBCENTER = """<html><head><script src="/webcenter/afr/x.js"></script></head><body>
<script>AdfPage.PAGE</script>
<h1 class="detail-title">Ra quân làm thủy lợi</h1><div class="detail-content">
<p>Sáng 14/2, nạo vét kênh.</p></div>
<a href="/webcenter/portal/ubnd/pages_tin-tuc/chi-tiet?dDocName=PORTAL1">Khác</a></body></html>"""

HANOI = (
    """<html><body><h1 class="detail-title" data-role="title">Ra quân làm thủy lợi</h1>
<h2 class="detail-sapo" data-role="sapo">Hơn 200 người tham gia.</h2>
<div data-role="publishdate">07:30 14/02/2026</div>
<div class="detail-content" data-role="content"><p>Sáng 14/2, nạo vét kênh.</p></div>"""
    + "".join(f'<a href="/thong-bao/viec-{i}-279926021407300000{i}.htm">Việc {i}</a>' for i in range(6))
    + "</body></html>"
)
HUE = (
    "<html><body><h1>Ra quân làm thủy lợi</h1><div class='noidung'><p>Sáng 14/2, nạo vét kênh.</p></div>"
    + "".join(f'<a href="/?gd=8&amp;cn={i}">Mục {i}</a>' for i in range(6))
    + "</body></html>"
)
PORTALPAGES = (
    "<html><body><h1 class='news-title'>Ra quân làm thủy lợi</h1><div class='noidung'>"
    "<p>Sáng 14/2, nạo vét.</p></div>"
    + "".join(f'<a href="/portal/pages/2023-2-{i}/ra-quan-4686{i}.aspx">Tin {i}</a>' for i in range(1, 7))
    + "</body></html>"
)

PAGES = [
    ("joomla", "https://xa.gov.example/tin-tuc/31-ra-quan", JOOMLA),
    ("drupal", "https://xa.gov.example/tin-tuc/ra-quan", DRUPAL7),
    ("drupal", "https://xa.gov.example/tin-tuc/ra-quan", DRUPAL10),
    ("liferay", "https://xa.gov.example/tin/-/view_content/31-ra-quan.html", LIFERAY),
    ("sharepoint", "https://xa.gov.example/Pages/ra-quan.aspx", SHAREPOINT),
    ("dotnetnuke", "https://xa.gov.example/tin/moduleId/746/ItemId/31", DNN),
    (
        "webcenter",
        "https://xa.gov.example/webcenter/portal/ubnd/pages_tin-tuc/chi-tiet?dDocName=PORTAL2",
        WEBCENTER,
    ),
    ("hanoi2025", "https://xa.gov.example/", HANOI),
    ("huecms", "https://xa.gov.example/", HUE),
    ("portalpages", "https://xa.gov.example/", PORTALPAGES),
]


def first(tree, paths):
    for path in paths:
        if found := tree.xpath(path):
            return found[0]
    return None


@pytest.mark.parametrize(("platform", "url", "html"), PAGES)
def test_stock_templates_are_recognised_and_read(platform, url, html):
    tree = lxml.html.document_fromstring(html)
    name, confidence = recognise(tree, url, html)
    assert (name, confidence >= 0.7) == (platform, True)
    hints = PLATFORMS[platform].hints
    title = first(tree, hints.title)
    assert title is not None
    assert "làm thủy lợi" in title.text_content()
    body = first(tree, hints.body)
    assert body is not None
    assert "Sáng 14/2" in body.text_content()
    assert "Đăng nhập" not in body.text_content()


def test_a_page_without_marks_is_generic():
    html = "<html><body><h1>Thông báo</h1><p>Nghỉ lễ từ ngày 30/4.</p></body></html>"
    assert (
        recognise(lxml.html.document_fromstring(html), "https://xa.gov.example/tin/1", html)[0] == "generic"
    )


def test_a_url_alone_never_names_the_cms():
    tree = lxml.html.document_fromstring("<html><body></body></html>")
    for url in (
        "https://x.gov.example/a/-/view_content/1-a.html",
        "https://x.gov.example/node/5",
        "https://x.gov.example/?gd=1&cn=2",
    ):
        for platform in PLATFORMS.values():
            if platform.name != "websphere":
                assert platform.recognises(tree, url, "<html><body></body></html>") <= 0.6


@pytest.mark.parametrize("html", [DRUPAL7, DRUPAL10])
def test_drupal_pages_state_their_node(html):
    tree = lxml.html.document_fromstring(html)
    drupal = PLATFORMS["drupal"]
    assert drupal.page_content_id(tree, "https://xa.gov.example/tin-tuc/ra-quan") == "57"
    assert drupal.page_kind(tree, "https://xa.gov.example/tin-tuc/ra-quan") == "article"


def test_drupal_lists_state_none():
    html = """<html><head><meta name="Generator" content="Drupal 7"></head>
<body class="html page-taxonomy page-taxonomy-term">
    <div class="node node-article"></div><ul class="pager"><li class="pager-next">
<a href="/tin-tuc?page=2">sau ›</a></li>
    <li><a href="/tin-tuc">1</a></li><li class="pager-last"><a href="/tin-tuc?page=7">cuối</a></li></ul>
</body></html>"""
    tree = lxml.html.document_fromstring(html)
    drupal = PLATFORMS["drupal"]
    url = "https://xa.gov.example/tin-tuc?page=1"
    assert drupal.page_content_id(tree, url) is None
    assert drupal.page_kind(tree, url) == "listing"
    assert list(drupal.next_listings(tree, url)) == ["https://xa.gov.example/tin-tuc?page=2"]
    assert list(drupal.next_listings(tree, "https://xa.gov.example/tin-tuc?page=7")) == []


def test_joomla_says_what_its_page_is():
    joomla = PLATFORMS["joomla"]
    assert joomla.page_kind(lxml.html.document_fromstring(JOOMLA), "") == "article"
    blog = """<body class="site com_content view-category layout-blog"><div class="blog">
<div class="items-leading"></div></div>
    <div class="pagination"><ul class="pagination-list"><li>
<a href="/tin-tuc?start=5" class="pagenav">2</a></li>
    <li><a href="/tin-tuc?start=10" class="pagenav">3</a></li></ul></div></body>"""
    tree = lxml.html.document_fromstring(blog)
    assert joomla.page_kind(tree, "") == "listing"
    assert list(joomla.next_listings(tree, "https://xa.gov.example/tin-tuc")) == [
        "https://xa.gov.example/tin-tuc?start=5"
    ]
    assert list(joomla.next_listings(tree, "https://xa.gov.example/tin-tuc?start=5")) == [
        "https://xa.gov.example/tin-tuc?start=10"
    ]
    assert list(joomla.next_listings(tree, "https://xa.gov.example/tin-tuc?start=10")) == []
    contact = lxml.html.document_fromstring(
        '<body class="site com_contact view-contact"><h2>Liên hệ</h2></body>'
    )
    assert joomla.page_kind(contact, "") == "listing"


def test_joomla_articles_in_parts_lead_from_one_to_the_next():
    html = """<body class="com_content view-article"><div class="item-page">
    <div class="pull-right article-index"><ul>
    <li><a href="/tin-tuc/31-a" class="toclink active">1</a></li>
    <li><a href="/tin-tuc/31-a?showall=&amp;start=1" class="toclink">2</a></li>
    <li><a href="/tin-tuc/31-a?showall=&amp;start=2" class="toclink">3</a></li>
    <li><a href="/tin-tuc/31-a?showall=1" class="toclink">All Pages</a></li></ul></div></div>
    <a href="/tin-tuc?start=5">5</a></body>"""
    tree = lxml.html.document_fromstring(html)
    joomla = PLATFORMS["joomla"]
    first_part = "https://xa.gov.example/tin-tuc/31-a"
    second = joomla.next_part(tree, first_part)
    assert second == f"{first_part}?showall=&start=1"
    third = joomla.next_part(tree, second)
    assert third == f"{first_part}?showall=&start=2"
    assert joomla.next_part(tree, third) is None
    assert joomla.next_part(lxml.html.document_fromstring(JOOMLA), first_part) is None
