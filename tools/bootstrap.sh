#!/bin/sh
# Makes sure of Debian's Python, then runs one of our modules with it: tools/bootstrap.sh MODULE ARGS
# Everything else is done in Python, because there it can be read and tested.
set -eu
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive
export LC_ALL=C.UTF-8
python=/usr/bin/python3

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install='apt-get update && apt-get install -y --no-install-recommends python3 python3-venv'
    if ! command -v apt-get >/dev/null; then
        echo '✗ This is set up with Debian 12 or 13: use one of these, or the images in docker/.' >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "✗ Python is missing: as root, run  $install  (then this again, for the rest)." >&2
        exit 1
    fi
    echo '▸ Python from Debian'
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if ! sh -c "$install" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo '✗ Debian did not give us Python: check the network and /etc/apt/sources.list, and try again.' >&2
        exit 1
    fi
    rm -f "$log"
    trap - EXIT
fi

unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
exec "$python" -m "$@"
