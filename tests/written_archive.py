"""A small archive written for the tests: local-government news on made-up portals, put in by plain SQL."""

import hashlib
import json
import sqlite3
from pathlib import Path

PORTALS = {
    # key: (name, organ, jurisdiction)
    "chaudoc": ("Cổng thông tin điện tử thành phố Châu Đốc", "UBND thành phố Châu Đốc", "An Giang"),
    "dongthap": ("Cổng thông tin điện tử tỉnh Đồng Tháp", "UBND tỉnh Đồng Tháp", "Đồng Tháp"),
    "danang": ("Cổng thông tin điện tử thành phố Đà Nẵng", "UBND thành phố Đà Nẵng", "Đà Nẵng"),
    "thuanhoa": ("Trang tin phường Thuận Hoà", "UBND phường Thuận Hoà", "Huế"),
}

# portal, published_at, section, source, title, text
ARTICLES = [
    ("chaudoc", "2022-01-14T08:30:00+07:00", "Chỉ đạo, điều hành", "Cổng TTĐT tỉnh AG",
     "Triển khai Chỉ thị số 33/CT-TTg về công tác dân vận trong cơ quan hành chính",
     "Ủy ban nhân dân tỉnh vừa ban hành kế hoạch thực hiện Chỉ thị số 33/CT-TTg.\n"
     "Các sở, ngành đưa công tác dân vận vào chương trình làm việc hằng quý."),
    ("chaudoc", "2021-12-28", "Tin tức", "Cổng TTĐT tỉnh AG",
     "Thông báo lịch tiếp công dân tháng 01 của lãnh đạo thành phố",
     "Lịch tiếp công dân được niêm yết tại trụ sở. Người dân mang theo giấy tờ liên quan."),
    ("chaudoc", "2021-11-02", "Văn hóa", None,
     "Châu Đốc chuẩn bị Lễ hội Vía Bà Chúa Xứ núi Sam",
     "Thành phố rà soát bãi đỗ xe, đèn chiếu sáng và vệ sinh quanh khu di tích núi Sam."),
    ("chaudoc", "2020-06-19", "Kinh tế", "Báo An Giang",
     "Nông dân cù lao thu hoạch vụ lúa hè thu sớm",
     "Giá lúa tươi tại ruộng tăng nhẹ. Hợp tác xã bao tiêu hai phần ba sản lượng."),
    ("chaudoc", "2023-03-08T14:00:00+07:00", "Giáo dục", None,
     "Trường tiểu học Vĩnh Mỹ khánh thành thư viện xanh",
     "Thư viện có bốn nghìn đầu sách, do phụ huynh và cựu học sinh đóng góp."),
    ("chaudoc", "2024-05-20", "Chỉ đạo, điều hành", None,
     "Quyết định số 15/2024/QĐ-UBND quy định mức thu phí đò ngang",
     "Quyết định có hiệu lực sau mười ngày. Chủ bến niêm yết giá vé tại bến."),
    ("chaudoc", None, "Tin tức", None,
     "Danh bạ điện thoại các phòng chuyên môn",
     "Phòng Quản lý đô thị, phòng Tài chính và phòng Nội vụ trực trong giờ hành chính."),
    ("chaudoc", "2022-09-30", "An ninh trật tự", "Công an tỉnh",
     "Tuyên truyền phòng, chống lừa đảo trên không gian mạng",
     "Công an phường hướng dẫn người cao tuổi nhận biết cuộc gọi giả danh ngân hàng."),
    ("dongthap", "2022-02-11", "Chỉ đạo, điều hành", None,
     "UBND tỉnh họp phiên thường kỳ tháng hai",
     "Phiên họp thảo luận đầu tư công và cải cách hành chính. Chủ tịch yêu cầu giải ngân sớm."),
    ("dongthap", "2022-03-01", "Tin tức", None,
     "Hội đồng nhân dân tỉnh giám sát việc dùng nước sạch nông thôn",
     "Đoàn giám sát làm việc với ba huyện đầu nguồn và kiến nghị nâng công suất nhà máy nước."),
    ("dongthap", "2022-03-15", "Tin tức", None,
     "Thường trực HĐND tiếp xúc cử tri xã biên giới",
     "Cử tri phản ánh đường liên xã xuống cấp, đề nghị sửa trước mùa mưa."),
    ("dongthap", "2021-08-05T09:15:00+07:00", "Y tế", "Sở Y tế",
     "Đồng Tháp lập thêm hai trạm y tế lưu động",
     "Mỗi trạm có một bác sĩ và ba điều dưỡng, phục vụ người dân vùng sâu."),
    ("dongthap", "2023-07-07", "Nông nghiệp", None,
     "Sen Tháp Mười được cấp chỉ dẫn địa lý",
     "Vùng trồng trải qua bốn huyện. Người trồng sen ghi nhật ký đồng ruộng."),
    ("dongthap", "2023-10-20", "Xã hội", None,
     "Hội Phụ nữ tặng quà cho hội viên khó khăn",
     "Một trăm phần quà gồm gạo, dầu ăn và sữa được trao tận tay."),
    ("dongthap", "2024-01-09", "Giao thông", None,
     "Thông xe cầu qua kênh Nguyễn Văn Tiếp",
     "Cầu dài hai trăm mét, rộng chín mét, rút ngắn đường đến bệnh viện huyện."),
    ("dongthap", "2024-02-26", "Môi trường", None,
     "Ra quân trồng cây chống sạt lở bờ sông Tiền",
     "Đoàn viên trồng hai nghìn cây bần và cây gáo dọc bờ sông."),
    ("danang", "2022-04-12", "Du lịch", None,
     "Đà Nẵng mở phố đi bộ bên bờ sông Hàn",
     "Phố đi bộ mở cửa ba tối cuối tuần, có khu ẩm thực và sân khấu âm nhạc đường phố."),
    ("danang", "2022-05-03", "Chỉ đạo, điều hành", None,
     "Công bố Nghị quyết số 43/NQ-HĐND về hỗ trợ học phí",
     "Học sinh công lập được miễn học phí một học kỳ. Nghị quyết áp dụng từ năm học mới."),
    ("danang", "2022-06-17", "Đô thị", None,
     "Chỉnh trang kiệt, hẻm theo hướng nhà nước và nhân dân cùng làm",
     "Người dân hiến đất mở rộng hẻm. Phường hỗ trợ vật liệu và nắp cống."),
    ("danang", "2022-07-21", "Kinh tế", "Báo Đà Nẵng",
     "Doanh nghiệp khởi nghiệp giới thiệu máy lọc nước năng lượng mặt trời",
     "Sản phẩm dùng cho trường học vùng núi, lọc được năm mươi lít mỗi giờ."),
    ("danang", "2023-01-30", "Văn hóa", None,
     "Khai mạc hội Bài Chòi đầu xuân",
     "Nghệ nhân hô bài chòi phục vụ du khách suốt tháng giêng."),
    ("danang", "2023-02-14", "Xã hội", None,
     "Hoà giải viên ở cơ sở được tập huấn kỹ năng",
     "Lớp học giúp hoà giải viên xử lý mâu thuẫn láng giềng."),
    ("danang", "2023-04-04", "Y tế", None,
     "Bệnh viện khoẻ mạnh, bác sĩ trẻ về tuyến dưới",
     "Mười bác sĩ trẻ tình nguyện về trạm y tế xã miền núi trong hai năm."),
    ("danang", "2024-08-15", "Công nghệ", None,
     "Kho dữ liệu dùng chung phục vụ chuyển đổi số",
     "Kho dữ liệu nối hai mươi sở ngành, người dân khai báo một lần."),
    ("danang", "2024-09-09", "Giao thông", "Báo Đà Nẵng",
     "Điều chỉnh giờ đèn tín hiệu tại nút giao phía tây",
     "Thời gian đèn xanh tăng năm giây ở giờ cao điểm, giảm ùn tắc."),
    ("thuanhoa", "2022-10-10", "Tin tức", None,
     "Phường Thuận Hoà ra mắt tổ công nghệ số cộng đồng",
     "Tổ gồm bảy thành viên, đến từng nhà hướng dẫn nộp hồ sơ trực tuyến."),
    ("thuanhoa", "2022-11-18", "Tin tức", None,
     "Ngày hội đại đoàn kết toàn dân tộc ở khu dân cư",
     "Ủy ban Mặt trận Tổ quốc phường biểu dương hai mươi gia đình văn hóa."),
    ("thuanhoa", "2022-12-22", "Quốc phòng", None,
     "Gặp mặt cựu chiến binh nhân ngày thành lập Quân đội",
     "Các bác ôn lại kỷ niệm, dặn thế hệ trẻ giữ gìn truyền thống."),
    ("thuanhoa", "2023-05-05", "Giáo dục", None,
     "Câu lạc bộ đọc sách thiếu nhi sinh hoạt tại nhà văn hóa",
     "Các em kể chuyện, vẽ tranh và trao đổi sách cũ vào sáng thứ bảy."),
    ("thuanhoa", "2023-06-01", "Xã hội", None,
     "Bán hàng bình ổn giá trước mùa mưa bão",
     "Điểm bán đặt tại chợ phường, có gạo, mì, nước uống và đèn pin."),
    ("thuanhoa", "2023-08-19", "Môi trường", None,
     "Đổi rác lấy cây: mỗi ký nhựa được một chậu hoa",
     "Người dân mang nhựa, giấy vụn đến đổi; phân loại rác thành nếp."),
    ("thuanhoa", "2024-03-03", "Chỉ đạo, điều hành", None,
     "Kế hoạch số 07/KH-UBND về phòng cháy, chữa cháy rừng thông",
     "Lực lượng dân quân trực hai mươi bốn giờ trong những ngày nắng nóng."),
    ("thuanhoa", "2024-04-30", "Văn hóa", None,
     "Trùng tu đình làng theo nguyên mẫu cũ",
     "Thợ mộc dùng lại các bộ vì kèo còn tốt, chỉ thay phần mục."),
    ("thuanhoa", "2024-06-06", "Tin tức", "Báo Thừa Thiên Huế",
     "Bà Thuý tặng đất làm sân chơi cho trẻ em",
     "Gia đình bà Thuý ở tổ năm hiến một trăm mét vuông đất vườn."),
    ("thuanhoa", "2024-07-27", "Xã hội", None,
     "Thắp nến tri ân tại nghĩa trang liệt sĩ",
     "Đoàn thanh niên thắp nến, dâng hoa trên từng phần mộ."),
    ("danang", "2021-03-26", "Đoàn thể", None,
     "Tuổi trẻ thành phố dọn sạch bãi biển",
     "Hơn năm trăm đoàn viên nhặt rác dọc ba ki-lô-mét bờ biển."),
    ("dongthap", "2020-12-01", "Chỉ đạo, điều hành", None,
     "Công điện khẩn về ứng phó triều cường",
     "Các huyện ven sông trực ban, gia cố đê bao trước rằm."),
    ("dongthap", "2020-10-15", "Tin tức", None,
     "Bàn giao nhà tình nghĩa cho gia đình chính sách",
     "Ngôi nhà do các đơn vị đóng góp, xây trong sáu mươi ngày."),
    ("chaudoc", "2025-06-25", "Tin tức", None,
     "Sắp xếp đơn vị hành chính: những điều người dân cần biết",
     "Giấy tờ đã cấp vẫn dùng được. Phường mới làm việc tại trụ sở cũ."),
    ("chaudoc", "2025-06-30", "Tin tức", None,
     "QÐ công nhận khu phố kiểu mẫu",
     "Ðà phát triển của khu phố được giữ vững; tổ dân phố có camera an ninh."),
]  # fmt: skip

