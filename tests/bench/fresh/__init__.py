"""Students' mistakes in plain NumPy, written from the problem files alone: without a look at how causes are found."""
