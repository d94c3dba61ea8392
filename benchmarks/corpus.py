"""Made-up Vietnamese articles in any number: word frequencies as in real text, numbers, names, dates.

The words are Vietnamese syllables, put together by the rules of the script and drawn by Zipf's law under the
most frequent real ones: what matters to an index is how often words stand where, and this is the same for the
same number on any machine.
"""

import itertools
import random
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# With 1.5 syllables a word about 420 syllables, which is what Vietnamese writes and counts as words.
WORDS_EACH = 280
# A text keeps to its subject: it uses so many different words, and comes back to them. Measured on two real
# portals: 420 to 500 syllables, 175 to 190 different ones, the 100th most frequent in half of the articles.
_OWN_WORDS = 175
SEED = 33

# The most frequent words of local news, in about their order; what follows is made.
_COMMON = (
    "và của các trong được cho có là với đã những này về để một tại từ đến người theo không trên ra "
    "việc năm ngày nhân_dân tỉnh thực_hiện công_tác khi đảng cơ_quan cán_bộ phải huyện xã thành_phố "
    "nhà_nước tổ_chức đồng_chí phát_triển kinh_tế xã_hội hội_nghị ủy_ban nhiều quản_lý đơn_vị "
    "địa_phương phường như còn sự đầu_tư xây_dựng hoạt_động quy_định chủ_tịch lãnh_đạo quyết_định "
    "nghị_quyết kế_hoạch chính_quyền sẽ triển_khai học_sinh gia_đình sản_xuất nông_nghiệp nông_dân "
    "doanh_nghiệp dự_án chương_trình văn_hóa giáo_dục y_tế giao_thông an_toàn an_ninh quốc_phòng "
    "trật_tự môi_trường chuyển_đổi số hành_chính thủ_tục cải_cách hỗ_trợ tuyên_truyền vận_động "
    "đại_biểu hội_đồng mặt_trận tổ_quốc thanh_niên phụ_nữ cựu_chiến_binh công_an quân_sự bộ_đội "
    "kiểm_tra giám_sát báo_cáo kết_quả chất_lượng hiệu_quả nhiệm_vụ giải_pháp tình_hình đường cầu chợ "
    "trường trạm bệnh_viện nước sạch điện rác cây lúa tôm cá vườn đất nhà sông biển núi đồng ruộng mùa "
    "vụ giá thu chi ngân_sách thuế vốn vay lao_động việc_làm đào_tạo du_lịch lễ_hội di_tích thể_thao "
    "nghệ_thuật"
)
_ONSETS = "b c ch d đ g gh gi h k kh l m n nh ng ngh ph qu r s t th tr v x"
_RHYMES = (
    "a ai am an ang anh ao au ay ăm ăn ăng âm ân âng âu ây e em en eo ê êm ên ênh êu i ia im in inh "
    "iêm iên iêng iêu o oa oan oang oai oi om on ong ô ôi ôm ôn ông ơ ơi ơm ơn u ua ui um un ung uôi "
    "uôn uông ư ưa ưng ươi ươm ươn ương ac at ap ăc ăt âc ât ach ec et êt ich it iêc iêt oc ot ôc ôt "
    "ơp uc ut uôc ưc ươc ươt"
)
_TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
# c, g, ng are written k, gh, ngh before e, ê, i.
_BEFORE_BACK, _BEFORE_FRONT = ("c", "g", "ng"), ("k", "gh", "ngh")
_CLOSED = ("c", "t", "p", "ch")
_VOCABULARY = 40_000
# Zipf and Mandelbrot: the most frequent word stands in nearly every article, the last in one of thousands.
_UNEVEN = 2.5
_SHIFT, _SLOPE = 4.0, 1.03

_FAMILY = "Nguyễn Trần Lê Phạm Huỳnh Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Phan Trương"
_MIDDLE = "Văn Thị Hữu Minh Thanh Ngọc Quốc Đức Thành Kim Xuân Hoàng"
_GIVEN = "An Bình Châu Dũng Giang Hà Hải Hòa Hùng Khoa Lan Linh Long Mai Nam Phúc Quang Sơn Tâm Thúy Trang"
_PLACES = (
    "Châu Đốc,Long Xuyên,Tân Châu,Cao Lãnh,Sa Đéc,Hồng Ngự,Đà Nẵng,Quy Nhơn,An Nhơn,Hoài Ân,Tuy Phước,"
    "Vĩnh Thạnh,Phù Cát,Mỹ Tho,Gò Công,Bến Tre,Thủ Đức,Biên Hòa,Thuận Hóa,Hội An,Tam Kỳ,Đồng Hới,Vinh,"
    "Thanh Hóa,Hạ Long"
)
_SECTIONS = (
    "Tin tức,Chỉ đạo điều hành,Kinh tế,Văn hóa,Xã hội,Giáo dục,Y tế,An ninh trật tự,Nông nghiệp,"
    "Môi trường,Du lịch,Giao thông,Đoàn thể,Thông báo,Cải cách hành chính,Chuyển đổi số,Quốc phòng,"
    "Thể thao"
)
_SOURCES = ("Cổng TTĐT tỉnh", "Báo Nhân dân", "TTXVN", "Sở Y tế", "Công an tỉnh", "Báo tỉnh", "Đài PTTH")
_TYPES = ("QĐ-UBND", "KH-UBND", "CT-TTg", "NQ-HĐND", "TB-UBND", "CV-UBND")
PORTALS = 180


