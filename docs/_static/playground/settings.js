// The settings: texts by name, as the controls and links have them, and what they mean.

export const DEFAULTS = {
  data: "moons",
  noise: "0.25",
  share: "50",
  data_seed: "7",
  pen: "-1",
  features: "x1,x2",
  n_hidden: "8",
  activation: "tanh",
  init: "random",
  init_scale: "0.5",
  seed: "1",
  solver: "adam",
  learning_rate: "0.03",
  batch_size: "0",
  alpha: "0",
  speed: "5",
};

export const meaningOf = (texts) => ({
  data: texts.data,
  noise: Number(texts.noise),
  share: Number(texts.share) / 100,
  dataSeed: Number(texts.data_seed),
  pen: texts.pen,
  features: texts.features.split(","),
  nHidden: Number(texts.n_hidden),
  activation: texts.activation,
  isAlike: texts.init === "alike",
  scale: Number(texts.init_scale),
  seed: Number(texts.seed),
  solver: texts.solver,
  learningRate: Number(texts.learning_rate),
  batchSize: Number(texts.batch_size),
  alpha: Number(texts.alpha),
  speed: Number(texts.speed),
});
