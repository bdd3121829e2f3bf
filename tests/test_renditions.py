"""Files that are no PDF: made into one once, shown by it, and removed with their document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PIL import Image, ImageDraw

from pagesight.adapters.filesystem import FileCropStore
from pagesight.adapters.pymupdf import PyMuPDFParser
from pagesight.adapters.pymupdf.flowing import print_flow
from pagesight.adapters.pymupdf.illustrating import PyMuPDFIllustrator
from pagesight.adapters.pymupdf.imaging import print_image
from pagesight.document import Document, Figure, Table, plain_cells
from pagesight.errors import DocumentError, LibraryError
from pagesight.files import digest
from pagesight.flow import Flow, Grid, Picture, Rendition, Section
from pagesight.formats import kind_of
from pagesight.rendering import page_pictures
from pagesight.renditions import AnyParser, Renditions
from pagesight.settings import load
from pagesight.sources import Located, find_sources
from pagesight.workers import parser_of
from tests.builders import a_document, open_library
from tests.reader import READER  # type: ignore[attr-defined]
