// The page: what happens when a control is used, and the link in the address.
// The page holds all words, so that it can be in any language.

import { Controls } from "./controls.js";
import { split } from "./data.js";
import { Diagram } from "./diagram.js";
import { Editor } from "./editor.js";
import { decode, encode } from "./link.js";
import { Loop } from "./loop.js";
import { Plane } from "./plane.js";
import { Session } from "./session.js";
import { DEFAULTS } from "./settings.js";
import { View } from "./view.js";
import { Watch } from "./watch.js";

const page = document.querySelector(".playground");
const get = (name) => page.querySelector(`[data-name="${name}"]`);
const words = JSON.parse(get("words").textContent);
const controls = new Controls(page);
const session = new Session();
let settings; // the values of the controls

const LINK_DELAY = 100; // milliseconds after the last change

// --- Editing ---

const plane = new Plane(get("map"), get("plane"), {
  isEraser: () => settings.pen === "erase",
  add(place) {
    session.addPoint(place, Number(settings.pen));
    changed(words.added);
  },
  choose: (point) => watch.open(point),
  move(point, place) {
    session.movePoint(point, place);
    changed(words.moved);
  },
  remove(point) {
    if (point === watch.point) watch.show(null);
    session.removePoint(point);
    changed(words.removed);
  },
  look(place) {
    draw();
    if (place) say(view.prediction(session, place));
  },
});

const diagram = new Diagram(get("diagram"), {
  select,
  preview(unit) {
    view.preview = unit;
    draw();
  },
});

const editor = new Editor(get("editor"), words, {
  set(at, value) {
    session.setWeight(at, value);
    changed();
  },
  drop(unit, isDropped) {
    session.drop(unit, isDropped);
    changed();
  },
  close() {
    const node = diagram.nodeOf(view.selected);
    select(null);
    node.focus();
  },
});

const watch = new Watch(get, words, {
  moved() {
    select(null);
    if (watch.point) say(watch.said);
  },
  take() {
    watch.take(session, settings.learningRate);
    changed();
    say(watch.said);
  },
});

const view = new View(get, words, { plane, diagram, editor, watch });

// Opens a unit in the editor; or, while a point is watched, in the formulas.
function select(unit, at = null) {
  if (watch.point && typeof unit === "number") watch.unit = unit;
  view.selected = watch.point ? null : unit;
  view.preview = null;
  if (view.selected === null) editor.close();
  else editor.open(session.net, session.features, unit, at);
  draw();
}

// --- What is shown and said ---

const draw = () => view.draw(session, settings);

function say(text) {
  get("status").textContent = text;
}

function warn(text) {
  get("alert").textContent = text;
  get("alert").hidden = !text;
}

// After every change: measure, draw, say what is new and keep it in the address.
function changed(news = null) {
  session.look();
  draw();
  say(news ?? view.summary(session));
  if (!loop.isRunning) keepLink();
}

const loop = new Loop(session, {
  settings: () => settings,
  draw,
  show(isRunning) {
    get("train").setAttribute("aria-pressed", isRunning);
    if (!isRunning) changed();
  },
  halt,
});

function halt(trouble) {
  loop.pause();
  warn(words[trouble]);
}

// --- The link ---

const defaults = { ...DEFAULTS, dropped: "", hide: "" };
let waiting = null; // to write the address: browsers allow this only so many times a second
function keepLink() {
  clearTimeout(waiting);
  waiting = setTimeout(writeLink, LINK_DELAY);
}

function writeLink() {
  const texts = { ...controls.texts(), dropped: session.dropped, hide: controls.hidden };
  const text = encode({ settings: texts, points: session.ownPoints, training: session.trained }, defaults);
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

function followLink() {
  try {
    open(decode(location.hash.slice(1), defaults));
  } catch (error) {
    console.warn(error);
    open(decode("", defaults));
    warn(words.damaged);
  }
}

function open({ settings: { dropped, hide, ...texts }, points, training }) {
  controls.show(texts);
  controls.hide(hide);
  settings = controls.read();
  session.loadPoints(settings);
  loadNetwork();
  session.use({ dropped, points, training });
  finish();
}

// --- The controls ---

function loadNetwork() {
  session.loadNetwork(settings);
  session.look();
  view.build(session);
  if (watch.point && !session.trainPoints.includes(watch.point)) watch.show(null);
  else select(null);
}

function finish() {
  warn("");
  loop.pause();
}

function restart() {
  settings = controls.read();
  loadNetwork();
  finish();
}

function reload() {
  settings = controls.read();
  session.loadPoints(settings);
  restart();
}

const on = (names, act) => names.forEach((name) => controls.inputs[name].addEventListener("input", act));
const onClick = (name, act) => {
  get(name).addEventListener("click", () => warn(""));
  get(name).addEventListener("click", act);
};
const countUp = (name) => (controls.inputs[name].value = Number(controls.inputs[name].value) + 1);

on(["data", "noise"], reload);
on(["n_hidden", "activation", "init", "init_scale"], restart);
on(["share"], () => {
  split(session.points, controls.read().share);
  restart();
});
on(["solver"], () => session.forgetSolver());
on(["solver", "learning_rate", "batch_size", "alpha", "speed", "pen"], () => {
  settings = controls.read();
  changed();
});
for (const box of controls.features) {
  box.addEventListener("input", () => {
    if (controls.texts().features) restart();
    else box.checked = true; // a network has at least one feature
  });
}
for (const name of ["show-test", "two-colours"]) get(name).addEventListener("input", draw);

onClick("train", () => (loop.isRunning ? loop.pause() : loop.run()));
onClick("step", () => {
  const trouble = session.train(1, settings);
  if (trouble) halt(trouble);
  else loop.pause();
});
onClick("restart", () => {
  countUp("seed");
  restart();
});
onClick("new-data", () => {
  countUp("data_seed");
  reload();
});
onClick("watch-open", () => {
  if (watch.point) watch.leave();
  else if (session.trainPoints.length) watch.open(session.hardestPoint);
  else warn(words.noPoints);
});
onClick("link", async () => {
  writeLink();
  await navigator.clipboard.writeText(location.href);
  say(words.copied);
  get("link").classList.add("done");
  setTimeout(() => get("link").classList.remove("done"), 2000);
});
for (const recipe of document.querySelectorAll("[data-state]")) {
  recipe.addEventListener("click", () => {
    history.pushState(null, "", `#${recipe.dataset.state}`);
    followLink();
    scrollTo(0, 0);
    get("train").focus({ preventScroll: true });
  });
}

get("not-started").remove();
addEventListener("popstate", followLink);
followLink();
new ResizeObserver(draw).observe(page);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
