#!/bin/sh
# Installs Debian packages as root or by sudo; says what to install by hand where neither works.
set -eu
if ! command -v apt-get >/dev/null; then
    echo "please install these by hand, there is no apt-get here: $*" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    sudo=
elif command -v sudo >/dev/null; then
    sudo=sudo
else
    echo "please install these as root: apt-get install $*" >&2
    exit 1
fi
echo "installing $*" >&2
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
