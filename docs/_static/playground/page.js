// The page: what happens when a control is used, the loop that trains and draws, and the link in the address.
// The page holds all words, so that it can be in any language.

import { Controls } from "./controls.js";
import { split } from "./data.js";
import { Diagram } from "./diagram.js";
import { Editor } from "./editor.js";
import { decode, encode } from "./link.js";
import { Plane } from "./plane.js";
import { Session } from "./session.js";
import { View } from "./view.js";

const page = document.querySelector(".playground");
const get = (name) => page.querySelector(`[data-name="${name}"]`);
const words = JSON.parse(get("words").textContent);
const controls = new Controls(get("controls"));
const session = new Session();
let settings; // the values of the controls

const TRAINING_TIME = 25; // milliseconds for each picture, at most
const LINK_DELAY = 100; // milliseconds after the last change

// --- Editing ---

const plane = new Plane(get("map"), get("plane"), {
  isEraser: () => settings.pen === "erase",
  add(place) {
    session.addPoint(place, Number(settings.pen));
    changed(words.added);
  },
  move(point, place) {
    session.movePoint(point, place);
    changed(words.moved);
  },
  remove(point) {
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

const view = new View(page, get, words, { plane, diagram, editor });

function select(unit, at = null) {
  view.selected = unit;
  view.preview = null;
  if (unit === null) editor.close();
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
  if (!isRunning) keepLink();
}

// --- The loop ---

let isRunning = false;
let due = 0; // epochs, since a picture may show less than one
let next = null; // picture

function frame() {
  due += settings.speed;
  const n = Math.floor(due);
  due -= n;
  const trouble = session.train(n, settings, TRAINING_TIME);
  session.look();
  draw();
  if (trouble) halt(trouble);
  else next = requestAnimationFrame(frame);
}

function run() {
  isRunning = true;
  warn("");
  get("train").setAttribute("aria-pressed", true);
  next = requestAnimationFrame(frame);
}

function pause() {
  isRunning = false;
  cancelAnimationFrame(next);
  get("train").setAttribute("aria-pressed", false);
  changed();
}

function halt(trouble) {
  pause();
  warn(words[trouble]);
}

// --- The link ---

const defaults = { ...controls.defaults, dropped: "", hide: "" };

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
  restarted();
}

// --- The controls ---

function loadNetwork() {
  session.loadNetwork(settings);
  view.selected = view.preview = null;
  editor.close();
  view.build(session);
}

function restarted() {
  warn("");
  pause();
}

function restart() {
  settings = controls.read();
  loadNetwork();
  restarted();
}

function reload() {
  settings = controls.read();
  session.loadPoints(settings);
  restart();
}

const on = (names, act) => names.forEach((name) => controls.inputs[name].addEventListener("input", act));
const onClick = (name, act) => get(name).addEventListener("click", act);
const countUp = (name) => (controls.inputs[name].value = Number(controls.inputs[name].value) + 1);

on(["data", "noise"], reload);
on(["n_hidden", "activation", "init", "init_scale"], restart);
on(["share"], () => {
  split(session.points, controls.read().share);
  restart();
});
on(["solver"], () => session.forgetSolver());
on(["solver", "learning_rate", "batch_size", "penalty", "alpha", "speed", "pen"], () => {
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

onClick("train", () => (isRunning ? pause() : run()));
onClick("step", () => {
  warn("");
  const trouble = session.train(1, settings);
  if (trouble) halt(trouble);
  else pause();
});
onClick("restart", () => {
  countUp("seed");
  restart();
});
onClick("new-data", () => {
  countUp("data_seed");
  reload();
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
    page.scrollIntoView();
    get("train").focus({ preventScroll: true });
  });
}

get("not-started").remove();
addEventListener("popstate", followLink);
followLink();
new ResizeObserver(draw).observe(page);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
