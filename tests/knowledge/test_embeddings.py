"""The encoder that ships with the assistant: its vectors, its size, its model card."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge.embeddings import DEFAULT_MODEL, SLICE, SentenceEncoder
from nlu.text import strip_marks

QUESTIONS = [
    "Tôi quên mật khẩu VNeID thì lấy lại thế nào?",
    "làm khai sinh cho bé cần giấy tờ gì",
    "Lệ phí cấp lại giấy phép lái xe là bao nhiêu",
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


def test_it_returns_one_unit_vector_a_text(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(QUESTIONS)
    assert vectors.shape == (len(QUESTIONS), encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_text_without_known_words_gives_zeros(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(["", "  \n", "!?…", QUESTIONS[0]])
    assert not vectors[:3].any()
    assert vectors[3].any()
    assert encoder.encode([""]).shape == (1, encoder.dimension)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_a_row_does_not_depend_on_its_neighbours(encoder: SentenceEncoder) -> None:
    many = [f"{question} {i}" for i in range(SLICE) for question in QUESTIONS]
    together = encoder.encode(many)
    alone = np.concatenate([encoder.encode([text]) for text in many])
    assert np.allclose(together, alone, atol=1e-6)


def test_the_same_text_always_gives_the_same_vector(encoder: SentenceEncoder) -> None:
    again = SentenceEncoder(DEFAULT_MODEL)
    assert again.fingerprint == encoder.fingerprint
    assert np.array_equal(again.encode(QUESTIONS), encoder.encode(QUESTIONS))


def test_diacritics_case_and_punctuation_make_no_difference(encoder: SentenceEncoder) -> None:
    plain = [strip_marks(question).upper().replace(" ", "  ") + " ?!" for question in QUESTIONS]
    assert np.allclose(encoder.encode(plain), encoder.encode(QUESTIONS), atol=1e-6)
    # Composed and decomposed letters are the same letters.
    assert np.array_equal(encoder.encode(["ho\u0323c phi\u0301"]), encoder.encode(["học phí"]))


def test_it_knows_what_people_mean_by_home_names(encoder: SentenceEncoder) -> None:
    def nearest(question: str, *texts: str) -> str:
        return texts[int(np.argmax(encoder.encode(texts) @ encoder.encode([question])[0]))]

    licence, power, pension = (
        "Cấp lại giấy phép lái xe",
        "Trả tiền điện không dùng tiền mặt",
        "Nhận lương hưu qua tài khoản",
    )
    assert nearest("mất bằng lái xe máy giờ làm sao", licence, power, pension) == licence
    assert nearest("dong hoa don dien bang momo", licence, power, pension) == power
    assert nearest("ba tui lãnh lương hưu bằng thẻ atm", licence, power, pension) == pension


def test_threads_get_the_vectors_of_their_own_texts(encoder: SentenceEncoder) -> None:
    expected = encoder.encode(QUESTIONS)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: encoder.encode([QUESTIONS[i % 3]])[0], range(120)))
    assert all(np.array_equal(vector, expected[i % 3]) for i, vector in enumerate(found))


def test_a_folder_that_is_not_there_is_an_error_and_not_a_download(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no encoder folder"):
        SentenceEncoder(tmp_path / "absent")


def test_importing_the_module_does_not_load_torch() -> None:
    code = "import sys, knowledge.embeddings; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_shipped_folder_is_small_and_holds_no_code() -> None:
    files = [path for path in DEFAULT_MODEL.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 20_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}
    modules = json.loads((DEFAULT_MODEL / "modules.json").read_text(encoding="utf-8"))
    assert all(module["type"].startswith("sentence_transformers.") for module in modules)


@pytest.mark.parametrize(
    "words",
    ["Wikipedia", "CC BY-SA 4.0", "CC BY-SA 3.0", "CC BY 4.0", "Microsoft", "Pháp điển", "knowledge.train_encoder"],
)
def test_the_model_card_names_sources_licences_and_command(words: str) -> None:
    assert words in (DEFAULT_MODEL / "README.md").read_text(encoding="utf-8")
