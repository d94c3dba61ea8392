"""The words of the pages about health and endings: Vietnamese, English."""

# What speaks for the end of a portal, in Vietnamese; since when stands beside it.
EVIDENCE = (
    (r"(.*) was abolished on [\d-]+", r"\1 không còn là đơn vị hành chính"),
    (r"the certificate of (.*) expired on [\d-]+", r"chứng chỉ của \1 đã hết hạn"),
    (r"(\d+) of the last (\d+) crawls got no answer", r"\1 trong \2 lần thu thập gần nhất không có trả lời"),
    (r"no new article for (\d+) days", r"không có bài mới trong \1 ngày"),
)

HEALTH: dict[str, tuple[str, str]] = {
    "health": ("Sức khỏe các cổng", "Health of the portals"),
    "health_hint": (
        "Điều được phát hiện qua mỗi lần thu thập, so với nếp thường ngày của chính cổng đó.",
        "What each crawl found, held against what is usual for the portal itself.",
    ),
    "alarms_open": ("Báo động đang mở", "Open alarms"),
    "alarms_closed": ("Báo động đã qua", "Alarms that are over"),
    "no_alarms": ("Không có báo động nào.", "No alarms."),
    "severity": ("Mức độ", "Severity"),
    "severity_critical": ("nghiêm trọng", "critical"),
    "severity_warning": ("cảnh báo", "warning"),
    "since_when": ("Từ", "Since"),
    "until_when": ("Đến", "Until"),
    "what_is_wrong": ("Điều xảy ra", "What is wrong"),
    "read_before": ("Đọc được trước đây", "Read before"),
    "read_now": ("Đọc được nay", "Read now"),
    "read_nothing": ("không có", "nothing"),
    "characters": ("ký tự", "characters"),
    "seen_capture": ("bản lưu", "capture"),
    "last_crawl": ("Lần thu thập cuối", "Last crawl"),
    "ending_recovered": ("đã trở lại", "recovered"),
    "ending_own network": ("do đường truyền của ta", "the line was ours"),
    "ending_accepted": ("được chấp nhận", "accepted"),
    "endings": ("Cổng có nguy cơ mất", "Portals that may end"),
    "endings_hint": (
        "Theo bằng chứng trong kho: tên miền, chuyển hướng, chứng chỉ, lỗi, sơ đồ trang, thông báo ngừng "
        "hoạt động hoặc sáp nhập. Xác suất là phán đoán, không phải số đo.",
        "By the evidence of the archive: names, redirects, certificates, errors, sitemaps, notices of "
        "closure or merger. The likelihood is a judgement, not a measurement.",
    ),
    "likelihood": ("Khả năng mất", "Likelihood"),
    "grounds": ("Bằng chứng", "Evidence"),
    "last_chance": ("Lần lưu toàn bộ cuối", "Last whole crawl"),
    "last_chance_due": ("nên lưu ngay", "due now"),
    "no_endings": ("Không có cổng nào có dấu hiệu sắp mất.", "No portal shows signs of ending."),
    "no_page": ("Không có trang này.", "There is no such page."),
}
