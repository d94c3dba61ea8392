"""Tables: those of data are kept with every cell, those that only lay out a page are opened."""

from lxml.html import HtmlElement

from crawler.dom import words_of


def is_data_table(table: HtmlElement) -> bool:
    """Tell a table of data from one that only lays out the page.

    Data: no table inside, at least two rows and two columns, no pictures, and cells that are short. A
    layout table has one column, or a cell that holds a whole article.
    """
    # Its own header cells, not those of a data table somewhere inside: articles stand in layout tables.
    if not any(next(cell.iterancestors("table")) is table for cell in table.iter("th")):
        if any(node is not table for node in table.iter("table")):
            return False
        if next(table.iter("img"), None) is not None and len(list(table.iter("tr"))) <= 3:
            return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    wide = [row for row in rows if len(row) >= 2]
    if len(rows) < 2 or len(wide) < 2 or len(wide) * 2 < len(rows):
        return False
    lengths = [len(words_of(cell)) for row in wide for cell in row]
    filled = [length for length in lengths if length]
    if not filled or len(filled) * 3 < len(lengths):
        return False
    # One cell with a page of text beside empty or tiny ones is layout, however many rows it has.
    return max(filled) <= 1500 and (max(filled) <= 600 or sum(filled) > 2 * max(filled))
