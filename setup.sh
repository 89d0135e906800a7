#!/usr/bin/env bash
# Prepares both Python environments, Rasa's model and the index. Safe to run again: each step is skipped while the
# content hash of its inputs is unchanged. Called by make; --dev adds what the tests need.
set -euo pipefail
cd "$(dirname "$0")"
extra=${1:-}
mkdir -p "${DATA_DIR:=var}/logs"
log=$DATA_DIR/logs/setup.log

hash_of() { cat "$@" | sha256sum | cut -c1-16; }
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# step "what" usual_seconds command…: runs quietly, shows the time passed, and on failure the end of the log.
step() {
  local what=$1 usual=$2 started=$SECONDS pid
  shift 2
  "$@" >>"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    [ -t 1 ] && printf '\r  %s … %d s (thường mất khoảng %d s)  ' "$what" $((SECONDS - started)) "$usual"
    sleep 1
  done
  if wait "$pid"; then
    [ -t 1 ] && printf '\r\033[K'
    echo "  $what: xong sau $((SECONDS - started)) s"
  else
    echo
    echo "Lỗi ở bước: $what. Cuối tệp $log:" >&2
    tail -n 20 "$log" >&2
    return 1
  fi
}

find_python() { # find_python 3.11 -> path of an interpreter of that version, or nothing
  local version=$1 candidate
  for candidate in "$(command -v "python$version" || true)" \
    "$(pyenv prefix "$(pyenv latest "$version" 2>/dev/null)" 2>/dev/null)/bin/python" \
    "$HOME"/.pyenv/versions/"$version".*/bin/python \
    "$(uv python find "$version" 2>/dev/null || true)" "$(command -v python3 || true)"; do
    # A pyenv shim exists even when its version is not selected, so each candidate has to prove itself.
    if [ -x "$candidate" ] && "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
}

main_environment() {
  local python want
  want=$(hash_of pyproject.toml requirements.lock)
  fresh .venv/.inputs "$want" && return
  python=$(find_python 3.11)
  [ -n "$python" ] || python=$(find_python 3.12)
  if [ -z "$python" ]; then
    echo "Cần Python 3.11. Cài bằng: uv python install 3.11   (hoặc: apt install python3.11 python3.11-venv)" >&2
    return 1
  fi
  [ -x .venv/bin/python ] || step "Tạo môi trường chính" 5 "$python" -m venv .venv
  # torch first and apart: its build (CPU or GPU) depends on the machine, so it has no place in a lock with hashes.
  step "Cài torch" 40 .venv/bin/python -m pip install torch==2.13.0
  step "Cài thư viện" 70 .venv/bin/python -m pip install --require-hashes --no-deps -r requirements.lock
  step "Cài trợ lý" 5 .venv/bin/python -m pip install --no-deps --no-build-isolation -e .
  echo "$want" >.venv/.inputs
}

rasa_environment() {
  local python want
  want=$(hash_of nlu/requirements.txt)
  fresh .venv-rasa/.inputs "$want" && return
  python=$(find_python 3.10)
  if [ -z "$python" ]; then
    echo "  Không có Python 3.10 nên chưa chạy được Rasa. Trợ lý vẫn trả lời, kém chính xác hơn." >&2
    echo "  Cài bằng: uv python install 3.10   rồi chạy lại lệnh này." >&2
    return 1
  fi
  [ -x .venv-rasa/bin/python ] || step "Tạo môi trường Rasa" 5 "$python" -m venv .venv-rasa
  step "Cài Rasa (2,7 GB)" 150 .venv-rasa/bin/python -m pip install --require-hashes --no-deps -r nlu/requirements.txt
  echo "$want" >.venv-rasa/.inputs
}

main_environment
if rasa_environment; then
  .venv/bin/tro-ly nlu train
fi
[ "$extra" = --no-index ] || .venv/bin/tro-ly index build
