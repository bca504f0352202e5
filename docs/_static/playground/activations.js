// Each activation beside its derivative: g(z), and g'(z) from z and a = g(z).

export const sigmoid = (z) => 1 / (1 + Math.exp(-z));
export const log1pExp = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))); // log(1 + exp(z)), without overflow

export const ACTIVATIONS = {
  tanh: [Math.tanh, (z, a) => 1 - a * a],
  relu: [(z) => (z > 0 ? z : 0), (z) => (z > 0 ? 1 : 0)],
  sigmoid: [sigmoid, (z, a) => a * (1 - a)],
  identity: [(z) => z, () => 1],
  leaky_relu: [(z) => (z > 0 ? z : 0.01 * z), (z) => (z > 0 ? 1 : 0.01)],
  elu: [(z) => (z > 0 ? z : Math.expm1(z)), (z) => (z > 0 ? 1 : Math.exp(z))],
  softplus: [log1pExp, sigmoid],
  silu: [(z) => z * sigmoid(z), (z, a) => sigmoid(z) + a * (1 - sigmoid(z))],
};

// A hidden value is saturated if the slope there, of either sign, is smaller than this, as in sknn_scratch.
export const SATURATED_SLOPE = 0.05;
// These are flat on one side by design: a unit there is off, and not saturated.
export const HINGES = ["relu", "leaky_relu"];
