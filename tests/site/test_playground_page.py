"""The playground keeps its promises: the recipes, editing, links, the keyboard, a finger, screen readers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from selenium.webdriver.common.keys import Keys

from tests.site.playground import Playground

PAGES = ["playground.html", "zh/playground.html"]
RECIPES = ["linear", "zero", "alike", "saturation", "too large a step", "dead"]
RECIPES += ["overfitting", "feature", "how many units"]


@pytest.fixture
def playground(browser):
    yield Playground(browser)
    assert not browser.errors()


def open_recipe(playground, name):
    playground.recipe(RECIPES.index(name))


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


def test_zero_weights_never_move(playground):
    open_recipe(playground, "zero")
    playground.train(100)
    assert not playground.weights().any()
    assert playground.is_blank("norm-chart")
    assert playground.number("train-loss") == pytest.approx(np.log(2), abs=1e-3)


def test_units_that_are_alike_stay_alike(playground):
    open_recipe(playground, "alike")
    playground.train(300)
    weights = playground.weights().astype(float)
    of_units = weights[:-1].reshape(4, 8)
    assert_array_equal(of_units, np.tile(of_units[:, :1], 8))
    assert is_straight(playground, weights, 8, "tanh", of_units[1:3, 0])
    assert playground.number("train-score") < 95


def test_saturated_units_learn_slowly(playground):
    for seed in ("1", "2", "3"):
        losses = []
        for scale in ("1.5", "-0.3"):
            open_recipe(playground, "saturation")
            playground.set("seed", seed)
            playground.set("init_scale", scale)
            if scale == "1.5":
                assert playground.number("saturated") > 90
            playground.train(300)
            losses.append(playground.number("train-loss"))
        assert losses[0] > 2 * losses[1]


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
    playground.set("learning_rate", "-1")
    playground.train(100)
    assert playground.number("train-loss") < 0.1


def test_dead_units_stay_dead(playground):
    open_recipe(playground, "dead")
    playground.press("step", 3)
    assert playground.number("dead") == 8
    playground.train(200)
    assert playground.number("dead") == 8
    assert playground.browser.read(".diagram .unit span") == ["dead"] * 8


def test_a_penalty_helps_against_overfitting(playground):
    open_recipe(playground, "overfitting")
    playground.press("step", 20)
    early = playground.number("test-loss")
    playground.train(1000)
    overfitted = playground.number("test-loss")
    assert playground.number("train-loss") < 0.01
    assert overfitted > early
    open_recipe(playground, "overfitting")
    playground.set("alpha", "0")
    playground.train(1000)
    assert playground.number("test-loss") < overfitted / 2


def test_a_better_feature_needs_fewer_units(playground):
    open_recipe(playground, "feature")
    playground.train(500)
    assert playground.number("train-score") == playground.number("test-score") == 100
    playground.open("data=circles&n_hidden=1")
    playground.train(500)
    assert playground.number("train-score") < 80


def test_three_units_separate_the_circles(playground):
    open_recipe(playground, "how many units")
    playground.train(1500)
    assert playground.number("train-score") == 100
    open_recipe(playground, "how many units")
    playground.set("n_hidden", "2")
    playground.train(1500)
    assert playground.number("train-score") < 95


# --- What a control does ---


@pytest.mark.parametrize("page", PAGES)
def test_it_learns_the_two_moons(page, browser):
    playground = Playground(browser, page)
    assert playground.number("train-score") < 95
    playground.train(300)
    assert playground.number("train-score") >= 95
    assert playground.number("test-score") >= 95
    assert not browser.errors()


@pytest.mark.parametrize(
    ("name", "value"), [("solver", "sgd"), ("learning_rate", "-2"), ("alpha", "1"), ("batch_size", "10")]
)
def test_a_change_of_the_training_keeps_the_weights(name, value, playground):
    playground.press("step", 5)
    before = playground.weights()
    playground.set(name, value)
    assert_array_equal(playground.weights(), before)
    assert playground.number("epochs") == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [("activation", "relu"), ("n_hidden", "3"), ("data", "spirals"), ("noise", "0.5"), ("share", "80")],
)
def test_a_change_of_the_data_or_the_network_begins_again(name, value, playground):
    playground.press("step", 5)
    playground.set(name, value)
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


def points_of(playground):
    return [int(part) for part in playground.text("share-value").split(" / ")]


def test_a_click_adds_a_point_and_the_eraser_removes_it(playground):
    playground.open("data=own")
    playground.browser.click("[data-name=plane]")
    assert points_of(playground) == [1, 0]
    playground.set("pen", "erase")
    playground.browser.click("[data-name=plane]")
    assert points_of(playground) == [0, 0]


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
    buttons = "train step restart new-data link speed plane x1"
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


@pytest.mark.parametrize("page", PAGES)
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


@pytest.mark.parametrize(
    "state", ["activation=sine", "weights=abc", "n_hidden=99", "points=%25", "features=x9", "weights=AAAA"]
)
def test_a_damaged_link_is_said_to_be_one(state, playground):
    playground.open(state)
    assert "damaged" in playground.text("alert")
    playground.press("step")
    assert playground.number("epochs") == 1


def test_a_link_can_hide_controls_for_a_lesson(playground):
    names = ["solver", "penalty", "speed"]
    shown = "document.querySelector(`[name=${arguments[0]}]`).checkVisibility()"
    assert [name for name in names if playground.browser.run(f"return {shown}", name)] == names
    playground.open("activation=relu&hide=solver%2Cspeed")
    assert [name for name in names if playground.browser.run(f"return {shown}", name)] == ["penalty"]
    playground.press("step")
    assert playground.state()["hide"] == "solver,speed"
