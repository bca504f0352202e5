// The parameters of one unit as fields, and whether the unit takes part.

import { subscript } from "./format.js";
import { biasAt, outputWeightAt, weightAt } from "./network.js";

export class Editor {
  // act: { set(at, value), drop(unit, isDropped), close() }
  constructor(root, words, act) {
    Object.assign(this, { root, words, fields: [] });
    root.addEventListener("keydown", ({ key }) => key === "Escape" && act.close());
    root.addEventListener("click", ({ target }) => target.matches("button") && act.close());
    root.addEventListener("input", ({ target }) => {
      if (target.type === "checkbox") act.drop(this.unit, target.checked);
      else if (Number.isFinite(target.valueAsNumber)) act.set(Number(target.dataset.at), target.valueAsNumber);
    });
  }

  // Opens the editor for a unit; the field of the parameter `at` gets the focus.
  open(net, features, unit, at) {
    const { root, words } = this;
    const isOutput = unit === "output";
    const places = isOutput
      ? [[words.bias, (net.nFeatures + 2) * net.nHidden]]
      : [
        ...features.map((name, d) => [`${words.weightOf} ${subscript(name)}`, weightAt(net, d, unit)]),
        [words.bias, biasAt(net, unit)],
        [words.outputWeight, outputWeightAt(net, unit)],
      ];
    const field = ([label, place]) => `<label>${label} <input type="number" step="0.1" data-at="${place}"></label>`;
    const box = `<label>${words.leftOut} <input type="checkbox" ${net.dropped[unit] ? "checked" : ""}></label>`;
    root.innerHTML = `<legend>${isOutput ? words.output : `${words.unit} ${unit + 1}`}</legend>
      ${places.map(field).join("")} ${isOutput ? "" : box} <button type="button">${words.close}</button>`;
    root.hidden = false;
    this.unit = unit;
    this.fields = [...root.querySelectorAll("[data-at]")];
    this.fields.find(({ dataset }) => Number(dataset.at) === at)?.focus();
  }

  // Shows the present values, except in a field that is being written in.
  update(params) {
    for (const field of this.fields) {
      if (field !== document.activeElement) field.value = Number(params[field.dataset.at].toPrecision(3));
    }
  }

  close() {
    this.root.hidden = true;
    this.fields = [];
  }
}
