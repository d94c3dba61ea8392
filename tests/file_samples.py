"""Files made byte by byte for the tests of their readers: PDF and DOC, whole, protected, scanned, broken."""

import struct

SECTOR = 512
LINES = (
    "Ủy ban nhân dân xã Tân Lộc thông báo kế hoạch nạo vét kênh Rạch Sâu trước mùa mưa.",
    "Kinh phí thực hiện là 245 triệu đồng, do ngân sách xã và nhân dân cùng đóng góp.",
)


def pdf(*pages, encoding="unicode", picture=False):
    """A PDF of *pages*, each a list of lines. "unicode" maps codes to letters; "cp1252" is for old fonts."""
    letters = sorted({char for lines in pages for line in lines for char in line})
    codes = {char: number for number, char in enumerate(letters, 33)}
    assert len(codes) < 220
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (10 + 2 * n) for n in range(len(pages)))),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
        + (b"/ToUnicode 4 0 R >>" if encoding == "unicode" else b"/Encoding /WinAnsiEncoding >>"),
        4: _stream(b"<<", _to_unicode(codes)),
        5: _stream(image, b"\x80"),
    }
    for number, lines in enumerate(pages):
        drawn = b"BT /F 11 Tf 40 780 Td 16 TL\n"
        for line in lines:
            raw = bytes(codes[char] for char in line) if encoding == "unicode" else line.encode("cp1252")
            drawn += b"<%s> Tj T*\n" % raw.hex().encode()
        drawn += b"ET\n" + (b"q 500 0 0 700 40 40 cm /I Do Q\n" if picture else b"")
        objects[10 + 2 * number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F 3 0 R >> /XObject << /I 5 0 R >> >> >>" % (11 + 2 * number)
        )
        objects[11 + 2 * number] = _stream(b"<<", drawn)
    return _file(objects)


def _stream(head, data):
    return head + b" /Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


def _to_unicode(codes):
    pairs = [b"<%02x> <%s>" % (code, char.encode("utf-16-be").hex().encode()) for char, code in codes.items()]
    groups = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    body = b"\n".join(b"%d beginbfchar\n%s\nendbfchar" % (len(one), b"\n".join(one)) for one in groups)
    return (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def\n"
        b"1 begincodespacerange <00> <ff> endcodespacerange\n" + body + b"\nendcmap end end"
    )


def _file(objects):
    made, places = b"%PDF-1.5\n", {}
    for number, content in sorted(objects.items()):
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(made), max(objects) + 1
    rows = [b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size)]
    return (
        made + b"xref\n0 %d\n" % size + b"".join(rows)
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    )  # fmt: skip


def doc(text, *, encrypted=False, narrow=False, extra_streams=()):
    """A Word 97 file of one piece; *narrow* stores it in one byte a character, as old fonts did."""
    text = text.replace("\n", "\r") + "\r"
    data = text.encode("cp1252") if narrow else text.encode("utf-16-le")
    place = 2048
    fib = bytearray(place)
    struct.pack_into("<HH", fib, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<H", fib, 0x0A, 0x0200 | (0x0100 if encrypted else 0))
    struct.pack_into("<i", fib, 0x4C, len(text))
    pieces = struct.pack("<II", 0, len(text))
    pieces += struct.pack("<HIH", 0, place * 2 | 0x40000000 if narrow else place, 0)
    # A block of properties stands before the piece table, as Word leaves it after quick saves.
    clx = b"\x01\x02\x00\xff\xff" + b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", fib, 0x01A2, 0, len(clx))
    return container([("WordDocument", bytes(fib) + data), ("1Table", clx), *extra_streams])


def container(streams):
    """A compound file (MS-CFB, version 3) of *streams*, each padded over the limit of the mini stream.

    None in place of bytes makes a storage, which holds all that stands behind it.
    """
    storages = {number for number, (_, data) in enumerate(streams, 1) if data is None}
    streams = [(name, b"" if data is None else data) for name, data in streams]
    streams = [(name, data.ljust(4096, b"\0")) for name, data in streams]
    chain, sectors = [], b""
    starts = []
    for _, data in streams:
        count = -(-len(data) // SECTOR)
        starts.append(len(chain))
        chain += [*range(len(chain) + 1, len(chain) + count), 0xFFFFFFFE]
        sectors += data.ljust(count * SECTOR, b"\0")
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for number, ((name, data), start) in enumerate(zip(streams, starts, strict=True), 1):
        beside = number + 1 if number < len(streams) else 0xFFFFFFFF
        if number in storages:
            entries.append(_entry(name, 1, 0, 0, child=beside))
        else:
            entries.append(_entry(name, 2, start, len(data), right=beside))
    entries += [_entry("", 0, 0, 0)] * (-len(entries) % 4)
    directory = len(chain)
    count = len(entries) // 4
    chain += [*range(directory + 1, directory + count), 0xFFFFFFFE]
    sectors += b"".join(entries)
    tables = 1
    while tables * 128 < len(chain) + tables:
        tables += 1
    first = len(chain)
    chain += [0xFFFFFFFD] * tables
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))
    sectors += struct.pack(f"<{len(chain)}I", *chain)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIIIIIII", 0, tables, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    places = [*range(first, first + tables), *([0xFFFFFFFF] * (109 - tables))]
    return head + struct.pack("<109I", *places) + sectors


def _entry(name, kind, start, size, *, child=0xFFFFFFFF, right=0xFFFFFFFF):
    title = name.encode("utf-16-le") + b"\0\0" if name else b""
    return (
        title.ljust(64, b"\0") + struct.pack("<HBB", len(title), kind, 1)
        + struct.pack("<III", 0xFFFFFFFF, right, child) + bytes(36) + struct.pack("<IQ", start, size)
    )  # fmt: skip
