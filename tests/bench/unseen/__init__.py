"""The diagnosis against mistakes that were written down without knowledge of the rules that look for them.

Each was told in words and worked out by hand, and the codes that fit it were fixed, before the diagnosis saw any: what
these rows show is how it does in a course, not how well the rules do what they were made for.
"""
