#!/usr/bin/env bash
# Installs what is missing, builds everything (Release) and runs every test; ends with CTest's summary.
# Arguments go to ctest, for example: tests/run.sh -R session
set -euo pipefail
exec </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. app/packages.sh
out=build/release

needPackages "${appPackages[@]}" "${testPackages[@]}"
# What the tests need only when they run is installed while they are compiled.
said=$(mktemp)
needPackages "${testRunPackages[@]}" >"$said" 2>&1 &
installing=$!
trap 'wait; rm -f "$said"' EXIT
cmake --preset release -DGS_TESTS=ON
cmake --build $out
wait $installing || { cat "$said" >&2; exit 1; }
cat "$said"
# One more than there are processors: tests of the window wait for it half of their time.
ctest --test-dir $out --output-on-failure -j$(($(nproc) + 1)) "$@"
