#!/bin/sh
# Starts temporal-server with the configuration beside this script. Needs SQL_HOST, SQL_PORT, SQL_USER and
# SQL_PASSWORD or SQL_PASSWORD_FILE; what else may be set is in production.yaml, TEMPORAL_CERTIFICATES first of all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -n "${SQL_PASSWORD_FILE:-}" ]; then SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE"); fi
TEMPORAL_DYNAMIC_CONFIG="$here/dynamic.yaml"
if [ -n "${TEMPORAL_CERTIFICATES:-}" ]; then
  # The server's parts find each other with certificates, too, and its HTTP API answers to no name that a web page can have.
  TEMPORAL_DYNAMIC_CONFIG=$(mktemp)
  {
    cat "$here/dynamic.yaml"
    printf '%s:\n  - value: %s\n' system.enableRingpopTLS true
    printf '%s:\n  - value: [%s]\n' frontend.httpAllowedHosts temporal.slipway.internal
  } >"$TEMPORAL_DYNAMIC_CONFIG"
fi
export SQL_PASSWORD TEMPORAL_DYNAMIC_CONFIG
exec temporal-server --root "$(dirname "$here")" --config "$(basename "$here")" --env production --allow-no-auth start
