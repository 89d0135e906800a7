"""Train the sentence encoder that ships in knowledge/encoder; not imported by the running assistant.

    python -m knowledge.train_encoder --data DIR --out knowledge/encoder

DIR holds gzipped JSON lines {"a", "b", "src"}: a is a title or question, b a text that answers it. Without --data the
guides alone are used, which is enough to try the program and too little for a good encoder.

The model is a table of one vector a token; a text is the mean of its tokens (StaticEmbedding of sentence-transformers),
so a question is encoded in well under a millisecond on any processor. Each vector's length, learned along with its
direction, says how much its token matters.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from tqdm import tqdm

from knowledge.guide import Guide
from knowledge.library import GUIDES, load
from knowledge.passages import passages
from nlu.text import abbreviations, fold

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class Recipe:
    """What was chosen by measurement, see the model card."""

    seed: int = 20261124
    dimension: int = 256
    pieces: int = 20_000
    pairs: int = 20_000
    tightness: float = 1.0
    split_pair: float = 0.3
    batch: int = 1024
    epochs: float = 4.0
    rate: float = 0.02
    spread: float = 0.1
    scale: float = 20.0
    window: int = 96
    drills: int = 2
    sources: dict[str, float] = field(
        default_factory=lambda: {"pairs_law_related": 0.5, "pairs_tthc": 4.0, "pairs_msdocs_vi": 2.0}
    )


# How people put a request, around the name of what they want. Training on it teaches the model which words only carry tone.
OPENERS = """
cho hỏi|cho em hỏi|cho mình hỏi|cho tôi hỏi|cho con hỏi|cho bác hỏi tí|cháu ơi|con ơi|ad ơi|alo|dạ|ê|chị ơi|anh ơi|cán bộ ơi|em muốn|tôi muốn|tui muốn|
mình muốn|mình cần|tôi cần|con cần|giờ muốn|chừ muốn|nay muốn|bây giờ tôi muốn|nhà bác muốn|nhà tôi cần|mẹ em muốn|ba tui muốn|muốn|cần|định|đang tính|
làm sao để|làm thế nào để|mần răng để|làm cách nào để|cách|hướng dẫn|chỉ giúp|chỉ giùm tui|chỉ bác cách|bày cho mệ|thủ tục|thủ tục làm|hồ sơ|xin|đi|
đi làm|làm|em đang làm|tôi chưa biết|không biết|bà không biết|có ai biết|sao|tại sao|khi nào|ai|em bị|tôi bị|máy tôi|nhờ xem giúp|xin hỏi|quý cơ quan cho hỏi
""".replace("\n", "").split("|")
CLOSERS = """
thì làm thế nào|thì làm sao|thì phải làm sao|phải làm sao|phải làm gì|làm như thế nào|làm thế nào|làm sao|làm sao vậy|thế nào|như thế nào|ra sao|kiểu gì|vậy|ạ|nhỉ|
hả cháu|hả con|vậy con|hở cháu|với ạ|với|giùm|giùm tui|giúp em|giúp bác với|mần răng|chừ mần răng hè|răng rứa|thì răng|được không|có được không|được hông|hông|
không ạ|không vậy|ở đâu|ở mô|chỗ nào|đi đâu|cần gì|cần những gì|bắt đầu từ đâu|trên mạng|qua mạng|online|trên điện thoại|tại nhà|cho mẹ|cho bà|cho con|
giờ sao|giờ làm sao|tính sao đây|nha|nghe|nhé|dùm|giúp|đi|rồi|thì sao|sao giờ|là sao|là gì|nghĩa là gì|gấp lắm|lần đầu
""".replace("\n", "").split("|")
# How people ask for one part of a procedure: folded end of the heading in the data -> question shapes.
SHAPES = {
    "ho so": "{} cần giấy tờ gì|{} phải mang những gì|{} cần chuẩn bị gì|hồ sơ {} gồm những gì|{} cần nộp giấy gì|giấy tờ {}|{} cần mấy bản photo",
    "giay to can nop": "{} cần giấy tờ gì|{} phải mang những gì|{} cần chuẩn bị gì|hồ sơ {} gồm những gì|{} mang theo cái chi|giấy tờ {}|{} cần cccd không",
    "phi le phi": "{} mất bao nhiêu tiền|{} hết bao nhiêu|{} có mất tiền không|lệ phí {}|{} tốn nhiêu tiền|{} bao lâu có|{} mấy ngày xong|{} khi nào lấy được|"
    "{} nộp online được không",
    "trinh tu thuc hien": "{} làm thế nào|các bước {}|{} làm từng bước ra sao|cách {}|{} trình tự thế nào|hướng dẫn {}",
    "cach thuc thuc hien": "{} làm ở đâu|{} nộp qua mạng được không|{} gửi bưu điện được không|{} nộp kiểu gì",
    "ket qua": "{} xong được cái gì|{} được cấp giấy gì|{} nhận kết quả là gì|kết quả {}",
    "ket qua thuc hien": "{} xong được cái gì|{} được cấp giấy gì|kết quả {}",
    "dieu kien": "{} cần điều kiện gì|ai được {}|điều kiện {}|{} yêu cầu gì|tôi có được {} không",
    "dieu kien thuc hien": "{} cần điều kiện gì|ai được {}|điều kiện {}|{} yêu cầu gì",
    "co quan thuc hien": "{} làm ở đâu|{} nộp ở đâu|{} đến chỗ nào|{} ra xã hay lên tỉnh|{} ai giải quyết|{} nộp ở mô",
    "doi tuong thuc hien": "ai được {}|{} dành cho ai",
}
# What papers and acts are called at home. Longer names first, so that the inner one does not win.
HOME_NAMES = {
    "giấy chứng nhận quyền sử dụng đất": "sổ đỏ|sổ hồng|bìa đỏ|gcn qsdđ", "quyền sử dụng đất": "đất|sổ đỏ|đất đai",
    "giấy phép lái xe": "bằng lái|bằng lái xe|gplx|bằng xe", "thẻ căn cước công dân": "cccd|căn cước|thẻ cccd|chứng minh",
    "căn cước công dân": "cccd|căn cước|thẻ cccd|chứng minh thư", "thẻ căn cước": "cccd|căn cước|thẻ cc|thẻ cccd|chứng minh nhân dân",
    "chứng minh nhân dân": "cmnd|chứng minh thư|cmt", "đăng ký thường trú": "nhập khẩu|nhập hộ khẩu|làm hộ khẩu|chuyển hộ khẩu",
    "thường trú": "hộ khẩu", "tạm trú": "kt3|ở trọ", "bảo hiểm xã hội": "bhxh|bảo hiểm", "bảo hiểm y tế": "bhyt|thẻ bảo hiểm|bảo hiểm",
    "bảo hiểm thất nghiệp": "bhtn|tiền thất nghiệp|thất nghiệp", "đăng ký khai sinh": "làm giấy khai sinh|làm khai sinh|khai sinh|gks",
    "đăng ký kết hôn": "làm đăng ký kết hôn|cưới đăng ký|đăng kí kết hôn|giấy kết hôn", "đăng ký khai tử": "báo tử|khai tử|làm giấy chứng tử",
    "xác nhận tình trạng hôn nhân": "giấy độc thân|xác nhận độc thân", "lý lịch tư pháp": "lý lịch tư pháp|lltp|giấy án tích",
    "chứng nhận đăng ký xe": "cà vẹt|giấy tờ xe|đăng ký xe", "biển số xe": "biển số", "hộ kinh doanh": "hkd|kinh doanh nhỏ|buôn bán|mở quán",
    "giấy chứng nhận đăng ký hộ kinh doanh": "giấy phép kinh doanh|gpkd", "giấy phép xây dựng": "xin phép xây nhà|giấy phép xây nhà|gpxd",
    "mã số thuế": "mst", "thuế thu nhập cá nhân": "thuế tncn|thuế tn", "hộ chiếu": "passport|hộ chiếu", "chuyển nhượng": "mua bán|sang tên|bán",
    "đăng ký biến động": "sang tên", "thừa kế": "cha mẹ để lại|thừa kế", "tặng cho": "cho con|cho tặng", "trợ cấp hưu trí xã hội": "tiền người già|trợ cấp người cao tuổi",
    "người cao tuổi": "người già|ông bà già", "người khuyết tật": "người tàn tật|khuyết tật", "mai táng": "ma chay|mai táng|tiền tuất",
    "chứng thực bản sao": "công chứng giấy tờ|sao y|công chứng photo|photo công chứng", "chứng thực": "công chứng", "cấp lại": "làm lại|bị mất|mất xin lại|cấp lại",
    "cấp đổi": "đổi|làm lại|đổi mới", "phương tiện giao thông": "xe|xe máy|ô tô", "xe cơ giới": "xe|xe máy|ô tô", "trẻ em": "con|cháu|bé|con nít",
    "xử phạt vi phạm hành chính": "phạt nguội|nộp phạt", "tiền phạt": "phạt nguội|tiền phạt", "thanh toán": "trả tiền|đóng tiền|nộp tiền", "trực tuyến": "online|qua mạng|trên mạng",
    "tài khoản định danh điện tử": "vneid|tài khoản vneid|định danh|định danh mức 2", "định danh điện tử": "vneid|định danh", "ứng dụng": "app|phần mềm",
    "thay đổi": "đổi|sửa", "cải chính": "sửa|sửa sai|đính chính", "chấm dứt hoạt động": "nghỉ bán|đóng cửa|nghỉ kinh doanh", "tạm ngừng kinh doanh": "tạm nghỉ bán|tạm ngưng",
    "ủy ban nhân dân": "ubnd|ủy ban", "học phí": "tiền học", "viện phí": "tiền viện", "đăng nhập": "vào|vô|đăng nhập", "không nhận được": "không thấy|chưa có|hổng thấy",
    "doanh nghiệp": "công ty|cty|dn", "người lao động": "công nhân|nlđ", "trợ cấp": "tiền trợ cấp|tiền hỗ trợ|hỗ trợ",
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A question or title and a text that answers it; examples of one group never meet in a batch."""

    a: str
    b: int
    group: str


