"""pagesight: questions about PDFs, answered with evidence that a reader can check."""
