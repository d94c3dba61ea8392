"""Whatever a page links: canonical() and urlkey() are stable, and raise nothing but ValueError."""

from hypothesis import example, given
from hypothesis import strategies as st

from archive.urls import canonical, is_web, urlkey

pieces = st.text(st.sampled_from("ab/%.;=&?#:@ +ả2eE5F\\[]~jsessionid\t"), max_size=40)
urls = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["a.gov.vn", "www.A.vn:80", "127.0.0.1:8081", "[::1]", "tỉnh.vn", "u:p@x.vn"]),
    st.one_of(st.just(""), pieces.map(lambda text: "/" + text), st.text(max_size=20).map(lambda t: "/" + t)),
)


@given(urls)
@example("http://a.vn/a%3Bjsessionid=1")
@example("http://a.vn/%2e%2E/%")
@example("http://a.vn/%25%34%31;jsessionid=1/;jsessionid=2/..;jsessionid=3")
def test_stable(url):
    try:
        once = canonical(url)
    except ValueError:
        assert not is_web(url) or "\\" in url or "%" in url or "@" in url or ":" in url
        return
    assert canonical(once) == once
    assert urlkey(once) == urlkey(url)
    assert once.isascii()
    assert is_web(once)


@given(st.one_of(st.text(max_size=60), pieces, st.text(max_size=30).map(lambda text: "http://" + text)))
def test_nothing_but_value_error(text):
    is_web(text)
    for function in (canonical, urlkey):
        try:
            function(text)
        except ValueError:
            continue
