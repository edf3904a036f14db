#!/usr/bin/env bash
# Batches through pyarrow and the engine's columns, both ways. Ends with "N passed, N failed".
# Needs what scripts/setup installs.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build --product InteropBridge > .build/interop-build.log 2>&1 || { tail -40 .build/interop-build.log; exit 1; }
exec .build/venv/bin/python Tests/interop/run.py "$(swift build --show-bin-path)/libInteropBridge.so" "$@"
