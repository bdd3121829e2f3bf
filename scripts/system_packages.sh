#!/bin/sh
# Installs the system packages that pagesight uses and that are missing: tesseract for OCR.
set -eu
if ! command -v tesseract >/dev/null; then
    "$(dirname "$0")/apt.sh" tesseract-ocr tesseract-ocr-eng
fi
