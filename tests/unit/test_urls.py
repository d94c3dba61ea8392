"""The rules of archive.urls, each with the case that made it necessary."""

import pytest

from archive.urls import canonical, clean_query, is_web, urlkey


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://WWW.ChauDoc.AnGiang.gov.vn", "http://www.chaudoc.angiang.gov.vn/"),
        ("https://a.gov.vn:443/tin", "https://a.gov.vn/tin"),
        ("http://a.gov.vn:8080/tin", "http://a.gov.vn:8080/tin"),
        ("http://user:secret@a.gov.vn/", "http://a.gov.vn/"),
        ("http://a.gov.vn./tin#binh-luan", "http://a.gov.vn/tin"),
        ("http://a.gov.vn/tin;jsessionid=0A1B?x=1", "http://a.gov.vn/tin?x=1"),
        ("http://a.gov.vn/tin/%e1%ba%a3nh", "http://a.gov.vn/tin/%E1%BA%A3nh"),
        ("http://a.gov.vn/tin/ảnh", "http://a.gov.vn/tin/%E1%BA%A3nh"),
        ("http://a.gov.vn/%7Euser/%2E%2E/x", "http://a.gov.vn/x"),
        ("http://a.gov.vn/100%/x%zz", "http://a.gov.vn/100%25/x%25zz"),
        ("http://a.gov.vn/a%2Fb", "http://a.gov.vn/a%2Fb"),
        ("http://a.gov.vn/a%252Fb", "http://a.gov.vn/a%252Fb"),
        ("http://a.gov.vn//tin///moi/./x/../y/", "http://a.gov.vn/tin/moi/y/"),
        ("http://a.gov.vn/../../etc/passwd", "http://a.gov.vn/etc/passwd"),
        ("http://a.gov.vn/t?utm_source=zalo&id=5&fbclid=x", "http://a.gov.vn/t?id=5"),
        ("http://a.gov.vn/?b=2&a=1", "http://a.gov.vn/?b=2&a=1"),
        ("http://a.gov.vn/modules.php?name=News&sid=12", "http://a.gov.vn/modules.php?name=News&sid=12"),
        ("http://a.gov.vn/?sid=0123456789abcdef0123456789abcdef&id=1", "http://a.gov.vn/?id=1"),
        ("http://a.gov.vn/?rss", "http://a.gov.vn/?rss"),
        ("http://a.gov.vn/?q=h%20o%C3%A0", "http://a.gov.vn/?q=h+o%C3%A0"),
        ("http://[2001:DB8::1]/x", "http://[2001:db8::1]/x"),
        ("http://tỉnh.vn/", "http://xn--tnh-dlz.vn/"),
        (" \thttp://a.gov.vn/a\nb ", "http://a.gov.vn/ab"),
        ("http://a.gov.vn:80/", "http://a.gov.vn/"),
        ("https://a.gov.vn:80/", "https://a.gov.vn:80/"),
        ("http://a.gov.vn:443/", "http://a.gov.vn:443/"),
        # A dot or two at the end is a folder; so is nothing.
        ("http://a.gov.vn/tin/.", "http://a.gov.vn/tin/"),
        ("http://a.gov.vn/tin/xa/..", "http://a.gov.vn/tin/"),
        ("http://a.gov.vn/..", "http://a.gov.vn/"),
        ("http://a.gov.vn/tin", "http://a.gov.vn/tin"),
        # What means itself is not escaped, what divides stays escaped, a blank and a quote are escaped.
        ("http://a.gov.vn/%41%7e%40%3A", "http://a.gov.vn/A~@:"),
        ("http://a.gov.vn/a%3bb%2fc", "http://a.gov.vn/a%3Bb%2Fc"),
        ("http://a.gov.vn/a b%22", "http://a.gov.vn/a%20b%22"),
        ("http://a.gov.vn/a%C3", "http://a.gov.vn/a%C3"),
        ("http://a.gov.vn/%00", "http://a.gov.vn/%00"),
        ("http://a.gov.vn/?&a=1&&b=2&", "http://a.gov.vn/?a=1&b=2"),
        ("http://a.gov.vn/?a=b=c", "http://a.gov.vn/?a=b%3Dc"),
        ("http://a.gov.vn/?sid=0123456789abcde", "http://a.gov.vn/?sid=0123456789abcde"),
        ("http://a.gov.vn/?sid=0123456789abcdef", "http://a.gov.vn/"),
        ("http://a.gov.vn/?xsid=0123456789abcdef", "http://a.gov.vn/?xsid=0123456789abcdef"),
        ("http://a.gov.vn/?PHPSESSID=1&_afrLoop=2&x=3", "http://a.gov.vn/?x=3"),
    ],
)
def test_canonical(url, expected):
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/tin",
        "javascript:alert(1)",
        "mailto:a@b.vn",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://a b.vn/",
        "http://a.vn:99999/",
        "http://a.vn:x/",
        "http://[::1/",
        "http://a.gov.vn\\@evil.example/",
        "http://a%2egov.vn/",
        "http://" + "a" * 70 + "ả.vn/",
    ],
)
def test_what_is_no_web_url_is_refused(url):
    with pytest.raises(ValueError, match="."):
        canonical(url)
    with pytest.raises(ValueError, match="."):
        urlkey(url)


