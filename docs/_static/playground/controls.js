// The controls of the page: their values as texts, by name, and what they mean.

const [SCALE_OFF, ALPHA_OFF] = ["-3.1", "-2.1"]; // the left ends of two logarithmic sliders stand for zero

const rounded = (value) => Number(value.toPrecision(2));
const power = (text, off) => (text === off ? 0 : rounded(10 ** Number(text)));

export class Controls {
  constructor(form) {
    this.inputs = Object.fromEntries([...form.elements].filter(({ name }) => name).map((input) => [input.name, input]));
    this.features = [...form.querySelectorAll("[data-feature]")];
    this.defaults = this.texts();
    this.hidden = "";
  }

  texts() {
    const features = this.features.filter(({ checked }) => checked).map(({ dataset }) => dataset.feature).join();
    return { ...Object.fromEntries(Object.entries(this.inputs).map(([name, { value }]) => [name, value])), features };
  }

  // Shows texts. A value that a control does not have is an error, and changes nothing.
  show(texts) {
    const before = this.texts();
    const chosen = texts.features.split(",");
    for (const [name, input] of Object.entries(this.inputs)) input.value = texts[name];
    this.features.forEach((box) => (box.checked = chosen.includes(box.dataset.feature)));
    const after = this.texts();
    if (Object.keys(texts).every((name) => after[name] === texts[name]) && after.features) return;
    this.show(before);
    throw new RangeError(`no such settings: ${JSON.stringify(texts)}`);
  }

  // Hides controls, by their names with commas between, as a lesson may want it.
  hide(names) {
    const all = { ...this.inputs, features: this.features[0].closest("div") };
    for (const [name, control] of Object.entries(all)) {
      const shown = control.closest("label") ?? control;
      shown.hidden = names.split(",").includes(name);
    }
    this.hidden = names;
  }

  read() {
    const texts = this.texts();
    return {
      data: texts.data,
      noise: Number(texts.noise),
      share: Number(texts.share) / 100,
      dataSeed: Number(texts.data_seed),
      pen: texts.pen,
      features: texts.features.split(","),
      nHidden: Number(texts.n_hidden),
      activation: texts.activation,
      isAlike: texts.init === "alike",
      scale: power(texts.init_scale, SCALE_OFF),
      seed: Number(texts.seed),
      solver: texts.solver,
      learningRate: power(texts.learning_rate),
      batchSize: Number(texts.batch_size),
      penalty: texts.penalty,
      alpha: power(texts.alpha, ALPHA_OFF),
      speed: Number(texts.speed),
    };
  }
}
