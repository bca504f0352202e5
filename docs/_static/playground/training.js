// The training of one network: batch by batch, epoch by epoch. The penalty is rate / 2 times the sum of w^2 over the
// weights w; biases have none. The rate is alpha / max(n, 100) for n training rows, as in sknn_scratch.

import { gradient, gradientNorms, measure, weightsOf } from "./network.js";
import { Random } from "./random.js";
import { newMemory, SOLVERS } from "./solvers.js";

const EXPLOSION = 1e6; // times the first loss: as in sknn_scratch, training has failed

export const penaltyRate = (alpha, nRows) => alpha / Math.max(nRows, 100);

const penalty = (net, params, rate) => (rate / 2) * weightsOf(net, params).reduce((sum, w) => sum + w * w, 0);

// Adds the penalty's gradient to the loss's.
export function addPenaltyGradient(net, params, grads, rate) {
  const gradsOfWeights = weightsOf(net, grads);
  weightsOf(net, params).forEach((w, i) => (gradsOfWeights[i] += rate * w));
}

// What training changes. The curves have a value for each epoch.
export const newTraining = (params, seed) => ({
  params,
  memory: newMemory(params.length),
  shuffle: new Random(seed),
  epoch: 0,
  curves: { train: [], test: [], normHidden: [], normOutput: [] },
});

// Cuts rows into batches of a size, in a new order; 0 makes one batch of all rows, in their order.
export function* batches({ X, targets }, size, shuffle) {
  if (!size || size >= X.length) return yield { X, targets };
  const order = shuffle.shuffled(X.length);
  for (let start = 0; start < order.length; start += size) {
    const rows = order.slice(start, start + size);
    yield { X: rows.map((i) => X[i]), targets: rows.map((i) => targets[i]) };
  }
}

// Trains for one epoch, and tells whether the weights are still good. If not, it takes the epoch back.
// settings: { solver, learningRate, batchSize, alpha }
export function trainEpoch(net, training, { train, test }, settings) {
  const { params, memory, curves } = training;
  const before = params.slice();
  const rate = penaltyRate(settings.alpha, train.X.length);
  training.firstLoss ??= objective(net, params, train, settings);
  let norms;
  for (const batch of batches(train, settings.batchSize, training.shuffle)) {
    const grads = gradient(net, params, batch);
    addPenaltyGradient(net, params, grads, rate);
    norms = gradientNorms(net, grads);
    SOLVERS[settings.solver](params, grads, settings.learningRate, memory);
  }
  const isGood = objective(net, params, train, settings) <= EXPLOSION * training.firstLoss; // false for NaN
  if (!isGood) {
    params.set(before);
    return false;
  }
  training.epoch += 1;
  curves.train.push(measure(net, params, train).loss);
  if (test.X.length) curves.test.push(measure(net, params, test).loss);
  curves.normHidden.push(norms.normHidden);
  curves.normOutput.push(norms.normOutput);
  return true;
}

// The mean loss and the penalty.
export function objective(net, params, train, settings) {
  const rate = penaltyRate(settings.alpha, train.X.length);
  return measure(net, params, train).loss + penalty(net, params, rate);
}
