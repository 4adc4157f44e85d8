"""Reports: a solution as text for a terminal, as JSON, and in other formats."""
