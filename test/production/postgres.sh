#!/bin/sh
# As much of the official image's entry point as docker-compose.yml and docs/how-to/run-with-compose.md use.
set -eu
data=/var/lib/postgresql/data
bin=$(echo /usr/lib/postgresql/*/bin)
as_owner() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
install -d -o postgres /var/run/postgresql
if [ ! -s "$data/PG_VERSION" ]; then
  install -d -o postgres -m 0700 "$data"
  as_owner "$bin/initdb" -D "$data" -U "$POSTGRES_USER" --auth-local=trust --auth-host=scram-sha-256 \
    --pwfile="$POSTGRES_PASSWORD_FILE"
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  echo "CREATE DATABASE $POSTGRES_USER" | as_owner "$bin/postgres" --single -D "$data" postgres >/dev/null
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/postgres" -D "$data" -c listen_addresses='*'
