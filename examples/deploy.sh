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

names=(準備來源 檢查環境 安裝依賴 配置環境 啟動服務)
english=('Preparing the source' 'Checking the environment' 'Installing dependencies' 'Configuring the environment' 'Starting the service')

shown=0
attempt=
while :; do
  progress=$(call "$SLIPWAY_URL/api/deployments/$id/progress")
  state=$(json status <<<"$progress")
  mode=$(json active_mode <<<"$progress")
  if [ "$mode" != "$attempt" ]; then
    echo "With $mode:"
    attempt=$mode
    shown=0
  fi
  begun=$(($(json completed_steps <<<"$progress") + 1))
  [ "$begun" -le 5 ] || begun=5
  while [ -n "$mode" ] && [ "$shown" -lt "$begun" ]; do
    # A step that was over before anybody asked is shown without a percentage: the one that is told is of the step under way.
    percent=
    [ "$((shown + 1))" -lt "$begun" ] || percent=$(printf '%6s %%' "$(json progress_percentage <<<"$progress")")
    line=$(printf '  %s/5  %s  %-28s%s' "$((shown + 1))" "${names[shown]}" "${english[shown]}" "$percent")
    echo "${line%"${line##*[! ]}"}"
    shown=$((shown + 1))
  done
  case $state in completed | failed | cancelled) break ;; esac
  sleep 0.1
done

status=$(call "$SLIPWAY_URL/api/deployments/$id")
if [ "$state" != completed ]; then
  echo "It ended $state: $(json error message <<<"$status"). $(json error hint <<<"$status")" >&2
  exit 1
fi
url=$(json url <<<"$status")
[ "$(json changed <<<"$status")" != False ] ||
  echo "Nothing changed: release $(json release <<<"$status") serves already, and goes on. (\"force_rebuild\": true would install it anew.)"
echo "Completed ($(json progress_percentage <<<"$status") %). $url answers:"
curl -sS -w 'HTTP %{http_code}\n' "$url/"
