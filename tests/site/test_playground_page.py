"""The playground keeps its promises: the recipes, editing, links, the keyboard, a finger, screen readers."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from selenium.webdriver.common.keys import Keys

from tests.site.conftest import SITE, Browser
from tests.site.playground import Playground

PAGES = ["playground.html", "zh/playground.html"]
both_languages = pytest.mark.parametrize("page", PAGES)
RECIPES = ["linear", "zero", "alike", "saturation", "too large a step", "dead"]
RECIPES += ["overfitting", "feature", "xor", "how many units"]
WATCHED = "return document.querySelector('[data-name=watch]').checkVisibility()"


@pytest.fixture
def playground(browser):
    yield Playground(browser)
    assert not browser.errors()


def open_recipe(playground, name):
    playground.recipe(RECIPES.index(name))


def points_of(playground):
    return [int(part) for part in playground.text("share-value").split(" / ")]


# Outputs at places that differ only along the line on which a linear network's outputs are equal.
ALONG_THE_BOUNDARY = """
const [wX, wY] = values.direction;
const net = { ...values.sizes, dropped: Array(values.sizes.nHidden).fill(false) };
const z = new Float64Array(net.nHidden);
const outputAt = (place) => js.forward(net, Float64Array.from(values.params), place, z, z.slice());
return [-2, -1, 0, 1, 2].map((t) => outputAt([0.5 - t * wY, 0.3 + t * wX]));
"""


def is_straight(playground, weights, n_hidden, activation, direction):
    """Tell whether the outputs change in one direction only."""
    sizes = {"nFeatures": 2, "nHidden": n_hidden, "activation": activation, "loss": "logistic"}
    values = {"sizes": sizes, "params": weights.tolist(), "direction": np.array(direction, float).tolist()}
    return np.ptp(playground.call(ALONG_THE_BOUNDARY, **values)) < 1e-4


# --- The recipes ---


def test_every_recipe_has_a_test(playground):
    assert len(playground.browser.read("button.recipe")) == len(RECIPES)


@pytest.mark.parametrize("n_hidden", [16, 1])
def test_a_linear_network_draws_a_straight_line(n_hidden, playground):
    open_recipe(playground, "linear")
    playground.set("n_hidden", n_hidden)
    playground.train(200)
    weights = playground.weights().astype(float)
    w_hidden, w_output = weights[n_hidden : 3 * n_hidden].reshape(2, n_hidden), weights[3 * n_hidden : -1]
    assert is_straight(playground, weights, n_hidden, "identity", w_hidden @ w_output)
    assert 80 < playground.number("train-score") < 95


def test_zero_weights_never_move_units_that_are_alike_stay_alike_and_dead_ones_dead(playground):
    open_recipe(playground, "zero")
    playground.train(100)
    assert not playground.weights().any()
    assert playground.is_blank("norm-chart")
    assert playground.number("train-loss") == pytest.approx(np.log(2), abs=1e-3)
    open_recipe(playground, "alike")
    playground.train(300)
    weights = playground.weights().astype(float)
    of_units = weights[:-1].reshape(4, 8)
    assert_array_equal(of_units, np.tile(of_units[:, :1], 8))
    assert is_straight(playground, weights, 8, "tanh", of_units[1:3, 0])
    assert playground.number("train-score") < 95
    open_recipe(playground, "dead")
    for n_epochs in (3, 200):
        playground.train(n_epochs)
        assert playground.number("dead") == 8
    assert playground.browser.read(".diagram .unit span") == ["dead"] * 8


def test_too_large_a_step_diverges_and_the_page_says_so(playground):
    open_recipe(playground, "too large a step")
    playground.press("step")
    first = playground.number("train-loss")
    playground.train(50)
    assert playground.number("epochs") < 50
    assert playground.number("train-loss") > 1e4 * first  # the last epoch that was kept
    assert "learning rate" in playground.text("alert")
    assert np.isfinite(playground.weights()).all()
    open_recipe(playground, "too large a step")
    assert not playground.text("alert")
    playground.set("learning_rate", "0.1")
    playground.train(100)
    assert playground.number("train-loss") < 0.1


def trained(playground, name, more, epochs):
    """Train what a recipe sets up, with more settings."""
    state = playground.browser.read("button.recipe", "element.dataset.state")[RECIPES.index(name)]
    return playground.trained(f"{state}&{more}", epochs)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_overfitting_draws_islands_and_a_penalty_removes_them(seed, playground):
    plain = trained(playground, "overfitting", f"seed={seed}", 1500)
    assert (plain["train"], plain["test"] < 0.85, plain["areas"] > 2) == (1, True, True)
    penalised = trained(playground, "overfitting", f"seed={seed}&alpha=1", 1500)
    assert (penalised["train"] < 0.9, penalised["test"] > 0.9, penalised["areas"]) == (True, True, 2)


@pytest.mark.parametrize(("n_hidden", "n_solved"), [(2, 2), (3, 4), (4, 5)])
def test_more_units_find_the_way_to_xor_more_often(n_hidden, n_solved, playground):
    settings = [f"n_hidden={n_hidden}&seed={seed}" for seed in range(1, 6)]
    scores = [trained(playground, "xor", more, 800)["train"] for more in settings]
    assert scores.count(1) == n_solved


@pytest.mark.parametrize(
    ("name", "n_epochs", "fewer"),
    [("feature", 500, "data=circles&n_hidden=1"), ("how many units", 1500, None)],
)
def test_a_better_feature_needs_fewer_units_and_three_separate_the_circles(name, n_epochs, fewer, playground):
    open_recipe(playground, name)
    playground.train(n_epochs)
    assert playground.number("train-score") == 100
    if fewer:
        assert playground.number("test-score") == 100
        playground.open(fewer)
    else:
        open_recipe(playground, name)
        playground.set("n_hidden", "2")
    playground.train(n_epochs)
    assert playground.number("train-score") < 95


# --- What a control does ---


@both_languages
@pytest.mark.parametrize("from_file", [False, True])
def test_it_learns_the_two_moons(from_file, page, browser):
    reader = Browser(browser.driver, f"{SITE.as_uri()}/") if from_file else browser
    playground = Playground(reader, page)
    assert playground.number("train-score") < 95
    playground.train(300)
    assert playground.number("train-score") >= 95
    assert playground.number("test-score") >= 95
    assert "weights" in playground.state()
    assert not browser.errors()


OF_THE_TRAINING = {"solver": "sgd", "learning_rate": "0.001", "alpha": "1", "batch_size": "10"}
OF_THE_START = {"activation": "relu", "n_hidden": "3", "data": "spirals", "noise": "0.5", "share": "80"}


@pytest.mark.parametrize(("name", "value"), (OF_THE_TRAINING | OF_THE_START).items())
def test_a_change_of_the_training_keeps_the_weights_and_one_of_data_or_network_begins_again(
    name, value, playground
):
    playground.press("step", 5)
    before = playground.weights()
    playground.set(name, value)
    if name in OF_THE_TRAINING:
        assert_array_equal(playground.weights(), before)
        assert playground.number("epochs") == 5
    else:
        assert playground.number("epochs") == 0
        assert "weights" not in playground.state()


def test_without_points_it_says_what_to_do(playground):
    playground.open("data=own")
    assert not any(character.isdigit() for character in playground.text("train-loss"))
    playground.press("train")
    playground.browser.wait_until("document.querySelector('[data-name=alert]').textContent")
    assert "Click the plane" in playground.text("alert")
    playground.browser.click("[data-name=plane]")
    assert playground.text("share-value") == "1 / 0"


# --- One screen ---

# What a lesson needs: each must be inside the window, without scrolling. Returns what is not.
OUTSIDE = """
const names = ["train", "step", "restart", "watch-open", "new-data", "link", "epochs", "diagram", "map",
  "plane", "train-loss", "test-loss", "train-score", "loss-chart", "norm-chart", "show-test", "two-colours"];
