// The network: one hidden layer and one output, as in sknn_scratch. A browser test compares both.
//
//     net     { nFeatures, nHidden, activation, loss, dropped }; the values of the dropped units count as zero
//     params  one flat array:  [ b_hidden (H) | w_hidden (D x H) | w_output (H) | b_output (1) ]
//     rows    { X: arrays (D), targets: array of numbers }

import { ACTIVATIONS, SATURATED_SLOPE } from "./activations.js";
import { LOSSES } from "./losses.js";

export const nParams = ({ nFeatures, nHidden }) => (nFeatures + 2) * nHidden + 1;
export const weightsOf = ({ nHidden }, flat) => flat.subarray(nHidden, -1);

// Where the parameters of hidden unit j are.
export const biasAt = (net, j) => j;
export const weightAt = ({ nHidden }, d, j) => (1 + d) * nHidden + j;
export const outputWeightAt = ({ nFeatures, nHidden }, j) => (1 + nFeatures) * nHidden + j;

// Normal weights with standard deviation `scale`, zero biases. If the units are to be alike, all get the first one's.
export function initialise(net, scale, random, alike = false) {
  const params = new Float64Array(nParams(net));
  const weights = weightsOf(net, params);
  for (let i = 0; i < weights.length; i++) weights[i] = scale * random.normal();
  for (let i = 0; i < weights.length && alike; i++) weights[i] = weights[i - (i % net.nHidden)];
  return params;
}

// One row (D) to the output. Fills z (H) and a (H).
export function forward(net, params, row, z, a) {
  const { nFeatures, nHidden, activation, dropped } = net;
  const g = ACTIVATIONS[activation][0];
  const wOutput = outputWeightAt(net, 0);
  let output = params[params.length - 1];
  for (let j = 0; j < nHidden; j++) {
    z[j] = params[j];
    for (let d = 0; d < nFeatures; d++) z[j] += row[d] * params[(1 + d) * nHidden + j];
    a[j] = dropped[j] ? 0 : g(z[j]);
    output += a[j] * params[wOutput + j];
  }
  return output;
}

// The gradient of the mean loss of some rows.
export function gradient(net, params, { X, targets }) {
  const { nFeatures, nHidden, activation, dropped } = net;
  const [slope, lossSlope] = [ACTIVATIONS[activation][1], LOSSES[net.loss][1]];
  const wOutput = outputWeightAt(net, 0);
  const [z, a] = [new Float64Array(nHidden), new Float64Array(nHidden)];
  const grads = new Float64Array(params.length);
  X.forEach((row, i) => {
    const deltaOutput = lossSlope(forward(net, params, row, z, a), targets[i]) / X.length;
    grads[grads.length - 1] += deltaOutput;
    for (let j = 0; j < nHidden; j++) {
      if (dropped[j]) continue;
      const deltaHidden = deltaOutput * params[wOutput + j] * slope(z[j], a[j]);
      grads[wOutput + j] += deltaOutput * a[j];
      grads[j] += deltaHidden;
      for (let d = 0; d < nFeatures; d++) grads[(1 + d) * nHidden + j] += deltaHidden * row[d];
    }
  });
  return grads;
}

// What backpropagation computes for one row: forward, then backward, then the gradient of each parameter.
export function trace(net, params, row, target) {
  const slope = ACTIVATIONS[net.activation][1];
  const [z, a] = [new Float64Array(net.nHidden), new Float64Array(net.nHidden)];
  const output = forward(net, params, row, z, a);
  const grads = gradient(net, params, { X: [row], targets: [target] });
  return {
    ...{ z, a, output, grads },
    loss: LOSSES[net.loss][0](output, target),
    deltaOutput: grads.at(-1),
    shares: z.map((_, j) => (net.dropped[j] ? 0 : grads.at(-1) * params[outputWeightAt(net, j)])),
    slopes: z.map((one, j) => slope(one, a[j])),
    deltaHidden: grads.slice(0, net.nHidden),
  };
}

// The norms of a gradient, by layer.
export function gradientNorms(net, grads) {
  const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const wOutput = outputWeightAt(net, 0);
  return { normHidden: norm(grads.subarray(0, wOutput)), normOutput: norm(grads.subarray(wOutput)) };
}

// What the network makes of some rows: its mean loss, its score (the accuracy of classes, the R2 of numbers), and
// the share of rows in which each hidden unit is saturated.
export function measure(net, params, { X, targets }) {
  const [slope, lossOf] = [ACTIVATIONS[net.activation][1], LOSSES[net.loss][0]];
  const [z, a, saturated] = Array.from({ length: 3 }, () => new Float64Array(net.nHidden));
  const n = X.length;
  let loss = 0;
  const outputs = X.map((row, i) => {
    const output = forward(net, params, row, z, a);
    loss += lossOf(output, targets[i]) / n;
    for (let j = 0; j < net.nHidden; j++) saturated[j] += (Math.abs(slope(z[j], a[j])) < SATURATED_SLOPE) / n;
    return output;
  });
  const score = net.loss === "logistic" ? accuracy(outputs, targets) : r2(outputs, targets);
  return { loss, score, saturated };
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const accuracy = (outputs, targets) => mean(outputs.map((y, i) => (y > 0 ? 1 : -1) === targets[i]));

function r2(outputs, targets) {
  const centre = mean(targets);
  return 1 - mean(outputs.map((y, i) => (y - targets[i]) ** 2)) / mean(targets.map((t) => (t - centre) ** 2));
}
