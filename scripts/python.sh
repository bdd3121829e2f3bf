#!/bin/sh
# Prints a Python of 3.11 or later that can make a virtual environment; installs the missing part
# on Debian.
set -eu
for name in python3.11 python3.12 python3.13 python3; do
    path=$(command -v "$name") || continue
    "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || continue
    if ! "$path" -c 'import ensurepip' 2>/dev/null; then
        "$(dirname "$0")/apt.sh" python3-venv >&2
    fi
    echo "$path"
    exit 0
done
echo "pagesight needs Python 3.11 or later, and found none" >&2
exit 1
