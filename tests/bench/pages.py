"""How long a browser takes to open a page: a scalar LSTM over a hundred steps, in Chromium where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from nnsolve.report.typeset.html import page
from tests.report.typeset.built import long_lstm

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ROUNDS = 5
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
CLOCK = """<script>addEventListener("load", () => {
document.body.getBoundingClientRect();
document.title = "opened after " + performance.now() + " ms";
})</script>"""


def rows() -> Iterator[tuple[str, str, str]]:
    """The size of the page, and the time until it is loaded and laid out."""
    with tempfile.TemporaryDirectory() as folder:
        text = page(long_lstm(Path(folder)), "steps")
        yield "page of an LSTM over 100 steps, MB", f"{len(text.encode()) / 1e6:.2f}", "at most 2"
        browser = next(filter(None, map(shutil.which, BROWSERS)), None)
        if browser is None:
            yield "the same, seconds to open", "no Chromium", "at most 1"
            return
        file = Path(folder, "page.html")
        bare = re.sub("<meta http-equiv=[^>]*>", "", text)  # it would keep the clock from running
        file.write_text(bare.replace("<title>", f"{CLOCK}<title>", 1), encoding="utf-8")
        times = [opened(browser, file, Path(folder, f"profile-{n}")) for n in range(ROUNDS)]
        yield "the same, seconds to open", f"{median(times):.2f}", "at most 1"


def opened(browser: str, file: Path, profile: Path) -> float:
    """The seconds between the start of navigation and the end of layout, in a new profile."""
    command = [browser, *ARGUMENTS, f"--user-data-dir={profile}", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    found = re.search(r"<title>opened after ([\d.]+) ms", done.stdout)
    assert found is not None
    return float(found[1]) / 1000
