#!/usr/bin/env bash
# Copies the SQLite database while the service runs, and keeps the last 14 copies. Usage: backup.sh DATA_DIR TARGET_DIR
set -euo pipefail
data=${1:?usage: backup.sh DATA_DIR TARGET_DIR}
target=${2:?usage: backup.sh DATA_DIR TARGET_DIR}
mkdir -p "$target"
copy=$target/tro-ly-$(date +%Y%m%d-%H%M%S).db
python3 - "$data/tro-ly.db" "$copy" <<'PY'
import sqlite3, sys
source, copy = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), sqlite3.connect(sys.argv[2])
source.backup(copy)
assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
PY
echo "Đã chép: $copy"
ls -1t "$target"/tro-ly-*.db | tail -n +15 | xargs -r rm --