class Speech:
    """Makes written titles sound like people on a phone; the text stays folded, as the model sees it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._short: dict[str, list[str]] = {}
        for short, full in abbreviations().items():
            self._short.setdefault(fold(full), []).append(fold(short))
        self._home = {fold(name): [fold(word) for word in words.split("|")] for name, words in HOME_NAMES.items()}
        self._shapes = {
            end: [fold(shape.replace("{}", " x0x ")) for shape in shapes.split("|")] for end, shapes in SHAPES.items()
        }
        self._openers, self._closers = [[fold(text) for text in texts] for texts in (OPENERS, CLOSERS)]

    def ask(self, title: str) -> str:
        """Return a title ("name" or "name - part") as somebody might ask for it."""
        name, _, part = title.rpartition(" - ")
        shapes = next((s for end, s in self._shapes.items() if name and fold(part).endswith(end)), None)
        text = fold(name if shapes else title)
        dice = self._dice
        if dice.random() < 0.5:
            text = self._rename(text)
        text = self._drop(text, 0.15)
        if shapes and dice.random() < 0.8:
            return self._opened(dice.choice(shapes).replace("x0x", text), 0.3, 0.15)
        return self._opened(text, 0.5, 0.4)

    def noise(self, text: str) -> str:
        """Return folded text with short forms and slips of the thumb, sometimes none."""
        words = text.split()
        dice = self._dice
        out: list[str] = []
        i = 0
        shorten = dice.random() < 0.3
        while i < len(words):
            for size in (4, 3, 2, 1):
                full = " ".join(words[i : i + size])
                if shorten and full in self._short and dice.random() < 0.6:
                    out.append(dice.choice(self._short[full]))
                    break
            else:
                out.append(words[i])
                size = 1
            i += size
        if out and dice.random() < 0.25:
            for _ in range(1 + len(out) // 8):
                spot = dice.randrange(len(out))
                out[spot] = self._slip(out[spot])
            if len(out) > 2 and dice.random() < 0.2:
                spot = dice.randrange(len(out) - 1)
                out[spot : spot + 2] = [out[spot] + out[spot + 1]]
        return " ".join(out)

    def _opened(self, text: str, opener: float, closer: float) -> str:
        before = self._dice.choice(self._openers) + " " if self._dice.random() < opener else ""
        after = " " + self._dice.choice(self._closers) if self._dice.random() < closer else ""
        return before + text + after

    def _rename(self, text: str) -> str:
        padded = f" {text} "
        for name, words in self._home.items():
            if f" {name} " in padded:
                padded = padded.replace(f" {name} ", f" {self._dice.choice(words)} ")
        return padded.strip()

    def _drop(self, text: str, share: float) -> str:
        words = text.split()
        kept = [word for word in words if self._dice.random() > share] if len(words) > 3 else words
        if len(kept) > 9 and self._dice.random() < 0.5:
            start = self._dice.randrange(len(kept) - 6)
            kept = kept[start : start + 4 + self._dice.randrange(5)]
        return " ".join(kept or words)

    def _slip(self, word: str) -> str:
        if len(word) < 3:
            return word
        spot = self._dice.randrange(len(word) - 1)
        match self._dice.randrange(4):
            case 0:
                return word[:spot] + word[spot + 1 :]
            case 1:
                return word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :]
            case 2:
                return word[:spot] + word[spot] + word[spot:]
            case _:
                return word + self._dice.choice("sfrxj")


def make_tokenizer(texts: Sequence[str], recipe: Recipe) -> Tokenizer:
    """Return a tokenizer that folds by itself and knows syllables, pieces of rare words, and pairs of syllables.

    Pairs are merges after all others, so `khai sinh` is one token where both syllables stand side by side.
    """
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\u00ad\u200b\u200c\ufeff]"), ""),
            normalizers.Lowercase(),
            normalizers.Replace(Regex("[đðɖ]"), "d"),
            normalizers.NFD(),
            normalizers.StripAccents(),
            normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = BpeTrainer(vocab_size=recipe.pieces, min_frequency=5, limit_alphabet=300, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    state = json.loads(tokenizer.to_str())
    model = state["model"]
    for left, right in _pairs(tokenizer, texts, recipe.pairs, recipe.tightness):
        model["vocab"][left + right] = len(model["vocab"])
        model["merges"].append([left, right])
    state["pre_tokenizer"]["split"] = False
    return Tokenizer.from_str(json.dumps(state))


def _pairs(tokenizer: Tokenizer, texts: Sequence[str], count: int, least: float) -> list[tuple[str, str]]:
    """Return the syllable pairs worth a token, the tightest first, since merges are tried in that order."""
    if not count:
        return []
    size = tokenizer.get_vocab_size()
    names = [tokenizer.id_to_token(i) or "" for i in range(size)]
    starts = np.array([name.startswith("▁") for name in names])
    ends = np.array([len(name) > 1 and not any(c.isdigit() for c in name) for name in names])
    seen: Counter[int] = Counter()
    single = np.zeros(size, dtype=np.int64)
    for i in range(0, len(texts), 20_000):
        flat = np.concatenate(
            [np.array([*e.ids, -1], dtype=np.int64) for e in tokenizer.encode_batch(texts[i : i + 20_000])]
        )
        # A token is a whole syllable when it starts one and the next token starts another (or the text ends).
        opens = (flat < 0) | starts[flat]
        whole = opens[:-1] & opens[1:] & (flat[:-1] >= 0) & ends[flat[:-1]]
        single += np.bincount(flat[:-1][whole], minlength=size)
        both = whole[:-1] & whole[1:]
        keys, counts = np.unique(flat[:-2][both] * size + flat[1:-1][both], return_counts=True)
        often = counts > 1
        seen.update(dict(zip(keys[often].tolist(), counts[often].tolist(), strict=True)))
    total = float(single.sum())
    scored = []
    for key, n in seen.items():
        left, right = divmod(key, size)
        tightness = math.log(n * total / (single[left] * single[right])) if n >= 20 else 0.0
        if tightness > least:
            scored.append((n * tightness, tightness, names[left], names[right]))
    best = sorted(scored, reverse=True)[:count]
    return [(left, right) for _, _, left, right in sorted(best, key=lambda s: (-s[1], s[2], s[3]))]


class Texts:
    """All answer texts as token ids, cut to windows when they are asked for."""

    def __init__(self, tokenizer: Tokenizer, recipe: Recipe, dice: np.random.Generator) -> None:
        self._tokenizer = tokenizer
        self._recipe = recipe
        self._dice = dice
        self._ids: list[Ids] = []
        vocabulary = tokenizer.get_vocab()
        # For each pair token its two syllables; for other tokens themselves and nothing.
        self._left = np.arange(len(vocabulary), dtype=np.int32)
        self._right = np.full(len(vocabulary), -1, dtype=np.int32)
        for name, i in vocabulary.items():
            if "▁" in name[1:]:
                cut = name.index("▁", 1)
                self._left[i], self._right[i] = vocabulary[name[:cut]], vocabulary[name[cut:]]

    def add(self, texts: Sequence[str]) -> range:
        """Store texts (their first 2,000 characters) and return their numbers."""
        start = len(self._ids)
        for i in range(0, len(texts), 10_000):
            batch = self._tokenizer.encode_batch([text[:2000] for text in texts[i : i + 10_000]])
            self._ids.extend(np.array(e.ids, dtype=np.int32) for e in batch)
        return range(start, len(self._ids))

    def windows(self, numbers: Iterable[int]) -> dict[str, torch.Tensor]:
        """Return a batch for the model: of each text its beginning or, as often, a stretch from inside."""
        parts = []
        for number in numbers:
            ids = self._ids[number]
            size = (
                self._recipe.window
                if self._dice.random() < 0.5
                else int(self._dice.integers(16, self._recipe.window + 1))
            )
            start = int(self._dice.integers(0, len(ids) - size)) if len(ids) > size and self._dice.random() < 0.5 else 0
            parts.append(ids[start : start + size])
        return self._pack(parts)

    def encode(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        return self._pack([np.array(e.ids[:256], dtype=np.int32) for e in self._tokenizer.encode_batch(list(texts))])

    def _pack(self, parts: Sequence[Ids]) -> dict[str, torch.Tensor]:
        """Join to one bag a text; some pairs fall apart, so that their syllables learn the same meaning."""
        flat = np.concatenate([*parts, np.zeros(0, dtype=np.int32)])
        broken = (self._right[flat] >= 0) & (self._dice.random(len(flat)) < self._recipe.split_pair)
        lengths = np.array([len(part) for part in parts])
        owner = np.repeat(np.arange(len(parts)), lengths)
        lengths += np.bincount(owner[broken], minlength=len(parts))
        at = np.cumsum(1 + broken) - 1
        out = np.empty(len(flat) + int(broken.sum()), dtype=np.int64)
        out[at] = np.where(broken, self._right[flat], flat)
        out[at[broken] - 1] = self._left[flat[broken]]
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return {"input_ids": torch.from_numpy(out), "offsets": torch.from_numpy(offsets)}


def read_pairs(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Return (a, b) pairs by file stem."""
    found = {}
    for path in sorted(folder.glob("pairs_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        found[path.name.removesuffix(".jsonl.gz")] = [(row["a"], row["b"]) for row in rows]
    return found


def guide_pairs(guide: Guide) -> list[tuple[str, str]]:
    """Return (how people ask, what answers) of one guide; only `index` golden questions, never dev or test."""
    made = passages(guide)
    asked = [p for p in made if p.kind == "question" and not re.fullmatch(r"[\d.]+", p.text)]
    told = [p for p in made if p.kind == "body"]
    pairs = []
    for question in asked:
        # Two asked-for texts of one guide belong together too: search compares questions with questions.
        pairs += [(question.text, other.text) for other in asked if other.text != question.text]
        near = [p for p in told if p.aspect is question.aspect] or told[:1]
        pairs += [(question.text, p.text) for p in near for _ in range(max(1, len(asked) // (2 * len(near))))]
        pairs += [(question.text, p.text) for p in told if p not in near]
    return pairs


def train(pairs: dict[str, list[tuple[str, str]]], guides: Sequence[Guide], recipe: Recipe) -> SentenceTransformer:
    """Return the trained model; the same data, recipe and number of threads give the same model."""
    torch.manual_seed(recipe.seed)
    dice = random.Random(recipe.seed)  # noqa: S311 - order of training data, no secret
    mine = {guide.id: guide_pairs(guide) for guide in guides}
    spoken = list(dict.fromkeys(text for own in mine.values() for pair in own for text in pair))
    sample = [text for rows in pairs.values() for a, b in rows for text in (a, b[:600])]
    print(f"tokenizer from {len(sample) + len(spoken):,} texts", flush=True)
    tokenizer = make_tokenizer(sample + spoken, recipe)
    texts = Texts(tokenizer, recipe, np.random.default_rng(recipe.seed))
    static = StaticEmbedding(tokenizer, embedding_dim=recipe.dimension)
    torch.nn.init.normal_(static.embedding.weight, std=recipe.spread)
    model = SentenceTransformer(modules=[static], device="cpu")
    loss = MultipleNegativesRankingLoss(model, scale=recipe.scale)

    sources = {}
    for name, rows in pairs.items():
        numbers = texts.add([b for _, b in rows])
        sources[name] = [Example(a, n, f"{name} {fold(b[:80])}") for (a, b), n in zip(rows, numbers, strict=True)]
    riders = {}
    for guide, own in mine.items():
        numbers = texts.add([b for _, b in own])
        riders[guide] = [Example(a, n, guide) for (a, _), n in zip(own, numbers, strict=True)]

    speech = Speech(dice)
    batches = list(_batches(sources, recipe, dice)) or [[] for _ in range(400)]
    # A batch touches few of the vectors; the others need no step.
    static.embedding.sparse = True
    optimizer = torch.optim.SparseAdam(list(model.parameters()), lr=recipe.rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _slope(len(batches)))
    progress = tqdm(batches, desc="training", unit="batch", mininterval=5)
    shown = 0.0
    for batch in progress:
        # One pair of every guide rides along in every batch: siblings are then told apart all the time. In the drills
        # that follow there is nothing else, so that what tells them apart is all there is to learn.
        for number in range(1 + recipe.drills):
            mine_now = [dice.choice(own) for own in riders.values()]
            lesson = batch + mine_now if number == 0 else mine_now
            asked = [_phrase(example, speech, dice, riders) for example in lesson]
            value = loss([texts.encode(asked), texts.windows(example.b for example in lesson)], torch.empty(0))
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()  # type: ignore[no-untyped-call]
        schedule.step()
        shown = 0.98 * shown + 0.02 * value.item() if shown else value.item()
        progress.set_postfix(loss=f"{shown:.3f}", refresh=False)
    return model


def _phrase(example: Example, speech: Speech, dice: random.Random, riders: dict[str, list[Example]]) -> str:
    if example.group in riders:
        return speech.noise(fold(example.a))
    spoken = 0.7 if example.group.startswith("pairs_tthc") else 0.2
    if dice.random() < spoken:
        return speech.noise(speech.ask(example.a))
    return fold(example.a)


def _batches(sources: dict[str, list[Example]], recipe: Recipe, dice: random.Random) -> Iterator[list[Example]]:
    """Cut each source into batches of its own, so that the wrong answers in a batch resemble the right ones."""
    made = []
    for name, examples in sources.items():
        wanted = int(len(examples) * recipe.sources.get(name, 1.0) * recipe.epochs)
        line: list[Example] = []
        while len(line) < wanted:
            line += dice.sample(examples, min(len(examples), wanted - len(line)))
        for start in range(0, len(line) - recipe.batch // 2, recipe.batch):
            made.append(list({example.group: example for example in line[start : start + recipe.batch]}.values()))
    dice.shuffle(made)
    yield from made


def _slope(steps: int) -> Callable[[int], float]:
    warm = max(1, steps // 20)
    return lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm)))


def save(model: SentenceTransformer, folder: Path) -> None:
    """Write the model with one signed byte a number and one scale a token, a quarter of the usual size.

    sentence-transformers reads this form itself (it is that of model2vec) and multiplies the scale back in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.save(str(folder), create_model_card=False)
    table = model[0]
    assert isinstance(table, StaticEmbedding)
    weights = table.embedding.weight.detach().numpy()
    scales = np.abs(weights).max(axis=1) / 127
    scales[scales == 0] = 1.0
    rows = np.rint(weights / scales[:, None]).astype(np.int8)
    save_file({"embeddings": rows, "weights": scales.astype(np.float32)}, folder / "model.safetensors")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of pairs_*.jsonl.gz")
    parser.add_argument("--guides", type=Path, default=GUIDES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    pairs = read_pairs(options.data) if options.data else {}
    if not pairs:
        print("No pairs_*.jsonl.gz given with --data: training on the guides alone. Good for a trial, not for use.")
    guides = load(options.guides)
    print(f"{sum(map(len, pairs.values())):,} pairs, {len(guides)} guides", flush=True)
    save(train(pairs, guides, Recipe()), options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