const controls = [...document.querySelectorAll(".playground :is(select, input:not([type=hidden]))")];
const nodes = [...document.querySelectorAll(".diagram .node")];
const all = [...names.map((name) => document.querySelector(`[data-name="${name}"]`)), ...controls, ...nodes];
return all.filter((element) => {
  const { top, bottom, left, right, width, height } = element.getBoundingClientRect();
  return !(width && height && top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth);
}).map((element) => element.name || element.dataset.name || element.className);
"""


@both_languages
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720)])
@pytest.mark.parametrize("state", ["", "n_hidden=16&features=x1%2Cx2%2Cx1%5E2%2Cx2%5E2%2Cx1+x2"])
def test_all_of_it_is_on_one_screen(state, width, height, page, browser):
    playground = Playground(browser, page)
    playground.open(state)
    browser.resize(width, height)
    assert browser.run("return scrollY") == 0
    assert browser.run(OUTSIDE) == []
    browser.resize(390, 844)  # on a phone, the plane and the button come first
    first = "[data-name=train], [data-name=plane]"
    assert max(browser.read(first, "element.getBoundingClientRect().bottom")) < 844


# --- Watching backpropagation ---


def formulas(playground):
    """Read the formulas of the present step, without spaces."""
    lines = playground.browser.read("[data-name=watch-steps] li[aria-current] p")
    return ["".join(line.split()) for line in lines]


def numbers_in(line):
    return [float(text.replace("−", "-")) for text in re.findall(r"−?\d+(?:\.\d+)?(?:e-?\d+)?", line)]


TRACE_OF_HARDEST_POINT = """
const points = js.makePoints(values.data, 7, 0.25);
const loss = js.lossOf(values.data);
const net = { nFeatures: 2, nHidden: 3, activation: "tanh", loss, dropped: [0, 0, 0] };
const params = js.initialise(net, 0.5, new js.Random(1001));
const traceOf = ({ place, target }) => js.trace(net, params, place, target);
const byLoss = (one, other) => traceOf(other).loss - traceOf(one).loss;
const [{ place, target }] = points.slice(0, 100).sort(byLoss);
const { z, a, shares, deltaHidden, grads, ...numbers } = traceOf({ place, target });
const ofUnit = { z: z[1], a: a[1], share: shares[1], deltaHidden: deltaHidden[1] };
return { ...numbers, ...ofUnit, y: target, grads: [...grads], params: [...params] };
"""


@both_languages
@pytest.mark.parametrize("data", ["moons", "hills"])
def test_each_step_shows_its_formulas_with_the_numbers_of_the_point(data, page, browser):
    playground = Playground(browser, page)
    seen = playground.call(TRACE_OF_HARDEST_POINT, data=data)
    playground.open(f"data={data}&n_hidden=3")
    playground.press("watch-open")
    browser.run("document.querySelectorAll('.diagram .unit')[1].click()")
    is_classes = data == "moons"
    prediction = 1 / (1 + np.exp(-seen["output"])) if is_classes else seen["output"]
    label = (seen["y"] + 1) / 2 if is_classes else seen["y"]
    grads, params = np.array(seen["grads"]), np.array(seen["params"])
    of_unit, output_weight = [4, 7, 1], 10  # both weights and the bias of the second unit
    expected = [
        [label],
        [seen["z"], seen["a"]],
        [seen["output"], prediction, seen["loss"]],
        [prediction - label],
        [seen["share"], seen["deltaHidden"]],
        grads[[output_weight, *of_unit, -1]],
        (params - 0.03 * grads)[[*of_unit, output_weight, -1]],
    ]
    for step, numbers in enumerate(expected):
        shown = formulas(playground)
        assert_allclose(
            [float(line.rsplit("=", 1)[1].replace("−", "-")) for line in shown],
            numbers,
            rtol=0.01,
            atol=6e-4 if step == 6 else 1e-6,
        )
        assert browser.read("[data-name=watch-steps] li[aria-current] b")[0] in playground.text("status")
        assert len(browser.read("[data-name=watch-steps] li")) == step + 1
        playground.press("watch-next")
    playground.press("watch-take")
    assert_allclose(playground.weights(), params - 0.03 * grads, rtol=1e-6, atol=1e-7)
    loss, *changes = [numbers_in(line) for line in formulas(playground)]
    assert loss[0] == pytest.approx(seen["loss"], abs=0.006)
    assert loss[-1] < loss[0]
    assert_allclose([change for *_, change, _, _ in changes], -0.03 * grads[[*of_unit, 10, -1]], rtol=0.05)
    assert all(before != after for *_, before, after in changes)
    assert not browser.errors()


def test_a_click_on_a_training_point_watches_it_and_the_keyboard_goes_through(playground):
    browser = playground.browser
    playground.open("data=own")
    for _ in range(2):
        browser.click("[data-name=plane]")
        assert points_of(playground) == [1, 0]
    assert browser.run("return document.activeElement.dataset.name") == "watch-next"
    for key in [Keys.ARROW_RIGHT] * 3 + [Keys.ARROW_LEFT]:
        browser.press(key)
    assert len(browser.read("[data-name=watch-steps] li")) == 3
    browser.press(Keys.ESCAPE)
    assert not browser.run(WATCHED)
    assert browser.run("return document.activeElement.dataset.name") == "watch-open"
    playground.set("pen", "erase")
    browser.click("[data-name=plane]")
    assert points_of(playground) == [0, 0]
    playground.press("watch-open")
    assert "Click the plane" in playground.text("alert")


def test_a_small_change_is_seen_and_another_step_or_data_set_ends_the_watching(playground):
    playground.open("learning_rate=0.0001")
    playground.press("watch-open")
    playground.press("watch-next", 6)
    for line in formulas(playground):
        *_, before, change, after = numbers_in(line.replace("−0", " −0"))
        assert change
        assert before != after
    playground.press("watch-take")
    assert all(len(set(numbers_in(line)[-2:])) == 2 for line in formulas(playground))
    playground.press("step")  # other weights: the step is over
    assert len(formulas(playground)) == len(playground.browser.read("[data-name=watch-steps] li p")) == 1
    playground.set("data", "circles")
    assert not playground.browser.run(WATCHED)


IN_VIEW = "(({ top, bottom }) => top >= 0 && bottom <= innerHeight + 1)(element.getBoundingClientRect())"


@both_languages
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720)])
def test_the_steps_come_into_view(width, height, page, browser):
    playground = Playground(browser, page)
    browser.resize(width, height)
    playground.press("watch-open")
    for name in ["watch-next"] * 6 + ["watch-take"]:
        playground.press(name)
        assert browser.read("[data-name=diagram], [data-name=watch]", IN_VIEW) == [True, True]
    assert (browser.run("return scrollY") > 0) == (width < 1280)


# Captions that meet others, of those that are seen. A line is 3 pixels higher than its letters.
MEETING_CAPTIONS = """
const seen = [...document.querySelectorAll(".caption > span")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }));
const boxes = seen.map((one) => [one.textContent, one.getBoundingClientRect()]);
return [boxes.length, boxes.flatMap(([text, a], i) => boxes.slice(i + 1).filter(([, b]) =>
  a.left <= b.right && b.left <= a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom
).map(([other]) => `${text} ${other}`))];
"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("state", ["n_hidden=16", "data=slope&activation=identity&init_scale=30"])
def test_captions_do_not_meet(state, width, playground):
    playground.open(state)
    playground.browser.resize(width, 844)
    playground.press("watch-open")
    for _ in range(7):
        n_captions, meeting = playground.browser.run(MEETING_CAPTIONS)
        assert n_captions >= 1
        assert meeting == []
        playground.press("watch-next")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_numbers_flow_along_the_lines_where_motion_is_wanted(motion, playground):
    features = [{"name": "prefers-reduced-motion", "value": motion}]
    playground.browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    playground.press("watch-open")
    playground.press("watch-next")
    names = set(playground.browser.read(".of-hidden", "getComputedStyle(element).animationName"))
    assert names == {"flow" if motion == "no-preference" else "none"}


