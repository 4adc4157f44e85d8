"""Speed and accuracy, as ratios within one run: `make bench`. Everything runs on one thread."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read when NumPy is first imported
