"""Word a report as one Markdown page in Vietnamese, and renew the generated parts of README and docs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.settings import ROOT
from evaluation.scorecard.headline import headline
from evaluation.scorecard.pictures import draw_reliability, draw_risk
from knowledge.answer import day

START, END = "<!-- scorecard: viết bằng `tro-ly evaluate all --keep` -->", "<!-- /scorecard -->"
FORMS = {"as_typed": "như bà con gõ", "folded": "bỏ hết dấu", "teencode": "viết tắt, gõ vội"}
_REGISTERS = {
    "formal": "văn viết", "north": "lời nói, miền Bắc", "central": "lời nói, miền Trung", "south": "lời nói, miền Nam",
    "blunt": "vài chữ cụt", "folded": "không dấu", "noisy": "viết tắt, gõ sai",
}  # fmt: skip
_INSIDE = {
    "right": "đúng ngay", "asked_back": "hỏi lại đúng chỗ", "abstained": "nói không biết", "wrong": "sai",
    "aspect_right": "đúng cả mục",
}  # fmt: skip
_OUTSIDE = {"out_of_scope_answered": "vẫn trả lời", "out_of_scope_asked_back": "đưa nút chọn"}
_METHODS = {"bm25": "BM25", "dense": "véc-tơ", "hybrid": "BM25 + véc-tơ mờ dần", "product": "trợ lý (product)"}


def write(report: Mapping[str, Any], out: Path) -> None:
    """Write scorecard.md, scorecard.json and the two pictures into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    draw(report, out / "reliability.png", out / "risk_coverage.png")
    whole = {**report, "headline": headline(report)}
    (out / "scorecard.json").write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / "scorecard.md").write_text(page(report), encoding="utf-8")


def draw(report: Mapping[str, Any], reliability: Path, risk: Path) -> None:
    """Write the two pictures."""
    typed = report["calibration"]["as_typed"]
    draw_reliability(typed["bins"], typed["error"], reliability)
    draw_risk(report["risk"], risk)


def page(report: Mapping[str, Any]) -> str:
    """Return the whole page."""
    version, answers = report["versions"], report["answers"]
    groups = answers["by_group"]
    fields = {f"`{name}`": s for name, s in groups.items() if s["right"]["n"]}
    kinds = {f"`{name}`": s for name, s in groups.items() if s["out_of_scope_answered"]["n"]}
    registers = {
        label: answers["by_register"][name] for name, label in _REGISTERS.items() if name in answers["by_register"]
    }
    forms = {FORMS[name]: summary for name, summary in answers["forms"].items()}
    parts = [
        "# Bảng điểm của trợ lý",
        f"Đo ngày {_day(report)}. Chỉ mục `{version['index']}`: {version['guides']} bài, {version['passages']} đoạn. "
        f"Bộ mã hóa `{version['encoder']}`. `decide.json` `{version['decide']}`: trả lời từ {version['answer_from']}, "
        f"hỏi lại từ {version['ask_from']}. "
        + (
            f"Rasa nghe bằng `{version.get('rasa_model', 'RASA_URLS')}`."
            if report["rasa"]
            else "**Rasa không chạy trong lần đo này**: mọi con số là khi Rasa nghỉ."
        )
        + (" Đây là bản đo nhanh." if report["fast"] else ""),
        "Câu thử (`test`) không nằm trong chỉ mục, không dùng để dạy máy hay chọn ngưỡng. Trong ngoặc là khoảng tin cậy 95 %. Tỷ lệ tính bằng %.",
        "## Con số chính",
        headline_table(headline(report)),
        "## Trả lời câu thử",
        _shares("cách gõ", forms, _INSIDE),
        "“đúng cả mục”: trong các câu trả lời đúng bài, phần đúng cả mục được hỏi (lệ phí, giấy tờ …).",
        "### Theo lĩnh vực, như bà con gõ",
        _shares("lĩnh vực", fields, _INSIDE),
        "### Theo cách nói, như bà con gõ",
        _shares("cách nói", registers, _INSIDE),
        "Cách nói là nhãn người soạn ghi cho từng câu mẫu trong bài hướng dẫn.",
        "## Câu ngoài phạm vi",
        _shares("cách gõ", forms, _OUTSIDE),
        _shares("loại câu", kinds, _OUTSIDE),
        "## Câu do người khác viết",
        _shares("cách gõ", {FORMS[name]: s for name, s in report["held_out"]["forms"].items()}, _INSIDE),
        "## Khi Rasa nghỉ, như bà con gõ",
        _shares("", {"câu thử": (report["without_rasa"] or answers)["forms"]["as_typed"]}, {**_INSIDE, **_OUTSIDE}),
        "## Rasa nghe tin nhắn",
        _heard(report["nlu"]),
        "## Xếp hạng và tìm",
        _found(report),
        "## Độ tin",
        calibration_table(headline(report)) if report["rasa"] else "Lệch của độ tin chỉ so được khi có Rasa.",
        "![Nói chắc tới đâu, đúng tới đó](reliability.png)",
        "![Trả lời càng nhiều, sai càng nhiều](risk_coverage.png)",
        _risk(report["risk"]),
        "Bảng và hình này chỉ tính độ tin. Trong cuộc trò chuyện còn có lời chào, lời kêu cứu, hai ứng dụng cùng một việc, nên số ở trên hơi khác.",
        "## Sai nặng nhất",
        "Những câu trợ lý tin chắc nhất mà sai, rồi tới câu ngoài phạm vi bị trả lời; câu do người khác viết không đưa ra đây.",
        _worst(report["worst"]),
    ]
    return "\n\n".join(parts) + "\n"


