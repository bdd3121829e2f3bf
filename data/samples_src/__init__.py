"""Sources of the sample documents: one module per document, see ``build_samples.py``."""
