#!/usr/bin/env bash
# The base image of the docker tests, made of this machine's own Debian packages: nothing is pulled.
#   scripts/docker-base-image.sh [IMAGE]        needs root, debootstrap and an engine
# What was fetched is kept in the cache folder, so that a second run takes seconds.
set -euo pipefail

image=${1:-python:3.11-slim}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/slipway
archive=$cache/base-image.tar

docker image inspect "$image" >/dev/null 2>&1 && exit 0
if [ ! -f "$archive" ]; then
  # `|| true`: where one of the two places is missing grep fails, whatever it found in the other.
  mirror=$(grep -rhE '^(URIs:|deb )' /etc/apt/sources.list /etc/apt/sources.list.d/ 2>/dev/null | grep -oE 'https?://[^ ]*debian[^ ]*' | grep -v security | head -1 || true)
  [ -n "$mirror" ] || { echo "No Debian mirror is named in this machine's apt sources." >&2; exit 1; }
  echo "Making the base image $image (once, about a minute)"
  mkdir -p "$cache"
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates bookworm "$root" "$mirror" >"$cache/debootstrap.log" 2>&1 ||
    { tail -5 "$cache/debootstrap.log" >&2; exit 1; }
  # Builds trust whom the machine trusts, also a proxy's own authority.
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  tar -C "$root" -cf "$archive.new" .
  mv "$archive.new" "$archive"
fi
docker import --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' "$archive" "$image" >/dev/null
