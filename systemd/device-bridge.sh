#!/bin/sh
# The bridge's commands with this machine's settings, and never as root: what they write stays the
# service's own.
export DEVICE_BRIDGE_SETTINGS="${DEVICE_BRIDGE_SETTINGS:-/etc/device-bridge/settings.toml}"
program=/opt/device-bridge/current/env/bin/device-bridge
if [ "$(id -u)" = 0 ]; then
    export HOME=/var/lib/device-bridge # root's is closed to it
    exec setpriv --reuid device-bridge --regid device-bridge --init-groups --no-new-privs \
        "$program" "$@"
fi
exec "$program" "$@"
