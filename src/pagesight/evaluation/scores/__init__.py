"""From rows to figures: metrics, intervals, blame."""
