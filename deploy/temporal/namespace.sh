#!/bin/sh
# Makes the namespace, or sets how long it keeps what has ended. Harmless when all is so already.
# Needs the temporal program, TEMPORAL_ADDRESS, and takes TEMPORAL_NAMESPACE and SLIPWAY_RETENTION_DAYS.
set -eu
: "${TEMPORAL_ADDRESS:=127.0.0.1:7233}" "${TEMPORAL_NAMESPACE:=default}" "${SLIPWAY_RETENTION_DAYS:=365}"
export TEMPORAL_ADDRESS
retention="$((SLIPWAY_RETENTION_DAYS * 24))h"
until temporal operator cluster health >/dev/null 2>&1; do
  echo "Waiting for Temporal at $TEMPORAL_ADDRESS"
  sleep 1
done
temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create -n "$TEMPORAL_NAMESPACE" --retention "$retention"
# A new namespace takes some seconds until the whole server knows it.
tries=30
until temporal operator namespace update -n "$TEMPORAL_NAMESPACE" --retention "$retention"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 1
done
