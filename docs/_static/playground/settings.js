// The settings: texts by name, as the controls and links have them, and what they mean.

export const DEFAULTS = {
  ...{ data: "moons", noise: "0.25", share: "50", data_seed: "7", pen: "-1", features: "x1,x2" },
  ...{ n_hidden: "8", activation: "tanh", init: "random", init_scale: "0.5", seed: "1" },
  ...{ solver: "adam", learning_rate: "0.03", batch_size: "0", alpha: "0", speed: "5" },
};

const NUMBERS = { noise: "noise", data_seed: "dataSeed", n_hidden: "nHidden", init_scale: "scale", seed: "seed",
  learning_rate: "learningRate", batch_size: "batchSize", alpha: "alpha", speed: "speed" };

export const meaningOf = (texts) => ({
  ...{ data: texts.data, pen: texts.pen, activation: texts.activation, solver: texts.solver },
  share: Number(texts.share) / 100,
  features: texts.features.split(","),
  isAlike: texts.init === "alike",
  ...Object.fromEntries(Object.entries(NUMBERS).map(([name, ours]) => [ours, Number(texts[name])])),
});
