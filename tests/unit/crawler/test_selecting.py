"""Lookups answer as XPath would, for every hint of every adapter and for forms that only look plain."""

from dataclasses import fields

import pytest
from lxml import etree

from crawler.dom import parse, path_of
from crawler.platforms import PLATFORMS
from crawler.selecting import index_of

PAGE = """<html><head>
<meta property='article:published_time' content='2024-03-05'><meta name='date' content=''>
</head><body class='single post'><article id='post-9' class='node  teaser
node'><h1 class='title'>Một</h1><div class='field-name-body node'><p class='date'>Hai<b>ba</b> bốn</p>
<time datetime='2024-03-05'>x</time></div>
<a rel='tag' href='/tag/a'>a</a></article><div id='post-9'><span
class='h5'>5/3</span><ul class='breadcrumb'><li>một</li>
<li class='active'><a href='/x'>hai</a></li></ul></div>
<div class='node'><div class='node'><p class='date'>năm</p></div></div></body></html>"""
FORMS = (
    "//*[@id='post-9']//p",
    "//div/p",
    "//article/h1",
    "//*[@id='post-9' or @id='none']",
    "//ul//li[last()]",
    "//time/@datetime",
    "//p[contains(., 'Hai')]",
    "//p/text()",
    "//*[starts-with(@class, 'node')]",
    "//nav | //ul",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' node ')]//p",
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' node ')]"
    "//*[contains(concat(' ', normalize-space(@class), ' '), ' date ')]",
    "//meta[@property='article:published_time']/@content",
    "//*[@id='none' or @id='post-9']",
    "//*[@id='none' or @class='h5']",
    "//*[@rel='tag' or @datetime]",
    "//article/div/p[@class='date']",
    "//article/p[@class='date']",
    "//article//p[@class='date']",
    "//body//article//p[@class='date']",
    "//body/div/p[@class='date']",
    "//body/div/div/p[@class='date']",
    "//article//ul/li[@class='active']",
    "//div/ul/li[@class='active']",
    "//body/ul/li[@class='active']",
    "//div//ul//li[@class='active']/a/@href",
    "/html/body/article/h1",
    "/html//li",
    "/body//li",
    "/article",
    "//div/*",
    "//div/div",
    "//div//div",
    "//*[@id='post-9'][@class]",
    "//*[@id='post-9'][@class='node']",
    "//a[@href]",
    "//*[@href]/text()",
    "//div/text()",
    "//meta[@name='date']/@content",
    "//meta[@name='date']/@property",
    "//nowhere//li",
    "//li//nowhere",
)
HINTS = sorted(
    {
        xpath
        for platform in PLATFORMS.values()
        for field in fields(platform.hints)
        if isinstance(value := getattr(platform.hints, field.name), tuple)
        for xpath in value
    }
)


@pytest.mark.parametrize("xpath", [*FORMS, *HINTS])
def test_lookups_are_what_xpath_finds(xpath):
    tree = parse(PAGE)
    assert index_of(tree).select(xpath) == etree.XPath(xpath, smart_strings=False)(tree)


def test_paths_are_worked_out_from_the_root_with_digits_masked():
    tree = parse(PAGE)
    assert (
        path_of(tree.xpath("//p")[0])
        == "html/body.post.single/article#post-0.node.teaser/div.field-name-body.node/p.date"
    )
