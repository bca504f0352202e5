// The penalty on the weights w: rate / 2 times the sum of w^2, or rate times the sum of |w|. Biases have none.
// The rate is alpha / max(n, 100) for n training rows, as in sknn_scratch, which has only the first.

import { weightsOf } from "./network.js";

const PENALTIES = {
  l2: [(w) => (w * w) / 2, (w) => w],
  l1: [Math.abs, Math.sign],
};

export const penaltyRate = (alpha, nRows) => alpha / Math.max(nRows, 100);

export function penalty(net, params, kind, rate) {
  const value = PENALTIES[kind][0];
  return rate ? rate * weightsOf(net, params).reduce((sum, w) => sum + value(w), 0) : 0;
}

// Adds the penalty's gradient to the loss's.
export function addPenaltyGradient(net, params, grads, kind, rate) {
  const slope = PENALTIES[kind][1];
  const gradsOfWeights = weightsOf(net, grads);
  if (rate) weightsOf(net, params).forEach((w, i) => (gradsOfWeights[i] += rate * slope(w)));
}
