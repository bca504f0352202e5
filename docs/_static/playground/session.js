// What is trained: the points, the network, and its training. Nothing here knows the page.

import { lossOf, makePoint, makePoints, rowOf, rowsOf, split } from "./data.js";
import { initialise, measure, trace } from "./network.js";
import { Random } from "./random.js";
import { newMemory, SOLVERS } from "./solvers.js";
import { newTraining, trainEpoch } from "./training.js";

const MAX_EPOCHS = 20000;
const FIRST_SEED = 1000; // of the weights, so that they are not the numbers of the points

export class Session {
  // Points { place, target, isTest } of the data set; `isOwn` once they are changed by hand.
  loadPoints({ data, dataSeed, noise, share }) {
    this.points = makePoints(data, dataSeed, noise);
    this.isOwn = false;
    split(this.points, share);
  }

  // A network with its first weights; `isEdited` once they are changed by hand.
  loadNetwork({ data, nHidden, activation, features, scale, isAlike, seed }) {
    const dropped = Array(nHidden).fill(false);
    this.net = { nFeatures: features.length, nHidden, activation, loss: lossOf(data), dropped };
    this.training = newTraining(initialise(this.net, scale, new Random(FIRST_SEED + seed), isAlike), seed);
    this.isEdited = false;
    this.features = features;
  }

  // Measures the present weights on the present points: `seen` is { train, test }, each null without points.
  look() {
    const [train, test] = [this.trainPoints, this.testPoints].map((points) => rowsOf(points, this.features));
    const of = (rows) => (rows.X.length ? measure(this.net, this.training.params, rows) : null);
    this.rows = { train, test };
    this.seen = { train: of(train), test: of(test) };
  }

  get trainPoints() {
    return this.points.filter(({ isTest }) => !isTest);
  }

  get testPoints() {
    return this.points.filter(({ isTest }) => isTest);
  }

  // Trains for n epochs, or until the time is over (in milliseconds). Returns why it cannot go on, or null.
  train(n, settings, time = Infinity) {
    const end = performance.now() + time;
    for (let i = 0; i < n && (i === 0 || performance.now() < end); i++) {
      if (!this.rows.train.X.length) return "noPoints";
      if (this.training.epoch >= MAX_EPOCHS) return "end";
      if (!trainEpoch(this.net, this.training, this.rows, settings)) return "diverged";
    }
    return null;
  }

  // What backpropagation computes for a point.
  trace({ place, target }) {
    const row = rowOf(place, this.features);
    return { row, target, ...trace(this.net, this.training.params, row, target) };
  }

  // The training point with the largest loss.
  get hardestPoint() {
    const lossOf = (point) => this.trace(point).loss;
    return this.trainPoints.reduce((hardest, point) => (lossOf(point) > lossOf(hardest) ? point : hardest));
  }

  // A step of gradient descent with one point.
  stepWith(point, rate) {
    SOLVERS.sgd(this.training.params, this.trace(point).grads, rate);
    this.isEdited = true;
  }

  // A solver begins without a memory, and with the weights as they are.
  forgetSolver() {
    this.training.memory = newMemory(this.training.params.length);
  }

  // --- Changes by hand ---

  setWeight(at, value) {
    this.training.params[at] = value;
    this.isEdited = true;
  }

  drop(unit, isDropped) {
    this.net.dropped[unit] = isDropped;
  }

  addPoint(place, target) {
    this.points.unshift(makePoint(place, target));
    this.isOwn = true;
  }

  movePoint(point, place) {
    Object.assign(point, makePoint(place, point.target, point.isTest));
    this.isOwn = true;
  }

  removePoint(point) {
    this.points.splice(this.points.indexOf(point), 1);
    this.isOwn = true;
  }

  // --- What a link holds ---

  get dropped() {
    return this.net.dropped.flatMap((isDropped, j) => (isDropped ? [j + 1] : [])).join();
  }

  get ownPoints() {
    return this.isOwn ? this.points : null;
  }

  get trained() {
    return this.training.epoch > 0 || this.isEdited ? this.training : null;
  }

  use({ dropped, points, training }) {
    if (points) [this.points, this.isOwn] = [points, true];
    for (const unit of dropped.split(",").filter(Boolean)) this.drop(unit - 1, true);
    if (!training) return;
    const { params, shuffle } = training;
    if (params.length !== this.training.params.length || !params.every(Number.isFinite)) {
      throw new RangeError("These weights are not of this network.");
    }
    Object.assign(this.training, training, { shuffle: new Random(shuffle) });
    this.isEdited = true;
  }
}
