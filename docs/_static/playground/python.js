// The same network in Python.

const SOLVERS = { adam: 'solver="adam"', momentum: 'solver="sgd"', sgd: 'solver="sgd", momentum=0' };

const feature = (name) => name.replace("^", "**").replace("x1 x2", "x1 * x2").replace(/sin 2(x\d)/, "sin(2 * $1)");

export function python(net, { features, scale, isAlike, solver, learningRate, batchSize, alpha }, words) {
  const name = net.loss === "logistic" ? "ShallowNNClassifier" : "ShallowNNRegressor";
  return [
    `# X: ${features.map(feature).join(", ")}`,
    ...(isAlike ? [`# ${words.pythonAlike}`] : []),
    `${name}(`,
    `    ${net.nHidden}, "${net.activation}", init_scale=${scale}, learning_rate=${learningRate},`,
    `    ${SOLVERS[solver]}, batch_size=${batchSize || "None"}, alpha=${alpha},`,
    ")",
  ].join("\n");
}
