"""Records that every other floor speaks in: names, expressions, equations, traces and diagnostics."""
