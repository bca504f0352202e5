// How parameters follow their gradient. A solver's memory is { first, second, nUpdates }: two arrays like the
// parameters, which begin as zeros.

export const newMemory = (n) => ({ first: new Float64Array(n), second: new Float64Array(n), nUpdates: 0 });

const MOMENTUM = 0.9;
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

export const SOLVERS = {
  sgd(params, grads, rate) {
    for (let i = 0; i < params.length; i++) params[i] -= rate * grads[i];
  },
  // With Nesterov's look-ahead, the default of sknn_scratch.
  momentum(params, grads, rate, { first: velocity }) {
    for (let i = 0; i < params.length; i++) {
      velocity[i] = MOMENTUM * velocity[i] - rate * grads[i];
      params[i] += MOMENTUM * velocity[i] - rate * grads[i];
    }
  },
  adam(params, grads, rate, memory) {
    const { first, second } = memory;
    const t = ++memory.nUpdates;
    const step = (rate * Math.sqrt(1 - BETA_2 ** t)) / (1 - BETA_1 ** t);
    for (let i = 0; i < params.length; i++) {
      first[i] = BETA_1 * first[i] + (1 - BETA_1) * grads[i];
      second[i] = BETA_2 * second[i] + (1 - BETA_2) * grads[i] ** 2;
      params[i] -= (step * first[i]) / (Math.sqrt(second[i]) + EPSILON);
    }
  },
};
