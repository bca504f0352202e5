// The controls of the page: their values as texts, by name.

import { meaningOf } from "./settings.js";

const isSame = (text, other) => text === other || (other.trim() !== "" && Number(text) === Number(other));

// A slider over the numbers in `data-values`. Its value is the number.
class ListSlider {
  constructor(input) {
    this.input = input;
    this.options = input.dataset.values.split(" ").map((value) => ({ value }));
    input.max = this.options.length - 1;
  }

  get value() {
    return this.options[this.input.value].value;
  }

  set value(text) {
    this.input.value = this.options.findIndex(({ value }) => value === text);
  }
}

export class Controls {
  constructor(form) {
    const named = [...form.elements].filter(({ name }) => name);
    const byName = (of) => Object.fromEntries(named.map((input) => [input.name, of(input)]));
    this.inputs = byName((input) => input);
    this.values = byName((input) => (input.dataset.values ? new ListSlider(input) : input));
    this.features = [...form.querySelectorAll("[data-feature]")];
    this.hidden = "";
  }

  texts() {
    const features = this.features.filter(({ checked }) => checked).map(({ dataset }) => dataset.feature).join();
    return { ...Object.fromEntries(Object.entries(this.values).map(([name, { value }]) => [name, value])), features };
  }

  // Shows texts. A value that a control does not have is an error, and changes nothing.
  show(texts) {
    const before = this.texts();
    this.set(texts);
    const after = this.texts();
    if (Object.keys(texts).every((name) => isSame(after[name], texts[name])) && after.features) return;
    this.set(before);
    throw new RangeError(`no such settings: ${JSON.stringify(texts)}`);
  }

  set(texts) {
    const chosen = texts.features.split(",");
    for (const [name, control] of Object.entries(this.values)) {
      const option = [...(control.options ?? [])].find(({ value }) => isSame(value, texts[name]));
      control.value = option?.value ?? texts[name];
    }
    this.features.forEach((box) => (box.checked = chosen.includes(box.dataset.feature)));
  }

  // Hides controls, by their names with commas between, as a lesson may want it.
  hide(names) {
    const all = { ...this.inputs, features: this.features[0].closest("div") };
    for (const [name, control] of Object.entries(all)) {
      (control.closest("label") ?? control).hidden = names.split(",").includes(name);
    }
    this.hidden = names;
  }

  read() {
    return meaningOf(this.texts());
  }
}
