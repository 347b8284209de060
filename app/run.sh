#!/usr/bin/env bash
# Installs what is missing, builds both programs (Release) and opens the window; arguments go to it.
# Without a display it renders the default scene to a PNG instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. app/packages.sh
out=build/release

# stdout stays for the program itself.
{
  needPackages "${appPackages[@]}"
  # A tree that tests/run.sh has configured keeps its tests; a new one does without their packages.
  [ -f $out/build.ninja ] || cmake --preset release -DGS_TESTS=OFF
  cmake --build $out --target guidescope guidescope-cli
} >&2

# An X server that can be reached: a remote one is taken at its word, a local one must have its socket.
haveDisplay() {
  [ -n "${DISPLAY:-}" ] || return 1
  [[ $DISPLAY =~ ^(unix)?:([0-9]+) ]] || return 0
  local socket=/tmp/.X11-unix/X${BASH_REMATCH[2]}
  [ -S "$socket" ] || grep -qs "$socket\$" /proc/net/unix
}

if haveDisplay; then
  exec $out/guidescope "$@"
fi
echo "There is no display here (DISPLAY is ${DISPLAY:-not set}), so the default scene is drawn to a picture." >&2
$out/guidescope-cli render two-modes -o $out/guidescope.png >&2
echo "$PWD/$out/guidescope.png"
