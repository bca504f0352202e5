// What the page shows of a session: the plane, the diagram, the charts, numbers and words.

import { HINGES } from "./activations.js";
import { rowOf } from "./data.js";
import { fill, number, percent, signed } from "./format.js";
import { gridRows } from "./maps.js";
import { biasAt, forward, mean, outputWeightAt, weightAt } from "./network.js";
import { drawCurves, drawNetwork } from "./picture.js";
import { python } from "./python.js";

const NEARLY_ALL = 0.9; // of the rows: a unit is called saturated

const isAll = (share) => share > 1 - 1e-9;

export class View {
  // get: an element by its name; words: by their names; parts: { plane, diagram, editor, watch }
  constructor(get, words, parts) {
    Object.assign(this, { get, words, ...parts });
    this.preview = null; // the unit whose map is shown on the plane
    this.selected = null; // the unit in the editor
  }

  // A new network.
  build({ net, features }) {
    this.grid = gridRows(features);
    this.diagram.build(net, features);
  }

  draw(session, settings) {
    const watched = this.watch.point && this.watch.draw(session, settings);
    drawNetwork(session, this, {
      ...{ preview: this.preview, chosen: this.watch.point, watched },
      ...{ isSharp: this.get("two-colours").checked, hasTest: this.get("show-test").checked },
      ...{ notes: this.notes(session), labels: this.labels(session) },
      selected: watched ? watched.unit : this.selected,
    });
    this.editor.update(session.training.params);
    drawCurves(this.get("loss-chart"), session, { train: "training", test: "validation" });
    drawCurves(this.get("norm-chart"), session, { normHidden: "hidden-layer", normOutput: "output-layer" });
    this.showNumbers(session, settings);
  }

  showNumbers({ net, training, seen: { train, test }, rows }, settings) {
    const { words } = this;
    const shown = {
      shown: typeof this.preview === "number" ? `${words.unit} ${this.preview + 1}` : "",
      epochs: training.epoch,
      ...{ "train-loss": lossIn(train), "test-loss": lossIn(test) },
      ...{ "train-score": scoreIn(train, net), "test-score": scoreIn(test, net) },
      "score-name": net.loss === "logistic" ? words.accuracy : "R²",
      "saturated-name": HINGES.includes(net.activation) ? words.offValues : words.saturatedValues,
      ...{ saturated: train ? percent(mean(train.saturated)) : "–", dead: train ? train.saturated.filter(isAll).length : "–" },
      ...{ "noise-value": settings.noise, "share-value": `${rows.train.X.length} / ${rows.test.X.length}` },
      ...{ "n_hidden-value": net.nHidden, "init_scale-value": settings.scale },
      ...{ "learning_rate-value": settings.learningRate, "alpha-value": settings.alpha },
      python: python(net, settings, words),
    };
    for (const name in shown) this.get(name).textContent = shown[name];
    for (const one of document.querySelectorAll("[type=range]")) one.ariaValueText = one.labels[0].querySelector("b").textContent;
  }

  // A word for each unit that does not take part as it should, else "".
  notes({ net, seen: { train } }) {
    const { out, dead, off, saturated } = this.words;
    const nearlyAll = HINGES.includes(net.activation) ? off : saturated;
    const note = (share) => (isAll(share) ? dead : share > NEARLY_ALL ? nearlyAll : "");
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
