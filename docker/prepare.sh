#!/bin/sh
# Make what compose.yml needs and no repository may hold: the site's names, and two secrets.
# What is there already is kept: a new master key would lose every template.
set -eu
if [ $# -ne 3 ]; then
    echo "usage: $0 ODOO_HOST FACE_HOST EMAIL, as in: $0 odoo.example face.example you@example.org" >&2
    exit 2
fi
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
# Readable to the containers' users; on this machine the folder lets nobody but its owner in.
for name in db_password face_master_key; do
    if [ ! -e "secrets/$name" ]; then
        head -c 32 /dev/urandom | base64 -w 0 >"secrets/$name.new"
        chmod 444 "secrets/$name.new"
        mv "secrets/$name.new" "secrets/$name"
        echo "Made secrets/$name. Back it up, apart from the database."
    fi
done
if [ ! -e .env ]; then
    printf 'ODOO_HOST=%s\nFACE_HOST=%s\nACME_EMAIL=%s\nTLS_ISSUER=acme\n' "$1" "$2" "$3" >.env.new
    mv .env.new .env
    echo "Made .env. Without a public name, set TLS_ISSUER=internal there."
fi
