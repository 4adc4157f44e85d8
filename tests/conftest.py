"""Property-based tests take as long as they take; in CI they try the same examples every time, and print the same."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
# Tests that are about GitHub Actions say so: there annotations are among what is printed.
os.environ.pop("GITHUB_ACTIONS", None)

settings.load_profile("ci" if os.environ.get("CI") else "default")
