#!/bin/sh
# Start Odoo, or one of its programs. The base image's own entry point hands the database's password
# over as an argument, which every user of the host can read (ps); libpq reads it from a file here.
set -eu
# of a file as https://www.postgresql.org/docs/current/libpq-pgpass.html describes it
password=$(sed 's/[\\:]/\\&/g' "$PASSWORD_FILE")
(umask 077 && printf '*:*:*:*:%s\n' "$password" >"$PGPASSFILE")
case "${1-}" in
    "" | -*) set -- odoo "$@" ;;
esac
exec "$@"
