// The network as a drawing: a map on each node, and a line for each weight. A node or a line opens the editor.

import { outputWeightAt, weightAt } from "./network.js";
import { GRID, gridRows, largest, paint } from "./maps.js";

const SVG = "http://www.w3.org/2000/svg";
const [INPUT, HIDDEN, OUTPUT] = [9, 50, 91]; // percent of the width
const WIDEST = 7; // of a line, in pixels

// The name of a feature as it is written.
export const subscript = (name) => name.replaceAll("x1", "x₁").replaceAll("x2", "x₂").replaceAll("^2", "²");

const signMap = (values, { signTable }) => ({ values, size: largest([values]), table: signTable });

const middles = (n) => Array.from({ length: n }, (_, i) => (100 * (i + 0.5)) / n);

function element(tag, attributes, parent) {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  parent.append(made);
  return made;
}

function node(tag, kind, [x, y], parent) {
  const made = element(tag, { class: `node ${kind}`, style: `left: ${x}%; top: ${y}%` }, parent);
  element("canvas", { width: GRID, height: GRID }, made);
  return made;
}

export class Diagram {
  // act: { select(unit, at), preview(unit) }; a unit is an index, "output" or null, and `at` a place in the parameters
  constructor(root, act) {
    Object.assign(this, { root, act });
  }

  build(net, features) {
    const { root } = this;
    root.replaceChildren();
    root.style.setProperty("--rows", Math.max(net.nHidden, features.length));
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("viewBox", "0 0 100 100");
    this.lines.setAttribute("preserveAspectRatio", "none");
    this.lines.setAttribute("aria-hidden", "true");
    root.append(this.lines);
    const [inputs, units] = [middles(features.length), middles(net.nHidden)];
    this.weights = [];
    units.forEach((y, j) => {
      inputs.forEach((from, d) => this.addLine([INPUT, from], [HIDDEN, y], j, weightAt(net, d, j)));
      this.addLine([HIDDEN, y], [OUTPUT, 50], j, outputWeightAt(net, j));
    });
    this.inputs = features.map((name, d) => {
      const made = node("div", "input", [INPUT, inputs[d]], root);
      element("span", {}, made).textContent = subscript(name);
      return made;
    });
    this.units = units.map((y, j) => this.addButton("unit", [HIDDEN, y], j));
    this.output = this.addButton("output", [OUTPUT, 50], "output");
    this.inputValues = features.map((name) => gridRows([name]).map(([value]) => value));
  }

  nodeOf(unit) {
    return unit === "output" ? this.output : this.units[unit];
  }

  addLine([x1, y1], [x2, y2], unit, at) {
    const draw = (className) => {
      const line = document.createElementNS(SVG, "line");
      Object.entries({ x1, y1, x2, y2, class: className }).forEach(([name, value]) => line.setAttribute(name, value));
      this.lines.append(line);
      return line;
    };
    this.weights.push({ at, unit, line: draw("weight") });
    draw("hit").addEventListener("click", () => this.act.select(unit, at));
  }

  addButton(kind, place, unit) {
    const made = node("button", kind, place, this.root);
    made.type = "button";
    element("span", {}, made);
    made.addEventListener("click", () => this.act.select(unit, null));
    made.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && this.act.preview(unit));
    made.addEventListener("pointerleave", () => this.act.preview(null));
    made.addEventListener("focus", () => made.matches(":focus-visible") && this.act.preview(unit));
    made.addEventListener("blur", () => this.act.preview(null));
    return made;
  }

  // maps: { output, hidden }, as `paint` takes them; notes: a word for each unit, or ""; labels: for a screen reader
  update({ net, params, maps, colors, selected, notes, labels }) {
    const most = largest(this.weights.map(({ at }) => [params[at]]));
    for (const { at, unit, line } of this.weights) {
      const size = Math.abs(params[at]) / most;
      line.setAttribute("stroke", colors.sign(params[at]));
      line.setAttribute("stroke-width", (0.4 + (WIDEST - 0.4) * size).toFixed(2));
      line.setAttribute("stroke-opacity", net.dropped[unit] ? 0.08 : (0.25 + 0.65 * size).toFixed(2));
    }
    this.inputs.forEach((made, d) => paint(made.firstChild, signMap(this.inputValues[d], colors)));
    this.units.forEach((made, j) => {
      paint(made.firstChild, maps.hidden[j]);
      made.classList.toggle("dropped", net.dropped[j]);
      made.setAttribute("aria-pressed", selected === j);
      made.setAttribute("aria-label", labels[j]);
      made.lastChild.textContent = notes[j];
    });
    paint(this.output.firstChild, maps.output);
    this.output.setAttribute("aria-pressed", selected === "output");
    this.output.setAttribute("aria-label", labels.at(-1));
  }
}
