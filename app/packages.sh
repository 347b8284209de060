# Sourced by app/run.sh, tests/run.sh and .ci/run: the Debian packages that each needs, and how to get them.
# This is the only list. Names are Debian 12's; Debian 13 and Ubuntu 24.04 have the same.

# To build and run both programs, and to make packages of them (file).
appPackages=(
  build-essential cmake ninja-build pkg-config file
  qt6-base-dev libqt6opengl6-dev qt6-qpa-plugins
  libimgui-dev libepoxy-dev libgl1 libegl1 libgl1-mesa-dri
  libglm-dev libhwy-dev libtbb-dev nlohmann-json3-dev libcli11-dev
  libtorch-dev libopenblas0-pthread
  libpng-dev libzip-dev libmuparser-dev libfreetype-dev fonts-inter fonts-dejavu-core
  libcairo2-dev libavcodec-dev libavformat-dev libavfilter-dev libswscale-dev libavutil-dev
)
# To build the tests as well, and to run them.
testPackages=(libgtest-dev libgmock-dev librandom123-dev)
testRunPackages=(xvfb xdotool ffmpeg poppler-utils librsvg2-bin python3-numpy)
# What only .ci/run uses.
ciPackages=(ccache clang-format clang-tidy git chromium python3-torch)

# Installs those of its arguments that are missing. Needs the network only when one is.
needPackages() {
  local name missing=()
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is not Debian or Ubuntu; going on in the hope that these are there: $*" >&2
    return
  fi
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing, and installing them needs root or sudo: ${missing[*]}" >&2
      return 1
    fi
    sudo=(sudo)
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}"
  local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}
