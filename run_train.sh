#!/usr/bin/env bash
# Trains, as a long job: makes .venv and installs the first time, then passes all flags to
# catdcgan.train, starts it again after a crash, and lets it save before it stops on a signal.
#   ./run_train.sh --lr_d 2e-4 --lr_g 2e-4
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# A stream that is closed would be taken by the next file that is opened, and end this script.
{ : >&1; } 2>/dev/null || exec >/dev/null
{ : >&2; } 2>/dev/null || exec 2>/dev/null
source "$ROOT/.environment.sh"

extra=
if nvidia-smi >/dev/null 2>&1; then
    extra=gpu
fi
prepare_environment "$extra"
# The command of the environment, not -m: a checkout named catdcgan in the current folder would
# be taken for the package.
exec "$(dirname "$PYTHON")/catdcgan-supervise" "$ROOT" "$@"