# --- What it says ---


@pytest.mark.parametrize(("activation", "word"), [("relu", "off"), ("tanh", "saturated")])
def test_a_unit_of_relu_is_off_and_one_of_tanh_saturated_before_it_is_dead(activation, word, playground):
    playground.open(f"activation={activation}")
    assert word in playground.text("saturated-name")
    playground.browser.run("document.querySelector('.diagram .unit').click()")
    notes = playground.browser.run(
        "const [bias] = [...document.querySelectorAll('[data-name=editor] input[type=number]')].slice(2);"
        "return Array.from({ length: 100 }, (_, i) => {"
        "  bias.value = -i / 20; bias.dispatchEvent(new Event('input', { bubbles: true }));"
        "  return document.querySelector('.diagram .unit > span').textContent; })"
    )
    assert list(dict.fromkeys(notes)) == ["", word, "dead"]


# --- Editing ---


def test_a_weight_is_edited_by_a_click_on_its_unit(playground):
    playground.browser.click(".diagram .unit:nth-of-type(2)")
    fields = playground.browser.read("[data-name=editor] input[type=number]", "element.value")
    assert len(fields) == 4  # two weights, the bias, the weight in the output
    before = playground.number("train-loss")
    field = playground.browser.driver.find_element("css selector", "[data-name=editor] input[type=number]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("2.5")
    assert playground.number("train-loss") != before
    assert 2.5 in playground.weights()
    field.send_keys(Keys.ESCAPE)
    assert playground.browser.run("return document.querySelector('[data-name=editor]').hidden")
    assert playground.browser.run("return document.activeElement.matches('.diagram .unit')")


def leave_out(playground, unit):
    """Press the box of a unit, which leaves it out or takes it back."""
    playground.browser.run("document.querySelectorAll('.diagram .unit')[arguments[0]].click()", unit)
    playground.browser.run("document.querySelector('[data-name=editor] input[type=checkbox]').click()")


def test_a_unit_can_be_left_out(playground):
    playground.train(200)
    before, weights = playground.number("train-loss"), playground.weights()
    leave_out(playground, 0)
    assert playground.number("train-loss") != before
    assert playground.state()["dropped"] == "1"
    assert_array_equal(playground.weights(), weights)
    leave_out(playground, 0)
    assert playground.number("train-loss") == before


def touch(playground, *steps):
    """Put a finger on the middle of the plane, move it by pixels, and lift it."""
    where = "const box = document.querySelector('[data-name=plane]').getBoundingClientRect();"
    x, y = playground.browser.run(f"{where} return [box.x + box.width / 2, box.y + box.height / 2]")
    send = playground.browser.driver.execute_cdp_cmd
    send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in steps:
        send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + step}]})
    send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_tap_adds_a_point_and_a_finger_that_moves_scrolls(playground):
    playground.open("data=own")
    playground.browser.resize(390)
    playground.browser.run("document.querySelector('[data-name=plane]').scrollIntoView({ block: 'center' })")
    touch(playground)
    playground.browser.wait_until("document.querySelector('[data-name=share-value]').textContent === '1 / 0'")
    before = playground.browser.run("return scrollY")
    touch(playground, -20, -80, -160, -240)
    playground.browser.wait_until(f"scrollY > {before} + 100")
    assert points_of(playground) == [1, 0]


