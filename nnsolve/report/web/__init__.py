"""Pages that are one file: the frame that every report in a browser stands in, its style sheets and its script."""
