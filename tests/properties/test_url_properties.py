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


# A digit between letters: what base64 and base62 look like, and no word.
ids = st.from_regex(r"[A-Za-z][0-9][A-Za-z0-9]{0,8}[A-Za-z]", fullmatch=True)
forms = st.sampled_from(
    ["http://a.gov.vn/Article/{}+M@/546.html", "http://a.gov.vn/xem?id={}", "http://a.gov.vn/tin/{}"]
)


@given(ids, ids, forms)
@example("Lz4V", "lZ4v", "http://a.gov.vn/Article/{}+M@/546.html")
def test_encoded_ids_that_differ_in_case_alone_are_two(first, second, form):
    assert (urlkey(form.format(first)) == urlkey(form.format(second))) == (first == second)


@given(
    st.lists(
        st.sampled_from(["tin", "tuc", "su-kien", "home", "chi-tiet", "van-ban"]), min_size=1, max_size=4
    )
)
def test_words_meet_whatever_their_case(words):
    small = "http://a.gov.vn/" + "/".join(words) + "/12.html?pageindex=2"
    capital = "http://A.gov.vn/" + "/".join(word.title() for word in words) + "/12.HTML?PageIndex=2"
    shouted = "HTTP://A.GOV.VN/" + "/".join(words).upper() + "/12.html?PAGEINDEX=2"
    assert urlkey(small) == urlkey(capital) == urlkey(shouted)