def headline_table(numbers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table that README shows: a row for each way of asking that was measured."""
    rows = {f"answers/{form}": label for form, label in FORMS.items()}
    rows |= {"held_out/as_typed": "câu do người khác viết", "without_rasa/as_typed": "như bà con gõ, lúc Rasa nghỉ"}
    lines = []
    for name, label in rows.items():
        if f"{name}/right" in numbers:
            columns = ("right", "right_or_offered", "wrong", "out_of_scope_answered")
            cells = [_percent(numbers.get(f"{name}/{column}")) for column in columns]
            lines.append([label, str(numbers[f"{name}/right"]["n"]), *cells])
    return _table(
        ("câu hỏi", "số câu", "đúng ngay", "đúng hoặc hỏi lại đúng chỗ", "sai", "ngoài phạm vi mà vẫn trả lời"), lines
    )


def calibration_table(numbers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the expected calibration error of each form."""
    lines = []
    for form, label in FORMS.items():
        if error := numbers.get(f"calibration/{form}/error"):
            lines.append([label, str(error["n"]), _error(error).replace(".", ",")])
    return _table(("cách gõ", "số câu", "độ tin lệch trung bình (ECE)"), lines)


def readme_part(kept: Mapping[str, Any]) -> str:
    """Return what stands between the marks in README.md."""
    return f"{headline_table(kept['headline'])}\n\nĐo ngày {_day(kept)} trên {kept['versions']['guides']} bài, tính bằng %, trong ngoặc là khoảng tin cậy 95 %."


def publish(report: Mapping[str, Any], kept: Mapping[str, Any], root: Path = ROOT) -> None:
    """Renew the numbers in README and docs/evaluation.md and the pictures beside them."""
    renew(root / "README.md", readme_part(kept))
    renew(root / "docs" / "evaluation.md", docs_part(kept))
    draw(report, root / "docs" / "anh" / "reliability.png", root / "docs" / "anh" / "risk-coverage.png")


def docs_part(kept: Mapping[str, Any]) -> str:
    """Return what stands between the marks in docs/evaluation.md."""
    errors = {form: kept["headline"][f"calibration/{form}/error"] for form in FORMS}
    return ", ".join(f"{form} {_error(error)}" for form, error in errors.items()) + "."


def renew(document: Path, part: str) -> None:
    """Put part between the marks of a document."""
    before, rest = document.read_text(encoding="utf-8").split(START)
    document.write_text(f"{before}{START}\n{part}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def part_of(document: Path) -> str:
    """Return what stands between the marks of a document."""
    return document.read_text(encoding="utf-8").split(START)[1].split(END)[0].strip()


def _day(measured: Mapping[str, Any]) -> str:
    return day(date.fromisoformat(measured["measured_on"]))


def _heard(nlu: Mapping[str, Any] | None) -> str:
    if nlu is None:
        return "Không đo: không có Rasa hoặc mô hình của nó. Chạy `make setup` rồi đo lại."
    lines = [
        [
            FORMS[form],
            str(s["accuracy"]["n"]),
            _percent(s["accuracy"]),
            *(_interval(s, key) for key in ("macro_f1", "entity_f1")),
        ]
        for form, s in nlu["forms"].items()
    ]
    return _table(("cách gõ", "số tin", "đúng ý", "macro-F1", "F1 của thực thể"), lines)


def _found(report: Mapping[str, Any]) -> str:
    sets = {name: dict(methods) for name, methods in report["retrieval"].items()}
    ranking = report["ranking"]
    sets.setdefault("guides-test", {})["product"] = {"marked": ranking["as_typed"], "stripped": ranking["folded"]}
    lines = [
        [
            name,
            str(s["n"]),
            _METHODS[method],
            "có" if form == "marked" else "không",
            *(_interval(s, k) for k in ("recall@1", "recall@5", "recall@10", "mrr@10")),
        ]
        for name, methods in sets.items()
        for method, forms in methods.items()
        for form, s in forms.items()
    ]
    table = _table(("bộ câu hỏi", "số câu", "cách tìm", "dấu", "đúng ngay đầu", "trong 5", "trong 10", "MRR@10"), lines)
    if set(sets) == {"guides-test"}:
        table += "\n\nBộ câu hỏi công khai: lần này không đo (thêm `--bench THƯ_MỤC`)."
    return table


def _risk(risk: Mapping[str, Any]) -> str:
    lines = [
        [
            label,
            name,
            f"{split[point]['threshold']:.2f}",
            *(_percent(split[point][k]) for k in ("answered", "right", "wrong", "out_of_scope_answered")),
        ]
        for point, label in (("ours", "đang chạy"), ("careful", "sai không quá 2 % trên dev"))
        for name, split in risk.items()
        if point in split
    ]
    return _table(("ngưỡng", "câu", "trả lời từ", "trả lời", "đúng", "sai", "ngoài phạm vi vẫn trả lời"), lines)


def _worst(worst: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for miss in worst:
        wanted = ", ".join(miss["wanted"]) or "(không trả lời)"
        sure = "–" if miss["confidence"] is None else f"{miss['confidence']:.2f}"
        lines.append([miss["question"], FORMS[miss["form"]], wanted, miss["guide"], sure])
    return _table(("câu hỏi", "sai khi gõ", "đáng lẽ", "đã trả lời", "độ tin"), lines)


def _shares(first: str, rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, str]) -> str:
    lead = next(iter(columns))
    lines = [[name, str(s[lead]["n"]), *(_percent(s[key]) for key in columns)] for name, s in rows.items()]
    return _table((first, "số câu", *columns.values()), lines)


def _percent(number: Mapping[str, Any] | None) -> str:
    """A share with its interval; takes both shapes, `share` of reports and `value` of headlines."""
    if number is None or not number["n"]:
        return "–"
    value = number["share"] if "share" in number else number["value"]
    return f"{100 * value:.1f} ({100 * number['low']:.1f}–{100 * number['high']:.1f})".replace(".", ",")


def _error(number: Mapping[str, Any]) -> str:
    return f"{number['value']:.3f} ({number['low']:.3f}–{number['high']:.3f})"


def _interval(scores: Mapping[str, Any], key: str) -> str:
    low, high = scores[f"{key}_ci95"]
    return _percent({"value": scores[key], "low": low, "high": high, "n": 1})


def _table(columns: Iterable[str], lines: Iterable[Sequence[str]]) -> str:
    columns = list(columns)
    rows = [columns, ["---"] * len(columns), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)
