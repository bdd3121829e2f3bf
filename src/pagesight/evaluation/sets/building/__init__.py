"""Where the questions of a built set come from: one module a kind of fact."""
