"""Reports in typeset form: what the terminal report says, as mathematics that LaTeX, Markdown and HTML write."""
