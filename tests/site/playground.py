"""The playground as a reader uses it, for the tests."""

import base64
from urllib.parse import parse_qs

import numpy as np

# Calls a function with what the modules export, and with values.
CALL = """
const [modules, body, values, done] = arguments;
Promise.all(modules.map((name) => import(`/_static/playground/${name}.js`)))
  .then((exports) => new Function("js", "values", body)(Object.assign({}, ...exports), values))
  .then(done, (error) => done(`failed: ${error.stack}`));
"""
MODULES = ["data", "link", "maps", "network", "random", "session", "settings", "training"]

# Trains as the page does with a link, but draws nothing. Areas are neighbouring cells of the map on the same
# side of the boundary.
TRAIN_A_LINK = """
const settings = js.meaningOf({ ...js.DEFAULTS, ...Object.fromEntries(new URLSearchParams(values.link)) });
const session = new js.Session();
session.loadPoints(settings);
session.loadNetwork(settings);
session.look();
session.train(values.epochs, settings);
session.look();
const { outputs } = js.sample(session.net, session.training.params, js.gridRows(settings.features));
const seen = new Set();
const visit = (start) => {
  const waiting = [start];
  while (waiting.length) {
    const cell = waiting.pop();
    if (seen.has(cell)) continue;
    seen.add(cell);
    const [x, y] = [cell % js.GRID, Math.floor(cell / js.GRID)];
    const around = [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]].filter((place) =>
      place.every((at) => at >= 0 && at < js.GRID));
    const cells = around.map(([u, v]) => v * js.GRID + u);
    waiting.push(...cells.filter((other) => outputs[other] > 0 === outputs[cell] > 0));
  }
};
const areas = [...outputs.keys()].filter((cell) => !seen.has(cell) && (visit(cell), true)).length;
const { train, test } = session.seen;
const saturated = train.saturated.reduce((sum, share) => sum + share, 0) / settings.nHidden;
return { train: train.score, test: test.score, loss: train.loss, saturated, areas };
"""


class Playground:
    """The page in the browser."""

    def __init__(self, browser, page="playground.html"):
        self.browser = browser
        self.page = page
        browser.open(page)

    def call(self, body, **values):
        """Run the body of a function in JavaScript; ``js`` has what the modules export."""
        result = self.browser.run_async(CALL, MODULES, body, values)
        assert not str(result).startswith("failed: "), result
        return result

    def trained(self, link, epochs):
        """Train what a link sets up; the last of two settings holds. Returns accuracies, loss, areas."""
        return self.call(TRAIN_A_LINK, link=link, epochs=epochs)

    def open(self, state):
        """Open a link as another reader would."""
        self.browser.open("index.html")
        self.browser.open(f"{self.page}#{state}")

    def text(self, name):
        return self.browser.run(
            "return document.querySelector(`[data-name=${arguments[0]}]`).textContent", name
        )

    def number(self, name):
        return float(self.text(name).replace("−", "-").replace("%", "").strip())

    def press(self, name, times=1):
        """Press a button a number of times."""
        self.browser.run(
            "const button = document.querySelector(`[data-name=${arguments[0]}]`);"
            "for (let i = 0; i < arguments[1]; i++) button.click()",
            name,
            times,
        )

    def set(self, name, value):
        """Give a control a value, as its user would."""
        self.browser.run(
            "const input = document.querySelector(`[name=${arguments[0]}]`);"
            "input.value = input.dataset.values?.split(' ').indexOf(arguments[1]) ?? arguments[1];"
            "input.dispatchEvent(new Event('input'))",
            name,
            value,
        )

    def train(self, epochs):
        """Train for at least a number of epochs, then pause; or less, if training stops by itself."""
        self.set("speed", "50")
        self.press("train")
        epoch = "Number(document.querySelector('[data-name=epochs]').textContent)"
        stopped = "document.querySelector('[data-name=train]').getAttribute('aria-pressed') === 'false'"
        self.browser.wait_until(f"{epoch} >= {epochs} || {stopped}", 60)
        if not self.browser.run(f"return {stopped}"):
            self.press("train")

    def recipe(self, number):
        """Press the button of a recipe, counted from 0."""
        self.browser.run("document.querySelectorAll('button.recipe')[arguments[0]].click()", number)

    def state(self):
        """Read the address, once it is written: each value by its name."""
        self.browser.run_async("setTimeout(arguments[0], 150)")
        return {
            name: value
            for name, [value] in parse_qs(self.browser.run("return location.hash.slice(1)")).items()
        }

    def weights(self):
        """Read the weights (n_params,) from the address, where there are some after an epoch or an edit."""
        text = self.state()["weights"]
        numbers = np.frombuffer(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), np.float32)
        return numbers[: len(numbers) // 3]

    def is_blank(self, name):
        """Tell whether a canvas has no pixel with a colour."""
        return self.browser.run(
            "const canvas = document.querySelector(`[data-name=${arguments[0]}]`);"
            "const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
            "return data.every((value) => value === 0)",
            name,
        )