DAY = "2026-02-03T04:05:06+07:00"


def empty() -> sqlite3.Connection:
    """Return a migrated database in memory."""
    from sqlite_utils import Database

    from archive.schema import migrations

    conn = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(Database(conn, execute_plugins=False))
    return conn


def fill(conn: sqlite3.Connection, articles=ARTICLES, portals=None) -> None:
    """Insert portals and articles with everything that stands behind them; commits."""
    for key, (name, organ, jurisdiction) in (portals or PORTALS).items():
        conn.execute(
            "INSERT INTO portals (portal_key, name, hosts, organ, jurisdiction, first_seen_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (key, name, json.dumps([f"{key}.gov.example"]), organ, jurisdiction, DAY),
        )
        conn.execute(
            "INSERT INTO crawls (portal_key, started_at, ended_at, reason) VALUES (?, ?, ?, 'finished')",
            (key, DAY, DAY),
        )
    for number, article in enumerate(articles, 1):
        add(conn, number, *article)
    conn.commit()


def add(conn, number, portal, published_at, section, source, title, text, *, url=None, lead="", blocks=()):
    """Insert one article with its URL, capture and revision."""
    url = url or f"https://{portal}.gov.example/tin/{number}.html"
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    payload = "sha1:" + hashlib.sha1(url.encode()).hexdigest().upper()[:32]
    conn.execute(
        "INSERT INTO urls (url_id, portal_key, urlkey, url, kind, state, discovered_at, fetched_at) "
        "VALUES (?, ?, ?, ?, 'article', 'done', ?, ?)",
        (number, portal, f"{url})", url, DAY, DAY),
    )
    conn.execute(
        "INSERT INTO captures (capture_id, url_id, url, captured_at, status, mime, payload_digest, "
        "body_digest, size_bytes, warc_file, warc_offset, warc_length, record_id) "
        "VALUES (?, ?, ?, ?, 200, 'text/html', ?, ?, 1000, 'thu-00000.warc.gz', ?, 500, ?)",
        (number, number, url, DAY, payload, payload, number * 1000, f"<urn:uuid:{number}>"),
    )
    conn.execute(
        "INSERT INTO revisions (revision_id, article_id, number, capture_id, captured_at, text_digest, "
        "extractor, blocks) VALUES (?, ?, 1, ?, ?, ?, 'test', ?)",
        (number, number, number, DAY, digest, json.dumps(list(blocks))),
    )
    precision = None if published_at is None else "minute" if "T" in published_at else "day"
    conn.execute(
        "INSERT INTO articles (article_id, portal_key, url, urlkey, title, lead, text, published_at, "
        "published_precision, section, source, text_digest, revision_id, first_captured_at, "
        "last_captured_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, portal, url, f"{url})", title, lead, text, published_at, precision, section, source, digest,
         number, DAY, DAY),
    )  # fmt: skip


def make(folder: Path, articles=ARTICLES, portals=None) -> Path:
    """Make an archive folder with *articles* in it and return it."""
    from archive.database import open_archive

    db = open_archive(folder, write=True)
    fill(db.conn, articles, portals)
    db.close()
    return folder
