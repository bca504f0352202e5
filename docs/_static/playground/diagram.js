// The network as a drawing: a map on each node, and a line for each weight. A node or a line opens the editor.

import { subscript } from "./format.js";
import { outputWeightAt, weightAt } from "./network.js";
import { GRID, gridRows, largest, paint } from "./maps.js";

const [INPUT, HIDDEN, OUTPUT] = [9, 46, 91]; // percent of the width
const WIDEST = 7; // of a line, in pixels
const GAP = 3; // pixels between captions; lines are that much higher than their letters
const BESIDE = 6; // percent left of a unit: the captions of its weights
const ALONG = 0.6; // of the way to the output: that of its weight there
const MAP = `<canvas width="${GRID}" height="${GRID}"></canvas>`;

const signMap = (values, { signTable }) => ({ values, size: largest([values]), table: signTable });

const overlap = (from, to, start, end) => from < end && start < to;
const meet = (a, b) =>
  overlap(a.left - GAP, a.right + GAP, b.left, b.right) && overlap(a.top + GAP, a.bottom - GAP, b.top, b.bottom);

const middles = (n) => Array.from({ length: n }, (_, i) => (100 * (i + 0.5)) / n);

const lineOf = ({ from: [x1, y1], to: [x2, y2], layer }, i) => {
  const ends = `x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"`;
  return `<line class="weight ${layer}" ${ends} /><line class="hit" data-i="${i}" ${ends} />`;
};

export class Diagram {
  // act: { select(unit, at), preview(unit) }; a unit is an index, "output" or null, and `at` a place in the parameters
  constructor(root, act) {
    Object.assign(this, { root, act });
  }

  build(net, features) {
    const { root } = this;
    const [inputs, units] = [middles(features.length), middles(net.nHidden)];
    this.weights = units.flatMap((y, j) => [
      ...inputs.map((from, d) => (
        { from: [INPUT, from], to: [HIDDEN, y], layer: "of-hidden", unit: j, at: weightAt(net, d, j) }
      )),
      { from: [HIDDEN, y], to: [OUTPUT, 50], layer: "of-output", unit: j, at: outputWeightAt(net, j) },
    ]);
    root.style.setProperty("--rows", Math.max(net.nHidden, features.length));
    root.innerHTML = `<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${
      this.weights.map(lineOf).join("")}</svg>`;
    this.lines = root.querySelectorAll("line.weight");
    root.firstChild.addEventListener("click", ({ target }) => {
      const weight = this.weights[target.dataset.i];
      if (weight) this.act.select(weight.unit, weight.at);
    });
    const labels = features.map((name) => `${MAP}<span>${subscript(name)}</span>`);
    this.inputs = labels.map((label, d) => this.add("div", "node input", INPUT, inputs[d], label));
    this.units = units.map((y, j) => this.addButton("unit", HIDDEN, y, j));
    this.output = this.addButton("output", OUTPUT, 50, "output");
    const caption = (kind, x, y) => this.add("span", `caption ${kind}`, x, y, "");
    this.captions = {
      inputs: inputs.map((y) => caption("right", INPUT, y)),
      units: units.map((y) => caption("right", HIDDEN, y)),
      output: [caption("below", OUTPUT, 50)],
      weights: units.map((y) => caption("left", HIDDEN - BESIDE, y)),
      outputWeights: units.map((y) => caption("", HIDDEN + ALONG * (OUTPUT - HIDDEN), y + ALONG * (50 - y))),
    };
    this.inputValues = features.map((name) => gridRows([name]).map(([value]) => value));
  }

  nodeOf(unit) {
    return unit === "output" ? this.output : this.units[unit];
  }

  add(tag, className, x, y, inside) {
    const made = Object.assign(document.createElement(tag), { className, innerHTML: inside });
    Object.assign(made.style, { left: `${x}%`, top: `${y}%` });
    this.root.append(made);
    return made;
  }

  addButton(kind, x, y, unit) {
    const made = this.add("button", `node ${kind}`, x, y, `${MAP}<span></span>`);
    made.type = "button";
    made.addEventListener("click", () => this.act.select(unit, null));
    made.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && this.act.preview(unit));
    made.addEventListener("pointerleave", () => this.act.preview(null));
    made.addEventListener("focus", () => made.matches(":focus-visible") && this.act.preview(unit));
    made.addEventListener("blur", () => this.act.preview(null));
    return made;
  }

  // maps: { output, hidden }, as `paint` takes them; notes: a word for each unit, or ""; labels: for a screen reader;
  // watched: what a step of backpropagation shows, or null
  update({ net, params, maps, colors, selected, notes = [], labels = [], watched }) {
    const most = largest(this.weights.map(({ at }) => [params[at]]));
    this.weights.forEach(({ at, unit }, i) => {
      const size = Math.abs(params[at]) / most;
      const line = this.lines[i];
      line.setAttribute("stroke", colors.sign(params[at]));
      line.setAttribute("stroke-width", (0.4 + (WIDEST - 0.4) * size).toFixed(2));
      line.setAttribute("stroke-opacity", net.dropped[unit] ? 0.08 : (0.25 + 0.65 * size).toFixed(2));
    });
    this.inputs.forEach((made, d) => paint(made.firstChild, signMap(this.inputValues[d], colors)));
    this.units.forEach((made, j) => {
      paint(made.firstChild, maps.hidden[j]);
      made.classList.toggle("dropped", net.dropped[j]);
      made.setAttribute("aria-pressed", selected === j);
      made.setAttribute("aria-label", labels[j]);
      made.lastChild.textContent = notes[j] ?? "";
    });
    this.caption(watched ?? {});
    paint(this.output.firstChild, maps.output);
    this.output.setAttribute("aria-pressed", selected === "output");
    this.output.setAttribute("aria-label", labels.at(-1));
  }

  // Shows what a step says beside nodes and weights: for each, lines [colour, text]. Where there is no room for all,
  // those of the chosen unit come first.
  caption({ flow = "", unit, output, ...others }) {
    const all = { ...others, output: output && [output] };
    this.root.dataset.flow = flow;
    const shown = [];
    for (const [name, places] of Object.entries(this.captions)) {
      places.forEach((place, i) => {
        const lines = all[name]?.[i] ?? [];
        place.innerHTML = lines.map(([color, text]) => `<span class="${color}">${text}</span>`).join("");
        if (lines.length) shown[i === unit ? "unshift" : "push"](place);
      });
    }
    const boxes = [];
    for (const place of shown) {
      const box = place.getBoundingClientRect();
      const isFree = !boxes.some((other) => meet(box, other));
      place.style.visibility = isFree ? "visible" : "hidden";
      if (isFree) boxes.push(box);
    }
  }
}
