"""pagesight: questions about PDFs, answered with evidence that a reader can check."""

import os

# The runtime of the layout network tells its maker of every session, unless it is told not to
# before it is imported; nothing of a document's machine is to leave it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
