// Scenes: small playgrounds in other pages, each with one question. Their HTML has all words, a picture for readers
// without JavaScript, settings as in a link (`data-state`, and `data-set` of buttons that change some), and how many
// epochs a press on Train takes (`data-epochs`). With `data-alive`, a scene trains at once.

import { Diagram } from "./diagram.js";
import { fill, number, percent } from "./format.js";
import { Loop } from "./loop.js";
import { gridRows } from "./maps.js";
import { drawCurves, drawNetwork } from "./picture.js";
import { Plane } from "./plane.js";
import { Session } from "./session.js";
import { DEFAULTS, meaningOf } from "./settings.js";

const PARTS = `<div class="plane"><canvas width="40" height="40"></canvas><canvas></canvas></div>
  <div class="diagram" inert></div><canvas class="curves"></canvas>`;

const textsIn = (link) => Object.fromEntries(new URLSearchParams(link));

function play(root) {
  const get = (name) => root.querySelector(`[data-name="${name}"]`);
  const image = root.querySelector("img");
  const picture = document.createElement("div");
  Object.assign(picture, { className: "scene-picture", role: "img", ariaLabel: image.alt, innerHTML: PARTS });
  image.replaceWith(picture);
  get("bar").hidden = false;
  const [plane, diagram, curves] = picture.children;
  const parts = { plane: new Plane(...plane.children, null), diagram: new Diagram(diagram, null) };
  const choices = root.querySelectorAll("[data-set]");
  const session = new Session();
  let end = 0; // epoch
  let texts = { ...DEFAULTS, ...textsIn(root.dataset.state) };

  function draw() {
    drawNetwork(session, parts, { hasTest: true });
    drawCurves(curves, session, { train: "training", test: "validation" });
    const { training: { epoch }, seen: { train, test } } = session;
    if (epoch >= end && loop.isRunning) loop.pause();
    const shown = { epoch, loss: number(train.loss), train: percent(train.score), test: percent(test.score) };
    get("numbers").textContent = fill(get("numbers").dataset.words, shown);
  }

  function restart(changes) {
    texts = { ...texts, ...changes };
    session.loadPoints(meaningOf(texts));
    session.loadNetwork(meaningOf(texts));
    session.look();
    parts.grid = gridRows(session.features);
    parts.diagram.build(session.net, session.features);
    for (const button of choices) {
      button.ariaPressed = Object.entries(textsIn(button.dataset.set)).every(([name, text]) => texts[name] === text);
    }
    get("open").hash = new URLSearchParams(texts);
    loop.pause();
  }

  const loop = new Loop(session, {
    settings: () => meaningOf(texts),
    draw,
    show(isRunning) {
      get("train").ariaPressed = isRunning;
      get("numbers").ariaLive = isRunning ? "off" : "polite";
      draw();
    },
    halt: () => loop.pause(),
  });
  function run() {
    end = session.training.epoch + Number(root.dataset.epochs);
    loop.run();
  }

  get("train").addEventListener("click", () => (loop.isRunning ? loop.pause() : run()));
  get("restart").addEventListener("click", () => restart({ seed: `${Number(texts.seed) + 1}` }));
  for (const button of choices) button.addEventListener("click", () => restart(textsIn(button.dataset.set)));
  restart({});
  if ("alive" in root.dataset && matchMedia("(prefers-reduced-motion: no-preference)").matches) run();
  new ResizeObserver(draw).observe(picture);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

document.querySelectorAll(".scene").forEach(play);
