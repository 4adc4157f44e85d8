"""Answers -> verdicts and causes, for one student or ten thousand."""
