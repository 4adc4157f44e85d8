"""Solutions as programs of their own: scripts and notebooks that compute the same numbers without nnsolve."""
