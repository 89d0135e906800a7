"""Published records come in from four kinds of files, and every row that is left out is named with its reason."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from knowledge.importers.read import read
from knowledge.importers.row import ImportFailed, Skipped, to_record
from knowledge.records.record import Record

FILES = Path(__file__).with_name("records")
DAY = date(2026, 6, 30)


def taken(path: Path, published_on: date | None = DAY) -> tuple[dict[str, Record], list[str]]:
    made = [to_record(row, path.name, published_on) for row in read(path)]
    return (
        {one.code: one for one in made if isinstance(one, Record)},
        [str(one) for one in made if isinstance(one, Skipped)],
    )


def workbook(path: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    book.active.append(["Danh mục thủ tục"])  # type: ignore[union-attr]
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(path)
    return path


def test_json_as_the_portal_publishes_it() -> None:
    records, skipped = taken(FILES / "thu-tuc.json", None)
    record = records["1.900002"]
    assert record.published_on == DAY
    # What names no office falls back on the one that decides.
    assert record.agency == "Cục Chăn nuôi"
    assert skipped == ["thu-tuc.json:3: code: '19' không giống mã thủ tục, ví dụ 1.004222"]


def test_run_together_text_is_kept_to_the_letter() -> None:
    published = json.loads((FILES / "thu-tuc.json").read_text(encoding="utf-8"))["data"][0]
    record = to_record(next(iter(read(FILES / "thu-tuc.json"))), "thu-tuc.json", None)
    assert isinstance(record, Record)
    assert record.methods == published["cach_thuc_thuc_hien"]
    assert record.papers == published["thanh_phan_ho_so"]
    assert record.subjects == "Công dân Việt Nam\nDoanh nghiệp"


def test_json_lines_gzipped_name_the_line_of_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    lines = ['{"code": "1.900010", "name": "Một"}', "{broken", '["list"]']
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    records, skipped = taken(path)
    assert list(records) == ["1.900010"]
    assert skipped[0].startswith("a.jsonl.gz:2: -: không phải JSON")
    assert skipped[1].startswith("a.jsonl.gz:3: -: ")


def test_structured_methods_become_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    methods = [{"how": "Trực tiếp", "time": "7 ngày", "fee": None}, {"how": "Trực tuyến", "time": "5 ngày"}]
    path.write_text(json.dumps([{"code": "1.900010", "name": "Một", "methods": methods}]), encoding="utf-8")
    assert taken(path)[0]["1.900010"].methods == "Trực tiếp · 7 ngày\nTrực tuyến · 5 ngày"


def test_csv_with_semicolons_names_line_and_field() -> None:
    records, skipped = taken(FILES / "thu-tuc.csv")
    assert records["1.900003"].time_limit == "4 ngày,\nkể từ khi nhận"
    assert records["1.900003"].fee == "Không thu"
    assert skipped == ["thu-tuc.csv:4: title: thiếu", "thu-tuc.csv:5: -: có 3 cột, dòng đầu có 6"]


def test_a_workbook_with_a_title_above_and_codes_taken_for_numbers(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["Tên thủ tục", "Mã thủ tục", "Ngày công bố"],
        ["Một", 1.90018, datetime(2026, 5, 1)],  # noqa: DTZ001 - as Excel keeps it
        [None, "1.900011", None],
    )
    records, skipped = taken(path, None)
    assert records["1.900180"].published_on == date(2026, 5, 1)
    assert skipped == ["a.xlsx:4: title: thiếu"]


def test_a_saved_page() -> None:
    record = taken(FILES / "thu-tuc.html")[0]["1.900006"]
    assert record == Record(
        code="1.900006", title="Đăng ký vườn dừa mẫu", published_on=DAY, level="Cấp xã", agency="Ủy ban nhân dân cấp xã",
        steps="Bước 1: Nộp đơn.\nBước 2: Xã đi xem vườn.\nLệ phí: đóng khi nhận giấy.",
        methods="Hình thức nộp | Thời gian | Phí, lệ phí | Mô tả\nTrực tiếp | 3 Ngày | 20.000 đồng | Nộp tại xã",
        legal_basis="Nghị quyết 12/2026/NQ-HĐND", detail_url="https://dichvucong.example/thu-tuc/trong-dua",
    )  # fmt: skip


def test_without_a_day_of_publication_a_row_is_left_out() -> None:
    assert "published_on: thiếu ngày công bố; thêm --published" in taken(FILES / "thu-tuc.csv", None)[1][0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", b"{", "không phải JSON"),
        ("a.json", b"3", "danh sách"),
        ("a.jsonl.gz", b"no gzip", "không đọc được"),
        ("a.csv", b"ten;gia\n1;2\n", "dòng đầu phải có cột"),
        ("a.csv", "Mã thủ tục".encode("utf-16"), "UTF-8"),
        ("a.csv", 'Mã thủ tục,Tên thủ tục\n"1.900001,x'.encode(), "không phải CSV"),
        ("a.xlsx", b"no workbook", "không phải tệp Excel"),
        ("a.html", b"<p>Xin loi</p>", "không có mã thủ tục"),
        ("a.pdf", b"%PDF", "chưa đọc được loại tệp này"),
    ],
)
def test_what_cannot_be_read_at_all_is_one_clear_error(name: str, content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportFailed, match=says):
        list(read(path))


def test_a_workbook_without_a_heading(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="không trang nào"):
        list(read(workbook(tmp_path / "a.xlsx", ["x", "y"])))
