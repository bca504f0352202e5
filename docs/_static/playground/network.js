"use strict";
// The playground's network: one hidden layer, one output, logistic loss, as in sknn_scratch/_core. The browser
// test compares it with _core on the same numbers. Parameters are one flat array, in _core's order:
//     [ b_hidden (H) | w_hidden (D x H) | w_output (H) | b_output (1) ]

const Network = (() => {
  const sigmoid = (z) => 1 / (1 + Math.exp(-z));
  const log1pExp = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))); // log(1 + exp(z)), without overflow
  // Each activation beside its derivative: g(z), and g'(z) from z and a = g(z).
  const ACTIVATIONS = {
    tanh: [Math.tanh, (z, a) => 1 - a * a],
    relu: [(z) => (z > 0 ? z : 0), (z) => (z > 0 ? 1 : 0)],
    sigmoid: [sigmoid, (z, a) => a * (1 - a)],
    identity: [(z) => z, () => 1],
    leaky_relu: [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
    elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
    softplus: [log1pExp, sigmoid],
    silu: [(z) => z * sigmoid(z), (z, a) => sigmoid(z) + a * (1 - sigmoid(z))],
  };

  // Normal weights with standard deviation `scale`, zero biases.
  function initialise({ nFeatures, nHidden }, scale, normal) {
    const nWeights = (nFeatures + 1) * nHidden;
    const params = new Float64Array(nHidden + nWeights + 1);
    for (let i = nHidden; i < nHidden + nWeights; i++) params[i] = scale * normal();
    return params;
  }

  // One row (D,) to the output. Fills z (H,) and a (H,).
  function forward({ nFeatures, nHidden, activation }, params, row, z, a) {
    const g = ACTIVATIONS[activation][0];
    const wOutput = (nFeatures + 1) * nHidden;
    let output = params[params.length - 1];
    for (let j = 0; j < nHidden; j++) {
      z[j] = params[j];
      for (let d = 0; d < nFeatures; d++) z[j] += row[d] * params[(1 + d) * nHidden + j];
      a[j] = g(z[j]);
      output += a[j] * params[wOutput + j];
    }
    return output;
  }

  // Mean loss of rows X with signs -1 or 1, its gradient, and what a reader wants to see of it.
  function gradient(net, params, X, signs) {
    const { nFeatures, nHidden, activation } = net;
    const slope = ACTIVATIONS[activation][1];
    const wOutput = (nFeatures + 1) * nHidden;
    const [z, a] = [new Float64Array(nHidden), new Float64Array(nHidden)];
    const grads = new Float64Array(params.length);
    let [loss, right] = [0, 0];
    X.forEach((row, i) => {
      const margin = signs[i] * forward(net, params, row, z, a);
      const deltaOutput = -signs[i] / (1 + Math.exp(margin)) / X.length;
      loss += log1pExp(-margin) / X.length;
      right += margin > 0;
      grads[grads.length - 1] += deltaOutput;
      for (let j = 0; j < nHidden; j++) {
        const deltaHidden = deltaOutput * params[wOutput + j] * slope(z[j], a[j]);
        grads[wOutput + j] += deltaOutput * a[j];
        grads[j] += deltaHidden;
        for (let d = 0; d < nFeatures; d++) grads[(1 + d) * nHidden + j] += deltaHidden * row[d];
      }
    });
    return {
      loss,
      grads,
      accuracy: right / X.length,
      normHidden: Math.hypot(...grads.subarray(0, wOutput)),
      normOutput: Math.hypot(...grads.subarray(wOutput)),
    };
  }

  // Solvers, whose memory begins as {}.
  const SOLVERS = {
    sgd(params, grads, rate) {
      for (let i = 0; i < params.length; i++) params[i] -= rate * grads[i];
    },
    adam(params, grads, rate, memory) {
      const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
      memory.m ??= new Float64Array(params.length);
      memory.v ??= new Float64Array(params.length);
      memory.t = (memory.t ?? 0) + 1;
      const step = (rate * Math.sqrt(1 - beta2 ** memory.t)) / (1 - beta1 ** memory.t);
      for (let i = 0; i < params.length; i++) {
        memory.m[i] = beta1 * memory.m[i] + (1 - beta1) * grads[i];
        memory.v[i] = beta2 * memory.v[i] + (1 - beta2) * grads[i] ** 2;
        params[i] -= (step * memory.m[i]) / (Math.sqrt(memory.v[i]) + epsilon);
      }
    },
  };

  // Uniform numbers in [0, 1) that depend on the seed alone (mulberry32), and normal ones (Box and Muller).
  function random(seed) {
    const uniform = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return { uniform, normal };
  }

  return { ACTIVATIONS, SOLVERS, initialise, forward, gradient, random };
})();
