// What the page shows of a session: the plane, the diagram, the charts, numbers and words.

import { drawChart } from "./chart.js";
import { rowOf } from "./data.js";
import { gridRows, largest, sample } from "./maps.js";
import { biasAt, forward, outputWeightAt, weightAt } from "./network.js";
import { palette } from "./palette.js";
import { python } from "./python.js";

const NEARLY_ALL = 0.9; // of the rows: a unit is called saturated
const SPREAD = 2; // standard deviations of the numbers: the ends of their colours

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const isTiny = (value) => value !== 0 && Math.abs(value) < 1e-3;
const number = (value) => (isTiny(value) ? value.toExponential(1) : Number(value.toPrecision(3)));
const signed = (value) => `${value < 0 ? "−" : ""}${Math.abs(number(value))}`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const isAll = (share) => share > 1 - 1e-9;

export class View {
  // get: an element by its name; words: by their names; parts: { plane, diagram, editor }
  constructor(page, get, words, parts) {
    Object.assign(this, { page, get, words, ...parts });
    this.preview = null; // the unit whose map is shown on the plane
    this.selected = null; // the unit in the editor
  }

  // A new network.
  build({ net, features }) {
    this.grid = gridRows(features);
    this.diagram.build(net, features);
  }

  draw(session, settings) {
    const { net, training: { params, curves, epoch } } = session;
    const { outputs, hidden } = sample(net, params, this.grid);
    const colors = palette();
    const isClasses = net.loss === "logistic";
    const shade = this.get("two-colours").checked ? Math.sign : (y) => Math.tanh(y / 2); // of 2 p - 1
    const maps = mapsOf(outputs, hidden, isClasses && shade, colors);
    const isUnit = typeof this.preview === "number";
    this.plane.draw({
      map: isUnit ? maps.hidden[this.preview] : maps.output,
      line: isUnit ? hidden[this.preview] : isClasses ? outputs : null,
      train: session.trainPoints,
      test: this.get("show-test").checked ? session.testPoints : [],
      fillOf: isClasses ? colors.class : (target) => colors.number(target / SPREAD),
      ink: colors.text("training"),
    });
    const [notes, labels] = [this.notes(session), this.labels(session)];
    this.diagram.update({ net, params, maps, colors, selected: this.selected, notes, labels });
    this.editor.update(params);
    this.drawCharts(curves, epoch, colors);
    this.showNumbers(session, settings);
  }

  drawCharts({ train, test, normHidden, normOutput }, epoch, { text }) {
    const style = getComputedStyle(this.page);
    const border = style.getPropertyValue("--pst-color-border");
    const axes = { text: style.color, border, font: `11px ${style.fontFamily}` };
    const line = (values, name, dash) => ({ values, color: text(name), dash });
    const first = epoch - train.length + 1;
    drawChart(this.get("loss-chart"), [line(train, "training", []), line(test, "validation", [6, 4])], first, axes);
    const norms = [line(normHidden, "hidden-layer", []), line(normOutput, "output-layer", [6, 4])];
    drawChart(this.get("norm-chart"), norms, first, axes);
  }

  showNumbers({ net, training, seen: { train, test }, rows }, settings) {
    const { words } = this;
    const shown = {
      shown: typeof this.preview === "number" ? `${words.unit} ${this.preview + 1}` : "",
      epochs: training.epoch,
      "train-loss": lossIn(train),
      "test-loss": lossIn(test),
      "train-score": scoreIn(train, net),
      "test-score": scoreIn(test, net),
      "score-name": net.loss === "logistic" ? words.accuracy : "R²",
      saturated: train ? percent(mean(train.saturated)) : "–",
      dead: train ? train.saturated.filter(isAll).length : "–",
      "noise-value": settings.noise,
      "share-value": `${rows.train.X.length} / ${rows.test.X.length}`,
      "n_hidden-value": net.nHidden,
      "init_scale-value": settings.scale,
      "learning_rate-value": settings.learningRate,
      "alpha-value": settings.alpha,
      python: python(net, settings, words),
    };
    for (const name in shown) this.get(name).textContent = shown[name];
  }

  // --- Words ---

  // A word for each unit that does not take part as it should, else "".
  notes({ net, seen: { train } }) {
    const { out, dead, saturated } = this.words;
    const note = (share) => (isAll(share) ? dead : share > NEARLY_ALL ? saturated : "");
    return net.dropped.map((isDropped, j) => (isDropped ? out : train ? note(train.saturated[j]) : ""));
  }

  // What a screen reader says of each unit, and of the output.
  labels(session) {
    const { net, training: { params } } = session;
    const notes = this.notes(session);
    const units = notes.map((note, j) => {
      const weights = Array.from({ length: net.nFeatures }, (_, d) => signed(params[weightAt(net, d, j)])).join(", ");
      const [bias, outputWeight] = [biasAt(net, j), outputWeightAt(net, j)].map((at) => signed(params[at]));
      return fill(this.words.unitLabel, { j: j + 1, weights, bias, outputWeight, note });
    });
    return [...units, this.words.output];
  }

  // Where the training is.
  summary({ net, training: { epoch }, seen: { train, test } }) {
    const [trainLoss, testLoss] = [train, test].map(lossIn);
    return fill(this.words.summary, { epoch, trainLoss, testLoss, score: scoreIn(test ?? train, net) });
  }

  // What the network says at a place.
  prediction({ net, training, features }, place) {
    const z = new Float64Array(net.nHidden);
    const output = forward(net, training.params, rowOf(place, features), z, z.slice());
    const said = net.loss === "logistic" ? (output > 0 ? this.words.saysOrange : this.words.saysBlue) : signed(output);
    return fill(this.words.cross, { x: signed(place[0]), y: signed(place[1]), said });
  }
}

const lossIn = (seen) => (seen ? number(seen.loss) : "–");
const scoreIn = (seen, net) => (seen ? (net.loss === "logistic" ? percent(seen.score) : signed(seen.score)) : "–");

// The maps of the output and of the hidden units, as `paint` takes them. `shade` makes colours of the logits of
// classes, from -1 to 1; it is false for numbers.
function mapsOf(outputs, hidden, shade, colors) {
  const size = largest(hidden);
  const output = shade
    ? { values: outputs.map(shade), size: 1, table: colors.classTable }
    : { values: outputs, size: SPREAD, table: colors.numberTable };
  return { output, hidden: hidden.map((values) => ({ values, size, table: colors.signTable })) };
}
