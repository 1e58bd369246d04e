#!/usr/bin/env bash
# The whole round with curl: deploy examples/flask-hello, follow its steps, fetch its page.
#   examples/deploy.sh [MODE]        MODE: auto (default), uv, fallback
# SLIPWAY_URL and SLIPWAY_KEY, or the local Slipway found by SLIPWAY_DATA_DIR (default: .slipway).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
data=${SLIPWAY_DATA_DIR:-$here/../.slipway}
mode=${1:-auto}

json() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1:]:
    value = value.get(name) if isinstance(value, dict) else None
print("" if value is None else value)' "$@"; }

if [ -z "${SLIPWAY_URL:-}" ]; then
  [ -f "$data/ready.json" ] || { echo "No Slipway runs in $data: run 'npm start' first, or set SLIPWAY_URL and SLIPWAY_KEY." >&2; exit 1; }
  SLIPWAY_URL=$(json api_url <"$data/ready.json")
fi
key=${SLIPWAY_KEY:-$(cat "$data/admin.key")}
call() { curl -sS -H "Authorization: Bearer $key" -H 'Accept-Language: en' "$@"; }

started=$(call -X POST "$SLIPWAY_URL/api/deployments" -H 'Content-Type: application/json' \
  -d "{\"mode\":\"$mode\",\"config\":{\"source\":{\"type\":\"directory\",\"path\":\"$here/flask-hello\"}}}")
id=$(json deployment_id <<<"$started")
[ -n "$id" ] || { echo "It was not accepted: $(json detail <<<"$started")" >&2; exit 1; }
echo "Deployment $id"

shown=
while :; do
  status=$(call "$SLIPWAY_URL/api/deployments/$id")
  line=$(printf '%-9s %5s %%  %s %s' "$(json active_mode <<<"$status")" "$(json progress_percentage <<<"$status")" \
    "$(json current_step <<<"$status")" "$(json current_step_en <<<"$status")")
  [ "$line" = "$shown" ] || echo "  $line"
  shown=$line
  case $(json status <<<"$status") in
    completed) break ;;
    failed | cancelled)
      echo "It ended: $(json error message <<<"$status") $(json error hint <<<"$status")" >&2
      exit 1
      ;;
  esac
  sleep 0.3
done

url=$(json url <<<"$status")
echo "Completed. $url answers:"
curl -sS -w 'HTTP %{http_code}\n' "$url/"
