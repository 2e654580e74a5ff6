#!/bin/sh
# Makes .venv hold exactly what requirements.lock names, and Azora itself, editable.
#
# Does nothing when that is so already. PYTHON=/path/to/python chooses the interpreter of a new one.
# Needs a POSIX shell and Python 3.11 or later, nothing else.
set -eu

CDPATH='' cd -- "$(dirname -- "$0")/.."
root=$(pwd -P)
venv=.venv
python=$venv/bin/python
log=.azora/set-up.log

# Scripts in .venv name its path, so a moved repository needs a new one just as a changed lock does.
packages_stamp="$root $(cksum <requirements.lock)"
project_stamp=$(cksum <pyproject.toml)

main() {
    if is_stamped packages "$packages_stamp" && is_stamped project "$project_stamp"; then
        return
    fi
    mkdir -p .azora
    : >"$log"
    if ! is_stamped packages "$packages_stamp"; then
        base_python=$(find_python)
        rm -rf "$venv"
        step "Making .venv with $("$base_python" --version)" "$base_python" -m venv "$venv"
        step "Installing the packages of requirements.lock (a minute or less, this once)" \
            install_packages
        stamp packages "$packages_stamp"
    fi
    step "Installing Azora itself" install_project
    stamp project "$project_stamp"
}

is_stamped() {
    [ -x "$python" ] && [ "$(cat "$venv/$1.stamp" 2>/dev/null)" = "$2" ]
}

stamp() {
    printf '%s\n' "$2" >"$venv/$1.stamp"
}

# Prints the first interpreter that will do. The system's own come before those that a version
# manager built: distributions compile theirs with profiles, which makes Azora a tenth faster.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_recent_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or later."
        set -- "$PYTHON"
    else
        set --
        for name in python3.13 python3.12 python3.11 python3.14 python3 python; do
            set -- "$@" "/usr/bin/$name" "$name"
        done
    fi
    without_venv=
    for candidate in "$@"; do
        is_recent_enough "$candidate" || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
        without_venv=${without_venv:-$candidate}
    done
    [ -z "$without_venv" ] || fail \
        "$without_venv cannot make virtual environments: on Debian and Ubuntu install the" \
        "package python3-venv (apt-get install python3-venv)."
    fail "Azora needs Python 3.11 or later, and none was found on PATH: install one from your" \
        "system's packages, or name one with PYTHON=/path/to/python."
}

is_recent_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# uv, itself pinned in the lock, installs in seconds what takes pip most of a minute. Where it
# cannot, because only pip's own configuration leads to a package index, pip does it all.
install_packages() {
    sed -n '/^uv==/,/[^\\]$/p' requirements.lock >.azora/uv.lock
    pip_install --require-hashes --requirement .azora/uv.lock || return
    uv_install --require-hashes --requirement requirements.lock ||
        pip_install --require-hashes --requirement requirements.lock
}

install_project() {
    uv_install --no-build-isolation --no-deps --editable . ||
        pip_install --no-build-isolation --no-deps --editable .
}

pip_install() {
    "$python" -m pip --disable-pip-version-check --no-input install --quiet "$@"
}

# Compiled here once, or every start would compile where PYTHONDONTWRITEBYTECODE is set.
uv_install() {
    "$venv/bin/uv" pip install --compile-bytecode --python "$python" "$@"
}

# Runs a command into the log, with a dot for every two seconds of patience.
step() {
    sentence=$1
    printf '%s ' "$sentence"
    shift
    while sleep 2 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do printf '.'; done &
    dots=$!
    exit_code=0
    "$@" >>"$log" 2>&1 || exit_code=$?
    kill "$dots" 2>/dev/null || true
    wait "$dots" 2>/dev/null || true
    if [ "$exit_code" -ne 0 ]; then
        printf ' failed\n'
        tail -n 15 "$log" >&2
        fail "\"$sentence\" failed; the lines above end $root/$log." \
            "Mend what they name (often the network) and run the same command again."
    fi
    printf ' done\n'
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

main
