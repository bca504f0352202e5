"""How many pictures per second the playground draws while it trains: python -m benchmarks.frame_rate.

Each picture has five epochs on 100 rows. Chromium is slowed down as if the machine were slower, and
draws without a graphics card. Needs the built site.
"""

import sys

from tests.site.conftest import open_browser
from tests.site.playground import Playground

SECONDS = 4
COUNT = """
const [seconds, done] = arguments;
let [pictures, start] = [0, null];
const count = (now) => {
  start ??= now;
  if (now - start > 1000 * seconds) return done(pictures / (now - start) * 1000);
  pictures += 1;
  requestAnimationFrame(count);
};
requestAnimationFrame(count);
"""


def main():
    """Print a table."""
    with open_browser() as browser:
        sys.stdout.write("units  slowed down by  pictures per second\n")
        for n_hidden in (8, 16):
            for slowdown in (1, 4, 6):
                playground = Playground(browser)
                playground.set("n_hidden", n_hidden)
                browser.driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slowdown})
                playground.press("train")
                rate = browser.run_async(COUNT, SECONDS)
                sys.stdout.write(f"{n_hidden:5}  {slowdown:14}  {rate:19.0f}\n")
                browser.driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})


if __name__ == "__main__":
    main()
