#!/bin/sh
# Makes the pinned lists with hashes anew from requirements/*.in. Needs `uv` on PATH; run it after changing a version.
set -eu
cd "$(dirname "$0")/../requirements"
for name in runtime dev node; do
  uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --no-header \
    --no-emit-index-url --no-emit-find-links "$name.in" -o "$name.txt"
done
