// The parameters of one unit as fields, and whether the unit takes part.

import { subscript } from "./diagram.js";
import { biasAt, outputWeightAt, weightAt } from "./network.js";

function make(tag, properties, parent) {
  const made = Object.assign(document.createElement(tag), properties);
  parent.append(made);
  return made;
}

export class Editor {
  // act: { set(at, value), drop(unit, isDropped), close() }
  constructor(root, words, act) {
    Object.assign(this, { root, words, act, fields: [] });
    root.addEventListener("keydown", ({ key }) => key === "Escape" && act.close());
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
    root.replaceChildren();
    root.hidden = false;
    make("legend", { textContent: isOutput ? words.output : `${words.unit} ${unit + 1}` }, root);
    this.fields = places.map(([label, place]) => this.addField(label, place));
    if (!isOutput) this.addSwitch(net, unit);
    make("button", { type: "button", textContent: words.close }, root).addEventListener("click", this.act.close);
    this.fields.find(({ place }) => place === at)?.input.focus();
  }

  addField(label, place) {
    const input = this.addInput(label, { type: "number", step: 0.1 });
    input.addEventListener("input", () => {
      if (Number.isFinite(input.valueAsNumber)) this.act.set(place, input.valueAsNumber);
    });
    return { place, input };
  }

  addSwitch(net, unit) {
    const input = this.addInput(this.words.leftOut, { type: "checkbox", checked: net.dropped[unit] });
    input.addEventListener("input", () => this.act.drop(unit, input.checked));
  }

  addInput(text, properties) {
    return make("input", properties, make("label", { textContent: `${text} ` }, this.root));
  }

  // Shows the present values, except in a field that is being written in.
  update(params) {
    for (const { place, input } of this.fields) {
      if (input !== document.activeElement) input.value = Number(params[place].toPrecision(3));
    }
  }

  close() {
    this.root.hidden = true;
    this.fields = [];
  }
}
