#!/bin/sh
# Makes Temporal's two databases, or brings their schemas up to this server's version. Harmless when they are.
# Run it before the server starts, and with the new server's temporal-sql-tool before each upgrade of the server.
# Needs temporal-sql-tool, and SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD or SQL_PASSWORD_FILE.
set -eu
if [ -n "${SQL_PASSWORD_FILE:-}" ]; then SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE"); fi
export SQL_PASSWORD SQL_PLUGIN=postgres12

for pair in temporal:temporal temporal_visibility:visibility; do
  export SQL_DATABASE="${pair%:*}"
  temporal-sql-tool create
  temporal-sql-tool setup-schema -v 0.0
  temporal-sql-tool update-schema --schema-name "postgresql/v12/${pair#*:}"
done