# --- The keyboard and screen readers ---


def test_everything_is_reached_with_the_keyboard(playground):
    at = "const at = document.activeElement;"
    name = "return at.name || at.dataset.name || at.dataset.feature || at.className"
    reached = set()
    for _ in range(60):
        playground.browser.press(Keys.TAB)
        reached.add(playground.browser.run(at + name))
    buttons = "train step restart new-data watch-open link speed plane x1"
    controls = "data noise share pen n_hidden activation solver learning_rate alpha"
    assert reached >= {*buttons.split(), *controls.split(), "node unit", "node output"}


def test_the_plane_is_edited_with_the_keyboard(playground):
    playground.open("data=own")
    playground.browser.run("document.querySelector('[data-name=plane]').focus()")
    for key in (Keys.ARROW_LEFT, Keys.ARROW_UP):
        playground.browser.press(key)
    assert playground.text("status").startswith("x1 −0.1, x2 0.1: predicts ")
    playground.browser.press(Keys.ENTER)
    assert playground.text("status") == "Point added."
    assert points_of(playground) == [1, 0]
    playground.browser.press(Keys.DELETE)
    assert points_of(playground) == [0, 0]


@both_languages
def test_screen_readers_are_told_everything(page, browser):
    playground = Playground(browser, page)
    playground.press("step")
    assert playground.text("train-loss") in playground.text("status")
    nameless = browser.run(
        "return [...document.querySelectorAll('.playground :is(button, input, select, canvas)')]"
        ".filter((one) => one.type !== 'hidden' && !one.closest('[aria-hidden], .node'))"
        ".filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.[0]?.textContent.trim()))"
        ".map((one) => one.outerHTML)"
    )
    assert not nameless
    sliders = browser.read(
        ".playground [type=range]", "[element.ariaValueText, element.parentElement.textContent]"
    )
    assert sliders
    assert all(value and value in label for value, label in sliders)
    recipes = browser.read("button.recipe", "element.ariaLabel")
    assert len(set(recipes)) == len(recipes)
    browser.resize(390)
    assert {*browser.read(".playground [type=checkbox]", "element.getBoundingClientRect().height")} == {24}
    browser.resize(1280)
    labels = browser.read(".node.unit", "element.ariaLabel")
    assert len(set(labels)) == 8
    assert not any("{" in label or "undefined" in label for label in labels)


