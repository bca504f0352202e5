"""The site on a local server, and a headless Chromium that opens its pages."""

import shutil
import subprocess
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
# As root, on a machine without a screen and without a way into the internet.
FLAGS = (
    "headless",
    "no-sandbox",
    "disable-gpu",
    "disable-dev-shm-usage",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


LOADED = """
return document.readyState === "complete" && location.pathname === new URL(arguments[0]).pathname;
"""


class Browser:
    """Chromium on the site, whose address ends with a slash."""

    def __init__(self, driver, address):
        self.driver = driver
        self.address = address
        self.run = driver.execute_script
        self.run_async = driver.execute_async_script

    def open(self, page, mode="light"):
        """Open a page for a new reader, who likes it light or dark."""
        storage = {"origin": self.address, "storageTypes": "local_storage"}
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", storage)
        features = [{"name": "prefers-color-scheme", "value": mode}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.resize(1280)
        self.driver.get_log("browser")  # what earlier pages said
        self.driver.get(self.address + page)
        # Chromium may return while the page before is still there.
        WebDriverWait(self.driver, 30).until(
            lambda driver: driver.execute_script(LOADED, self.address + page)
        )

    def resize(self, width, height=900):
        """Give the window a size, in pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def read(self, selector, value="element.textContent"):
        """List a value of each element that a selector finds; it is an expression in JavaScript."""
        script = f"return [...document.querySelectorAll(arguments[0])].map((element) => {value})"
        return self.run(script, selector)

    def click(self, selector):
        """Press the middle of an element."""
        element = self.driver.find_element("css selector", selector)
        ActionChains(self.driver).move_to_element(element).click().perform()

    def press(self, *keys):
        """Press keys one after the other."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def errors(self):
        """List the errors on the console."""
        entries = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def wait_until(self, condition, seconds=20):
        """Wait until an expression in JavaScript is true, and return its value."""
        script = f"return {condition}"
        return WebDriverWait(self.driver, seconds, 0.1).until(lambda driver: driver.execute_script(script))


@pytest.fixture(scope="session")
def browser():
    with open_browser() as browser:
        yield browser


@contextmanager
def open_browser():
    """Serve the site, and open the browser on it."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.fail("These tests need Chromium: apt-get install chromium chromium-driver")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = webdriver.ChromeOptions()
    options.binary_location, driver_program = programs
    for flag in FLAGS:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with start_chromium(options, driver_program) as driver:
        yield Browser(driver, f"http://127.0.0.1:{server.server_address[1]}/")
    server.shutdown()
    server.server_close()


def start_chromium(options, driver_program, retries=2):
    """Start Chromium. Another program may take the port that was free before ChromeDriver has it."""
    service = Service(driver_program, log_output=subprocess.STDOUT)
    try:
        return webdriver.Chrome(options, service)
    except WebDriverException:
        service.process.stdin.close()  # Selenium leaves it open
        if not retries:
            raise
        return start_chromium(options, driver_program, retries - 1)
