#!/bin/sh
# Installs the system packages that are missing: tesseract for OCR and, for the tests ("tests" as
# the argument), Chromium, in which the web page is tried.
set -eu
apt="$(dirname "$0")/apt.sh"
if ! command -v tesseract >/dev/null; then
    "$apt" tesseract-ocr tesseract-ocr-eng
fi
if [ "${1:-}" = tests ] && ! command -v chromium >/dev/null; then
    "$apt" chromium || echo "no Chromium: the tests of the web page are skipped" >&2
fi
