"""Reports: a solution as text for a terminal, as JSON and HTML. This floor formats; it computes nothing."""
