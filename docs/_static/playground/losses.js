// The loss of one row, beside its derivative with respect to the output y; t is the target.

import { log1pExp } from "./activations.js";

export const LOSSES = {
  // Two classes: t is -1 or 1, and y is a logit.
  logistic: [(y, t) => log1pExp(-t * y), (y, t) => -t / (1 + Math.exp(t * y))],
  // Numbers.
  squared_error: [(y, t) => (y - t) ** 2 / 2, (y, t) => y - t],
};