def test_bytes_of_old_encodings_survive():
    # windows-1258 "Đ" is D0: decoding it as UTF-8 would make all such values one.
    assert clean_query("q=%D0&r=%EF") == "q=%D0&r=%EF"
    assert canonical("http://a.gov.vn/%D0") != canonical("http://a.gov.vn/%D1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.chaudoc.angiang.gov.vn/Tin/", "vn,gov,angiang,chaudoc)/tin"),
        ("http://chaudoc.angiang.gov.vn/tin", "vn,gov,angiang,chaudoc)/tin"),
        ("http://a.vn/?b=2&a=1", "vn,a)/?a=1&b=2"),
        ("http://127.0.0.1:8081/x", "127.0.0.1:8081)/x"),
        ("http://[::1]:80/", "[::1])/"),
        ("http://[::1]:8080/x", "[::1]:8080)/x"),
        ("https://a.vn", "vn,a)/"),
        ("https://a.vn/Tin-Tuc/", "vn,a)/tin-tuc"),
        ("https://a.vn/TinTuc/UBND/ChiTietTIN2", "vn,a)/tintuc/ubnd/chitiettin2"),
        # An id that is no word keeps its case, in a path as in a query; so does a short value.
        ("https://a.vn/Article/Lz4V+MXkybc@/", "vn,a)/article/Lz4V+MXkybc@"),
        ("https://a.vn/?v=Ab", "vn,a)/?v=Ab"),
        ("https://a.vn/?v=Tin", "vn,a)/?v=Tin"),
        ("https://a.vn/?v=XaHop", "vn,a)/?v=XaHop"),
        ("https://a.vn/?View=Article", "vn,a)/?view=article"),
        ("https://a.vn/?v=aBcDeF", "vn,a)/?v=aBcDeF"),
        # Escapes are written in one case whatever they stand in.
        ("https://a.vn/%D0/x", "vn,a)/%d0/x"),
        ("https://a.vn/?q=%D0%9A", "vn,a)/?q=%d0%9a"),
        ("https://a.vn/?", "vn,a)/"),
        ("https://a.vn/?b&a=&a=1", "vn,a)/?a=&a=1&b"),
        ("https://wwwx.a.vn/", "vn,a,wwwx)/"),
        ("https://www.a.vn:8443/tin/", "vn,a:8443)/tin"),
    ],
)
def test_urlkey(url, expected):
    assert urlkey(url) == expected
    assert urlkey(canonical(url)) == expected


def test_is_web():
    assert is_web("https://a.gov.vn/x")
    assert is_web(" HTTP://a.gov.vn ")
    assert not is_web("https:///x")
    assert not is_web("ftp://a.gov.vn/x")
    assert not is_web("http://[")
