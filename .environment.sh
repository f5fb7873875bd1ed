# Sourced by run_train.sh and run_tests.sh.
#
# prepare_environment EXTRA sets PYTHON to an interpreter that has this package: that of
# the active virtual environment if it has the package, else that of .venv, which is made and
# filled with .[EXTRA] the first time. EXTRA may be empty.

prepare_environment() {
    local extra=$1 active=${VIRTUAL_ENV:-${CONDA_PREFIX:-}}
    # -I: the package of the environment itself, not the one in the current folder.
    if [ -n "$active" ] && "$active/bin/python" -I -c \
        'import importlib.metadata as m; m.version("catdcgan")' 2>/dev/null; then
        PYTHON=$active/bin/python
        return
    fi
    PYTHON=$ROOT/.venv/bin/python
    local stamp=$ROOT/.venv/.installed-${extra:-base}
    local wanted
    wanted="$ROOT $(cksum <"$ROOT/setup.py")"
    if [ -x "$PYTHON" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    if ! "$PYTHON" -I -m pip --version >/dev/null 2>&1; then
        local python
        python=$(find_python)
        rm -rf "$ROOT/.venv"
        "$python" -m venv "$ROOT/.venv" || {
            echo ".venv: cannot be made by $python; its module venv is needed" \
                "(on Debian and Ubuntu: apt install python3-venv)." >&2
            exit 1
        }
    fi
    echo "installing into .venv (TensorFlow and what it needs: about 2 GB, some minutes) ..."
    # Shown only if it fails. Upgrades pip first: old ones do not know today's wheels.
    local log=$ROOT/.venv/install.log
    if ! { "$PYTHON" -m pip install --upgrade pip &&
        "$PYTHON" -m pip install --editable "$ROOT${extra:+[$extra]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo ".venv: the installation failed; the lines above and $log tell why." >&2
        exit 1
    fi
    echo "$wanted" >"$stamp"
}

find_python() {
    local python
    for python in python3 python3.13 python3.12 python3.11 python3.10 python; do
        if "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
            >/dev/null 2>&1; then
            echo "$python"
            return
        fi
    done
    echo "python3: none of version 3.10 to 3.13 was found; TensorFlow needs one of these." >&2
    exit 1
}
