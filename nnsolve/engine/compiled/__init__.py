"""Training as straight-line code: equations -> a graph of primitive operations -> code over numbers or arrays."""
