"""Draw the pictures of the scenes, for readers without JavaScript: python -m docs.scenes.

Needs the built site, and Chromium.
"""

from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.site.conftest import open_browser

PICTURES = Path(__file__).parent / "_static" / "scenes"
CHAPTERS = ["6-saturation", "7-why-nonlinear", "8-initialisation", "9-faster-descent", "10-overfitting"]
TRAIN = "document.querySelector('.scene [data-name=train]')"
SIZE = {"width": 1280, "height": 900, "deviceScaleFactor": 1.5, "mobile": False}


def main():
    """Train each scene, and write its picture."""
    with open_browser() as browser:
        for page in ("index", *(f"tutorial/{chapter}" for chapter in CHAPTERS)):
            browser.open(f"{page}.html")
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SIZE)
            browser.run(f"if ({TRAIN}.ariaPressed === 'false') {TRAIN}.click()")
            browser.wait_until(f"{TRAIN}.ariaPressed === 'false'", 120)
            [name] = browser.read(".scene", "element.dataset.picture")
            picture = browser.driver.find_element("css selector", ".scene-picture").screenshot_as_png
            Image.open(BytesIO(picture)).convert("RGB").save(PICTURES / f"{name}.webp", quality=80)


if __name__ == "__main__":
    main()
