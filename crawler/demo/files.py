"""The files the demo portal offers beside its pages: one PDF and one picture, made here from nothing."""

import struct
import zlib

_LINES = (
    "UY BAN NHAN DAN THANH PHO CHAU DOC",
    "THONG BAO SO 92/TB-UBND NGAY 16/3/2022",
    "PHU LUC: DANH SACH THUA DAT DAU GIA",
    "1. Thua 214, to ban do 37, phuong Nui Sam: 118,5 m2",
    "2. Thua 215, to ban do 37, phuong Nui Sam: 120,0 m2",
    "3. Thua 88, to ban do 12, xa Vinh Te: 245,3 m2",
    "4. Thua 91, to ban do 12, xa Vinh Te: 251,7 m2",
)


def pdf() -> bytes:
    """Return a one-page PDF 1.4 with text (unmarked letters: the standard fonts have no others)."""
    shown = " T* ".join(f"({line}) Tj" for line in _LINES)
    stream = f"BT /F1 12 Tf 16 TL 60 780 Td {shown} ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def png() -> bytes:
    """Return a picture of 8 by 8 pixels in one colour."""
    rows = b"".join(b"\x00" + b"\x1f\x6f\xb5" * 8 for _ in range(8))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
