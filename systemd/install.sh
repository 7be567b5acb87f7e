#!/bin/sh
# Install the bridge on this machine, update it, or go back to the version before. As root:
#
#   systemd/install.sh [EXTRAS]     as in screen,hardware,liveness,discovery,metrics
#   systemd/install.sh --rollback
#
# Every version has a folder of its own under /opt/device-bridge; `current` and `previous` are links.
# Settings, keys and outbox are never touched. DESTDIR=/somewhere puts everything there instead.
set -eu
cd "$(dirname "$0")/.."
root="${DESTDIR:-}"
opt="$root/opt/device-bridge"
extras=${1:-screen,hardware,liveness,onvif,terminals,discovery,metrics}

point() { # at once: a link that is there is replaced, never absent
    ln -sfn "$2" "$opt/$1.new"
    mv -T "$opt/$1.new" "$opt/$1"
}

restart() {
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl try-restart device-bridge.service
    fi
}

if [ "$extras" = --rollback ]; then
    before=$(readlink "$opt/previous") || { echo "There is no version before." >&2; exit 1; }
    point previous "$(readlink "$opt/current")"
    point current "$before"
    restart
    echo "Now at $before."
    exit 0
fi

if [ -z "$root" ]; then
    for group in gpio; do # Raspberry Pi OS has it; the unit names it everywhere
        getent group "$group" >/dev/null || groupadd --system "$group"
    done
    getent passwd device-bridge >/dev/null ||
        useradd --system --user-group --home-dir /var/lib/device-bridge --no-create-home \
            --shell /usr/sbin/nologin device-bridge
    # as the unit's, so that `device-bridge doctor` reaches what the service reaches
    usermod --append --groups video,audio,input,gpio device-bridge
    # systemd makes it at the first start; pairing comes before that
    install -d -o device-bridge -g device-bridge -m 0700 /var/lib/device-bridge
fi

release=$(date -u +%Y%m%dT%H%M%SZ)
install -d -m 755 "$opt"
trap 'rm -rf "$opt/$release"' EXIT # of a try that failed, nothing is left
python3 -m tools.install_bridge "$opt/$release" --extras "$extras"
cp -r docs "$opt/$release/docs"
chmod -R go=rX "$opt/$release"
trap - EXIT

install -D -m 644 systemd/device-bridge.service "$root/etc/systemd/system/device-bridge.service"
install -D -m 644 systemd/99-device-bridge.rules "$root/etc/udev/rules.d/99-device-bridge.rules"
install -D -m 755 systemd/device-bridge.sh "$root/usr/local/bin/device-bridge"
settings="$root/etc/device-bridge/settings.toml"
if [ ! -e "$settings" ]; then
    install -D -m 640 systemd/settings.toml "$settings"
    if [ -z "$root" ]; then chgrp device-bridge "$settings"; fi # it may hold a camera's password
fi

if [ -L "$opt/current" ]; then point previous "$(readlink "$opt/current")"; fi
point current "$release"
for old in "$opt"/*Z; do
    case $(basename "$old") in
        "$release" | "$(readlink "$opt/previous" 2>/dev/null || true)") ;;
        *) rm -rf "$old" ;;
    esac
done
restart
echo "Now at $release. First time: device-bridge pair, then systemctl enable --now device-bridge."
