// The same network in Python.

const FEATURES = {
  x1: "x1",
  x2: "x2",
  "x1^2": "x1**2",
  "x2^2": "x2**2",
  "x1 x2": "x1 * x2",
  "sin 2x1": "sin(2 * x1)",
  "sin 2x2": "sin(2 * x2)",
};
const SOLVERS = { adam: 'solver="adam"', momentum: 'solver="sgd"', sgd: 'solver="sgd", momentum=0' };

export function python(net, { features, scale, isAlike, solver, learningRate, batchSize, penalty, alpha }, words) {
  const name = net.loss === "logistic" ? "ShallowNNClassifier" : "ShallowNNRegressor";
  const notes = [
    `# X: ${features.map((feature) => FEATURES[feature]).join(", ")}`,
    ...(isAlike ? [`# ${words.pythonAlike}`] : []),
    ...(penalty === "l1" && alpha ? [`# ${words.pythonL1}`] : []),
  ];
  const call = [
    `${name}(`,
    `    ${net.nHidden}, "${net.activation}", init_scale=${scale}, learning_rate=${learningRate},`,
    `    ${SOLVERS[solver]}, batch_size=${batchSize || "None"}, alpha=${penalty === "l2" ? alpha : 0},`,
    ")",
  ];
  return [...notes, ...call].join("\n");
}
