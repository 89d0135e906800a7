"""Imported records: all of an import or nothing, nothing doubled, found again by code and title, worded without additions."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from knowledge.errors import KnowledgeError
from knowledge.guide import Aspect
from knowledge.importers.row import ImportFailed
from knowledge.records.importing import import_records
from knowledge.records.record import Record
from knowledge.records.say import aspects_of, say
from knowledge.records.store import RecordStore

FILES = Path(__file__).with_name("records")
JSON, CSV, HTML = FILES / "thu-tuc.json", FILES / "thu-tuc.csv", FILES / "thu-tuc.html"
DAY = date(2026, 6, 30)


def record(code: str, title: str, **texts: str) -> Record:
    return Record(code=code, title=title, published_on=DAY, **texts)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    return RecordStore(tmp_path / "records" / "records.db")


def test_several_forms_come_in_together_with_a_report(store: RecordStore) -> None:
    report = import_records(store, [JSON, CSV, HTML], DAY)
    assert report.changes.added == ["1.900001", "1.900002", "1.900003", "1.900006"]
    assert [(row.file, row.row, row.field) for row in report.skipped] == [
        ("thu-tuc.json", 3, "code"), ("thu-tuc.json", 4, "code"), ("thu-tuc.csv", 4, "title"), ("thu-tuc.csv", 5, "-"),
    ]  # fmt: skip
    assert "đã có ở thu-tuc.json:1" in report.skipped[1].reason
    assert report.unknown_columns == {"thu-tuc.json": ["raw_text"], "thu-tuc.csv": ["Cột lạ"]}
    assert report.summary() == "4 thay đổi (4 hồ sơ mới, 0 cập nhật), 0 giữ nguyên, 4 bỏ qua."


def test_the_same_import_again_changes_nothing(store: RecordStore) -> None:
    import_records(store, [JSON, HTML], DAY)
    before = store.by_code("1.900001")
    again = import_records(store, [JSON, HTML], DAY)
    assert again.summary().startswith("0 thay đổi")
    assert store.by_code("1.900001") == before
    assert len(store.all()) == 3


def test_a_known_code_is_updated_and_not_doubled(store: RecordStore) -> None:
    store.put([(record("1.900001", "Cấp thẻ bơi thuyền thúng"), "a.json")])
    changes = store.put([(record("1.900001", "Cấp thẻ chèo thuyền kayak"), "b.json")])
    assert changes.changed == ["1.900001"]
    assert [row[:2] for row in store.all()] == [("1.900001", "Cấp thẻ chèo thuyền kayak")]
    assert len(store.search("chèo thuyền kayak")) == 1
    assert store.search("thúng") == []


def test_a_failure_midway_leaves_the_old_records(store: RecordStore, tmp_path: Path) -> None:
    import_records(store, [HTML], DAY)
    broken = tmp_path / "sau.csv"
    broken.write_text('Mã thủ tục,Tên thủ tục\n1.900007,Mới\n1.900008,"chưa hết', encoding="utf-8")
    with pytest.raises(ImportFailed, match=r"sau\.csv"):
        import_records(store, [JSON, broken], DAY)
    assert [row[0] for row in store.all()] == ["1.900006"]
    assert store.search("nuôi chim yến") == []


def test_a_crash_midway_leaves_the_old_records(store: RecordStore) -> None:
    def half() -> Iterator[tuple[Record, str]]:
        yield record("1.900006", "Tên khác"), "a.json"
        raise MemoryError

    import_records(store, [HTML], DAY)
    with pytest.raises(MemoryError):
        store.put(half())
    found = store.by_code("1.900006")
    assert found is not None
    assert found.record.title == "Đăng ký vườn dừa mẫu"


def test_a_rehearsal_tells_and_changes_nothing(store: RecordStore) -> None:
    report = import_records(store, [HTML], DAY, keep=False)
    assert report.changes.added == ["1.900006"]
    assert store.all() == []


def test_before_the_first_import_there_is_nothing_and_afterwards_every_thread_sees_it(store: RecordStore) -> None:
    assert store.by_code("1.900006") is None
    assert store.search("đăng ký vườn dừa") == []
    assert store.remove(["1.900006"]) == []
    seen: list[bool] = []
    imported, asked = threading.Event(), threading.Event()

    def read() -> None:
        seen.append(store.by_code("1.900006") is not None)
        asked.set()
        imported.wait(10)
        seen.append(store.by_code("1.900006") is not None)

    reader = threading.Thread(target=read)
    reader.start()
    asked.wait(10)
    import_records(RecordStore(store.path), [HTML], DAY)
    imported.set()
    reader.join()
    assert seen == [False, True]
    assert store.remove(["1.900006", "1.900099"]) == ["1.900006"]
    assert store.by_code("1.900006") is None


def test_a_file_that_is_no_database_is_a_clear_error(store: RecordStore) -> None:
    store.path.parent.mkdir()
    store.path.write_text("x" * 5000)
    with pytest.raises(KnowledgeError, match=r"records\.db"):
        store.by_code("1.900006")
    with pytest.raises(KnowledgeError, match="không đọc được"):
        import_records(store, [HTML], DAY)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("Cấp lại Giấy phép nuôi chim yến trong nhà ở (cấp tỉnh)", "1.900001"),
        ("cap lai giay phep nuoi chim yen trong nha o cap bo", "1.900002"),
        ("thủ tục gia hạn thẻ thủ thư", "1.900003"),
        ("xã đi xem vườn", "1.900006"),
    ],
)
def test_a_title_or_its_text_finds_the_record(query: str, code: str, store: RecordStore) -> None:
    import_records(store, [JSON, CSV, HTML], DAY)
    assert store.search(query)[0].code == code


def test_how_fully_a_title_is_named_and_covers_the_question(store: RecordStore) -> None:
    import_records(store, [JSON, CSV, HTML], DAY)
    whole = store.search("thủ tục đăng ký vườn dừa mẫu", plain=frozenset({"thu", "tuc"}))[0]
    assert (whole.named, whole.covered) == (1.0, 1.0)
    more = store.search("đăng ký vườn dừa mẫu ở Mỹ bằng trực thăng")[0]
    assert more.covered < 0.7
    assert store.search("vườn")[0].named < 0.5


@pytest.mark.parametrize("aspect", list(Aspect))
def test_every_number_said_stands_in_the_record(aspect: Aspect, store: RecordStore) -> None:
    import_records(store, [JSON, CSV, HTML], DAY)
    for code, *_ in store.all():
        stored = store.by_code(code)
        assert stored is not None
        one, said = stored.record, say(stored.record, aspect)
        carried = set(re.findall(r"\d+", one.model_dump_json() + f"{one.published_on:%d/%m/%Y}"))
        assert set(re.findall(r"\d+", said.text)) <= carried, said.text
        assert "Theo bản công bố ngày 30/06/2026, chưa được địa phương rà soát" in said.text
        assert one.code in said.text


def test_tables_are_laid_out_and_their_letters_kept(store: RecordStore) -> None:
    import_records(store, [JSON], DAY)
    stored = store.by_code("1.900001")
    assert stored is not None
    assert say(stored.record, Aspect.FEE).text.startswith(
        "• Trực tiếp: 7 Ngày làm việc; 50,000 Việt Nam ĐồngNộp tại Trung tâm\n• Trực tuyến: 5 Ngày làm việc; Miễn phíNộp qua Cổng\n"
    )
    assert (
        "• Đơn đề nghị cấp lạiMau 05.docx: 1 bản chính\n• Ảnh nhà yến: 0 bản chính,2 bản sao"
        in say(stored.record, Aspect.PAPERS).text
    )
    assert say(stored.record, Aspect.RESULT).text.startswith("Giấy phép nuôi yến\n⚠")
    assert Aspect.LEGAL_BASIS in aspects_of(stored.record)


def test_two_numbers_that_met_are_not_taken_apart() -> None:
    one = record("1.900009", "Thử", legal_basis="Luật 54/2014/QH1354/2014/QH13", papers="Mẫu số 021 bản chính")
    assert "QH1354/2014/QH13" in say(one, Aspect.LEGAL_BASIS).text
    assert "Mẫu số 021 bản chính" in say(one, Aspect.PAPERS).text


def test_what_a_record_does_not_carry_is_not_said() -> None:
    bare = record("1.900009", "Thử", agency="Sở Thử")
    assert not say(bare, Aspect.FEE).known
    assert "không ghi mục này" in say(bare, Aspect.FEE).text
    overview = say(bare, Aspect.OVERVIEW).text
    assert "Làm ở đâu: Sở Thử" in overview
    assert "Cách nộp" not in overview
    assert aspects_of(bare) == []


@pytest.mark.parametrize("url", ["", "https://dichvucong.example/1"])
def test_a_long_text_is_cut_at_a_line_and_says_where_to_read_on(url: str) -> None:
    steps = "\n".join(f"Bước {n}: làm một việc dài dòng mà ai cũng phải đọc cho hết." for n in range(1, 60))
    text = say(record("1.900009", "Thử", steps=steps, detail_url=url), Aspect.STEPS).text
    assert len(text) <= 1000
    assert "cho hết. …\n" in text
    assert ("https://dichvucong.example/1" if url else "tìm theo mã 1.900009") in text


def test_tables_of_another_version_are_refused(store: RecordStore) -> None:
    import_records(store, [HTML], DAY)
    db = sqlite3.connect(store.path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(KnowledgeError, match="dạng 99"):
        store.check()
    with pytest.raises(KnowledgeError, match="nhập lại"):
        import_records(store, [JSON], DAY)


def test_the_command_imports_reports_and_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["records", *arguments])

    first = run("import", str(JSON), str(CSV))
    assert first.exit_code == 0
    assert "Bỏ qua thu-tuc.csv:3: published_on: thiếu ngày công bố" in first.output
    assert "thu-tuc.json: không lấy các cột raw_text" in first.output
    assert "2 thay đổi (2 hồ sơ mới, 0 cập nhật), 0 giữ nguyên" in first.output
    assert "0 thay đổi" in run("import", str(JSON)).output
    report = json.loads(run("import", str(HTML), "--published", "2026-06-30", "--dry-run", "--json").output)
    assert (report["dry_run"], report["added"]) == (True, ["1.900006"])
    assert "Nhập từ thu-tuc.json" in run("show", "1.900001").output
    assert run("search", "nuôi chim yến cấp bộ").output.startswith("1. 1.900002")
    assert "1.900001: đã bỏ" in run("remove", "1.900001").output
    assert "1.900001" not in run("list").output
    assert run("import", str(CSV)).exit_code == 1
