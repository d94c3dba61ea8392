"""News of a made-up district, any number of articles, no two alike: nothing in them is furniture."""

import random

_PLACES = (
    "Tân Hòa", "Bình Thạnh", "Phú Lộc", "Long Điền", "Mỹ Xuyên", "Vĩnh Trạch", "Thới Bình", "An Cư",
    "Đông Hải", "Hòa Lạc", "Tam Nông", "Cầu Kè", "Châu Thành", "Gò Quao", "Kế Sách", "Lấp Vò", "Mang Thít",
    "Ô Môn",
)  # fmt: skip
_BODIES = (
    "Ủy ban nhân dân xã", "Hội Nông dân", "Đoàn Thanh niên", "Trạm Y tế", "Hội Chữ thập đỏ",
    "Ban Chỉ huy Quân sự",
    "Hội Liên hiệp Phụ nữ", "Trường Tiểu học", "Mặt trận Tổ quốc", "Công an xã", "Hợp tác xã",
    "Phòng Văn hóa",
)  # fmt: skip
_DEEDS = (
    "nạo vét kênh nội đồng", "sửa cầu dân sinh", "lắp đèn đường", "xây nhà văn hóa ấp", "trồng cây ven lộ",
    "khám bệnh cho người cao tuổi", "tập huấn nuôi tôm", "trao học bổng", "thu gom rác", "diệt lăng quăng",
    "tuyên truyền phòng cháy", "họp mặt cựu chiến binh", "rà soát hộ nghèo", "mở lớp xóa mù chữ", "vá ổ gà",
    "tổ chức giải bóng chuyền", "cấp thẻ căn cước", "kiểm tra đê bao", "đón đoàn kiểm tra", "hội thi nấu ăn",
)  # fmt: skip
_WHY = (
    "vì mưa lớn kéo dài nhiều ngày", "theo nguyện vọng của bà con", "nhờ tiền góp của các nhà hảo tâm",
    "để kịp vào năm học mới", "trước khi nước lũ về", "theo nghị quyết của hội đồng nhân dân",
    "sau đợt kiểm tra tháng trước", "do đường đã xuống cấp", "cho kịp mùa thu hoạch",
    "nhằm giữ vệ sinh xóm ấp",
)  # fmt: skip
_THEN = (
    "bà con rất phấn khởi", "công trình sẽ xong trong tháng", "các ấp cử người theo dõi từng ngày",
    "kinh phí còn thiếu sẽ vận động thêm", "lớp học thu hút đông người trẻ", "nhiều hộ đã hiến đất làm đường",
    "xã sẽ sơ kết vào cuối quý", "người dân có thể góp ý tại bộ phận một cửa", "đoàn viên túc trực ngày đêm",
    "những hộ khó khăn được miễn đóng góp",
)  # fmt: skip


def title_of(number: int) -> str:
    pick = random.Random(number * 7919)
    return (
        f"{pick.choice(_BODIES)} {pick.choice(_PLACES)} {pick.choice(_DEEDS)}, {pick.choice(_DEEDS)}"
        f" {pick.choice(_WHY)} (tin {number})"
    )


def story(number: int, extra: str = "", tail: str = "") -> str:
    """Return the page of one article; *extra* stands in its body, *tail* below it."""
    pick = random.Random(number * 104729)
    lines = [
        f"{pick.choice(_BODIES)} {pick.choice(_PLACES)} vừa {pick.choice(_DEEDS)} và {pick.choice(_DEEDS)}"
        f" {pick.choice(_WHY)}; {pick.choice(_THEN)}, {pick.choice(_THEN)} ở {pick.choice(_PLACES)}."
        for _ in range(5)
    ]
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<!DOCTYPE html><html lang='vi'><head><title>{title_of(number)}</title></head><body>"
        "<div class='menu'><a href='/'>Trang chủ</a></div>"
        f"<article><h1>{title_of(number)}</h1>"
        f"<span class='date'>{1 + number % 28:02d}/{1 + number // 28 % 12:02d}/2024</span>"
        f"<div class='content'>{body}{extra}</div></article>{tail}</body></html>"
    )
