# SPDX-License-Identifier: BSD-3-Clause
"""The report in a browser: every picture is seen, nothing is wider than the window, the console is silent, in the light and
in the dark scheme. Needs Chromium; where there is none, the test is skipped."""

import html
import json
import re
import shutil
import subprocess
import sys
import unittest

from harness import Case, every_stage

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SCHEMES = {"dark": 0, "light": 1}
WIDTHS = 500, 1280  # the narrowest window that a headless Chromium opens, and a screen

# Runs in the page when all is loaded, and leaves what it saw in the document that --dump-dom prints.
LOOK = """<script>
const errors = [];
addEventListener("error", event => errors.push(String(event.message)));
addEventListener("load", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
  const unseen = [...document.images].filter(image => image.getAttribute("src"))
    .filter(image => !image.complete || image.naturalWidth === 0 || image.clientWidth === 0);
  const shown = document.createElement("pre");
  shown.id = "seen";
  shown.textContent = JSON.stringify({
    errors, unseen: unseen.map(image => image.alt || image.src.slice(0, 60)), images: document.images.length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    background: getComputedStyle(document.body).backgroundColor});
  document.body.append(shown);
});
</script></head>"""


@unittest.skipUnless(BROWSER, "needs chromium")
class Browser(Case):
    def test_the_page_is_seen_whole_in_both_schemes_and_widths(self):
        run = every_stage()
        report = self.folder / "report"
        self.succeeds("report", run.with_suffix(".ini"), "--out", report, "--python", sys.executable, timeout=300)
        page = self.folder / "page.html"
        page.write_text((report / "report.html").read_text().replace("</head>", LOOK, 1))
        backgrounds = {}
        for scheme, number in SCHEMES.items():
            for width in WIDTHS:
                with self.subTest(scheme=scheme, width=width):
                    seen, console = self.look_at(page, number, width)
                    self.assertEqual(console, [])
                    self.assertEqual(seen["errors"], [])
                    self.assertEqual(seen["unseen"], [])
                    self.assertGreater(seen["images"], 5)
                    self.assertLessEqual(seen["wide"], 0, "pixels beyond the window")
                    backgrounds[scheme] = seen["background"]
        self.assertNotEqual(backgrounds["dark"], backgrounds["light"])

    def look_at(self, page, scheme, width):
        """What the page says of itself, and the lines of the console."""
        command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", f"--user-data-dir={self.folder / 'browser'}",
                   f"--window-size={width},1000", f"--blink-settings=preferredColorScheme={scheme}", "--virtual-time-budget=5000",
                   "--dump-dom", page.as_uri()]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
        self.assertIsNotNone(found, done.stderr[-2000:])
        return json.loads(html.unescape(found[1])), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


if __name__ == "__main__":
    unittest.main(verbosity=2)
