#!/bin/sh
# Starts temporal-server with the configuration beside this script. Needs SQL_HOST, SQL_PORT, SQL_USER and
# SQL_PASSWORD or SQL_PASSWORD_FILE; what else may be set stands in production.yaml.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -n "${SQL_PASSWORD_FILE:-}" ]; then SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE"); fi
export SQL_PASSWORD TEMPORAL_DYNAMIC_CONFIG="$here/dynamic.yaml"
exec temporal-server --root "$(dirname "$here")" --config "$(basename "$here")" --env production --allow-no-auth start
