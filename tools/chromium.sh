#!/bin/sh
# Prints the path of a Chromium for the end-to-end tests: from RINGBACK_CHROMIUM, from PATH, else from Debian's packages.
set -eu
if [ -n "${RINGBACK_CHROMIUM:-}" ]; then
  echo "$RINGBACK_CHROMIUM"
  exit 0
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then
    command -v "$name"
    exit 0
  fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2
  command -v chromium && exit 0
fi
echo "The end-to-end tests need Chromium: install it (Debian: apt-get install chromium) or set RINGBACK_CHROMIUM to its path." >&2
exit 2