# --- Links ---


def test_a_link_holds_the_whole_state(playground):
    playground.open("data=circles&solver=momentum&batch_size=10&n_hidden=4&alpha=0&features=x1%2Cx2%2Cx1+x2")
    playground.browser.click("[data-name=plane]")
    playground.press("step", 7)
    leave_out(playground, 2)
    names = ["epochs", "train-loss", "test-loss", "train-score", "share-value", "python"]
    state, shown = playground.state(), [playground.text(name) for name in names]
    playground.press("step", 3)
    later = playground.weights()
    link = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in state.items())
    playground.open(link)
    assert [playground.text(name) for name in names] == shown
    assert playground.state() == state
    playground.press("step", 3)
    assert_allclose(playground.weights(), later, rtol=1e-5, atol=1e-6)


DAMAGED = "activation=sine weights=abc n_hidden=99 points=%25 features=x9 weights=AAAA init_scale=-1"


@pytest.mark.parametrize("state", [*DAMAGED.split(), "learning_rate=fast"])
def test_a_damaged_link_is_said_to_be_one(state, playground):
    playground.open(state)
    assert "damaged" in playground.text("alert")
    playground.press("step")
    assert playground.number("epochs") == 1


def test_a_link_has_the_numbers_of_python(playground):
    playground.open("init_scale=1.0&learning_rate=0.05&alpha=2&noise=0.50&n_hidden=8.0")
    assert not playground.text("alert")
    expected = {"init_scale": "1", "learning_rate": "0.05", "alpha": "2", "noise": "0.5"}
    assert {name: playground.text(f"{name}-value") for name in expected} == expected
    playground.press("step")
    expected.pop("noise")
    assert playground.state().items() >= expected.items()
    playground.set("learning_rate", "0.1")
    assert playground.state()["learning_rate"] == "0.1"


def test_a_link_can_hide_controls_for_a_lesson(playground):
    names = ["solver", "alpha", "speed"]
    shown = "document.querySelector(`[name=${arguments[0]}]`).checkVisibility()"
    assert [name for name in names if playground.browser.run(f"return {shown}", name)] == names
    playground.open("activation=relu&hide=solver%2Cspeed")
    assert [name for name in names if playground.browser.run(f"return {shown}", name)] == ["alpha"]
    playground.press("step")
    assert playground.state()["hide"] == "solver,speed"