class Made(NamedTuple):
    """One article as it goes into the table."""

    article_id: int
    portal_key: str
    title: str
    lead: str
    text: str
    published_at: str | None
    section: str
    source: str | None
    document: str | None


class Corpus:
    """The words and the articles; the article of a number is always the same one."""

    def __init__(self) -> None:
        self._family, self._middle, self._given = _FAMILY.split(), _MIDDLE.split(), _GIVEN.split()
        self._places, self._sections = _PLACES.split(","), _SECTIONS.split(",")
        self.words = _vocabulary()
        weights = [1 / (rank + _SHIFT) ** _SLOPE for rank in range(len(self.words))]
        self._cumulated = list(itertools.accumulate(weights))
        self._portals = [f"cong-{number:03d}" for number in range(PORTALS)]
        self._portal_sum = list(itertools.accumulate(1 / (rank + 3) for rank in range(PORTALS)))

    def articles(self, first: int, last: int) -> Iterator[Made]:
        """Yield the articles *first* to *last*, inclusive."""
        for number in range(first, last + 1):
            yield self.article(number)

    def article(self, number: int) -> Made:
        """Return article *number*."""
        dice = random.Random(SEED * 10_000_019 + number)
        own = dice.choices(self.words, cum_weights=self._cumulated, k=_OWN_WORDS)
        words = [own[int(_OWN_WORDS * dice.random() ** 1.2)] for _ in range(WORDS_EACH)]
        place, person = dice.choice(self._places), self.name(dice)
        # What an article is about stands in its title and again in its text.
        subject = " ".join(words[40:44])
        title = f"{place}: {subject} {words[44]} {words[45]}".capitalize()
        document = ""
        if dice.random() < 0.3:
            document = f"số {dice.randint(1, 4000)}/{dice.choice(_TYPES)}"
            title = f"{title} theo Văn bản {document}" if dice.random() < 0.3 else title
        lead = " ".join(words[:25]).capitalize() + "."
        sentences = []
        for start in range(25, WORDS_EACH, 20):
            sentences.append(" ".join(words[start : start + 20]).capitalize() + ".")
        sentences[3] += f" Ông {person} ở {place} nói về {subject}."
        sentences[7] += f" Việc này theo Văn bản {document}." if document else ""
        paragraphs = [" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3)]
        year, month, day = dice.randint(2009, 2026), dice.randint(1, 12), dice.randint(1, 28)
        published = f"{year}-{month:02d}-{day:02d}T{dice.randint(7, 17):02d}:30:00+07:00"
        (portal,) = dice.choices(self._portals, cum_weights=self._portal_sum)
        return Made(
            number, portal, title, lead, "\n".join(paragraphs), None if dice.random() < 0.03 else published,
            dice.choice(self._sections), dice.choice(_SOURCES) if dice.random() < 0.5 else None,
            document.removeprefix("số ") or None,
        )  # fmt: skip

    def name(self, dice: random.Random) -> str:
        """Return a person's name."""
        return f"{dice.choice(self._family)} {dice.choice(self._middle)} {dice.choice(self._given)}"

    def portals(self) -> list[tuple[str, str, str]]:
        """Return key, name and province of every portal."""
        provinces = (
            "an-giang",
            "dong-thap",
            "da-nang",
            "gia-lai",
            "hue",
            "can-tho",
            "vinh-long",
            "quang-ngai",
        )
        places = itertools.cycle(self._places)
        return [
            (key, f"Cổng thông tin điện tử {next(places)} {at}", provinces[at % len(provinces)])
            for at, key in enumerate(self._portals)
        ]


def _vocabulary() -> list[str]:
    dice = random.Random(SEED)
    syllables = []
    for onset, rhyme in itertools.product(_ONSETS.split(), _RHYMES.split()):
        if (onset in _BEFORE_BACK and rhyme[0] in "eêi") or (
            onset in _BEFORE_FRONT and rhyme[0] not in "eêi"
        ):
            continue
        if onset == "qu" and rhyme[0] in "uươôo":
            continue
        tones = (_TONES[2], _TONES[5]) if rhyme.endswith(_CLOSED) else _TONES
        syllables.append(onset + _toned(rhyme, dice.choice(tones)))
    dice.shuffle(syllables)
    words = [word.replace("_", " ") for word in _COMMON.split()]
    known = set(words)
    while len(words) < _VOCABULARY:
        # Of running text's words about half have two syllables, and some syllables make many words.
        length = 1 if len(words) % 3 == 0 and len(words) < 2 * len(syllables) else 2
        made = " ".join(syllables[int(len(syllables) * dice.random() ** _UNEVEN)] for _ in range(length))
        if made not in known:
            known.add(made)
            words.append(made)
    return words


def _toned(rhyme: str, tone: str) -> str:
    """Put *tone* on the rhyme's nucleus: its last marked vowel, else the first of two."""
    vowels = [at for at, letter in enumerate(rhyme) if letter in "aăâeêioôơuưy"]
    marked = [at for at in vowels if rhyme[at] in "ăâêôơư"]
    at = (
        marked[-1]
        if marked
        else vowels[-2]
        if len(vowels) > 1 and vowels[-1] == len(rhyme) - 1
        else vowels[-1]
    )
    return unicodedata.normalize("NFC", rhyme[: at + 1] + tone + rhyme[at + 1 :])
