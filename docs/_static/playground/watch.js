// Backpropagation for one point, step by step: forward to the loss, backward to the gradient, then the update. Each
// step has captions for the diagram, and the formulas of the course with the numbers of one hidden unit.

import { sigmoid } from "./activations.js";
import { beside, short, signed } from "./format.js";
import { formula } from "./formula.js";
import { biasAt, outputWeightAt, weightAt } from "./network.js";

const plain = (line) => line.replaceAll(/[|_{}^]/g, ""); // for a screen reader
const factor = (value) => (value < 0 ? `(${signed(value)})` : signed(value)); // in a product or after a minus

// Captions: [colour, text].
const caption = (color) => (name, value) => [color, `${name} ${short(value)}`];
const [value, ofHidden, ofOutput] = ["value", "hidden-layer", "output-layer"].map(caption);
const each = (values, captionsOf) => Array.from(values, (one, k) => captionsOf(one, k));
const ofChanges = ({ changes, net, x, units }) => ({
  weights: units.map((k) => each(x, (_, d) => value("Δ", changes[weightAt(net, d, k)]))),
  outputWeights: units.map((k) => [value("Δ", changes[outputWeightAt(net, k)])]),
});

// What a formula says of each parameter of the unit, and of the bias of the output.
const eachParameter = ({ n, x, net, before, changes, after, grads }, formulaOf) =>
  [
    ...x.map((_, d) => [`w_{${n},${d + 1}}`, `dw_{${n},${d + 1}}`, weightAt(net, d, n - 1)]),
    [`b_${n}`, `db_${n}`, biasAt(net, n - 1)],
    [`w_${n}`, `dw_${n}^[2]`, outputWeightAt(net, n - 1)],
    ["b^[2]", "db^[2]", before.length - 1],
  ].map(([name, slope, at]) => {
    const [from, to] = [before, after].map((params) => beside(changes[at], params[at]));
    return formulaOf({ name, slope, from, to, change: changes[at], grad: factor(grads[at]) });
  });

// Each step: its name, the way of the numbers, captions and formulas, of what `factsOf` knows.
const STEPS = [
  {
    name: "point",
    captions: ({ x }) => ({ inputs: each(x, (one) => [value("", one)]) }),
    formulas: ({ x, y }) => [[...x.map((one, d) => `x_${d + 1} = ${signed(one)}`), `y = ${signed(y)}`].join(" , | ")],
  },
  {
    name: "hidden",
    flow: "forward of-hidden",
    captions: ({ z, a }) => ({ units: each(z, (one, k) => [value("z", one), value("a", a[k])]) }),
    formulas: ({ n, x, z, a, weights, bias, activation }) => [
      `z_${n} = ${x.map((_, d) => `w_{${n},${d + 1}} x_${d + 1} + `).join(" | ")} | b_${n} | = ${
        x.map((one, d) => `${factor(weights[d])} · ${factor(one)} + `).join(" | ")} | ${factor(bias)} | = ${
        signed(z[n - 1])}`,
      `a_${n} = g ( z_${n} ) = ${activation} ( ${signed(z[n - 1])} ) | = ${signed(a[n - 1])}`,
    ],
  },
  {
    name: "output",
    flow: "forward of-output",
    captions: ({ a, output, p, loss }) => ({
      units: each(a, (one) => [value("a", one)]), output: [value("z", output), value("a", p), value("L", loss)],
    }),
    formulas: ({ n, a, outputWeight, outputBias, output, p, y, loss, isClasses }) => [
      `z^[2] = ⋯ + w_${n} a_${n} + ⋯ + b^[2] | = ⋯ + ${factor(outputWeight)} · ${factor(a[n - 1])} + ⋯ + ${
        factor(outputBias)} | = ${signed(output)}`,
      isClasses ? `a^[2] = σ ( z^[2] ) = ${signed(p)}` : `a^[2] = z^[2] = ${signed(p)}`,
      isClasses
        ? `L = − log ${y ? "a^[2]" : "( 1 − a^[2] )"} = ${signed(loss)}`
        : `L = ( a^[2] − y ) ² / 2 = ${signed(loss)}`,
    ],
  },
  {
    name: "error",
    captions: ({ p, y, deltaOutput }) => ({ output: [value("a", p), value("y", y), ofOutput("dz", deltaOutput)] }),
    formulas: ({ p, y, deltaOutput }) => [`dz^[2] = a^[2] − y = ${signed(p)} − ${factor(y)} | = ${signed(deltaOutput)}`],
  },
  {
    name: "share",
    flow: "backward of-output",
    captions: ({ slopes, shares, deltaHidden, deltaOutput }) => ({
      units: each(slopes, (slope, k) => [value("g′", slope), ofHidden("dz", deltaHidden[k])]),
      output: [ofOutput("dz", deltaOutput)], outputWeights: each(shares, (share) => [ofOutput("", share)]),
    }),
    formulas: ({ n, outputWeight, deltaOutput, shares, slopes, deltaHidden }) => [
      `dz^[2] w_${n} = ${factor(deltaOutput)} · ${factor(outputWeight)} | = ${signed(shares[n - 1])}`,
      `dz_${n} = dz^[2] w_${n} g′ ( z_${n} ) | = ${factor(shares[n - 1])} · ${factor(slopes[n - 1])} | = ${
        signed(deltaHidden[n - 1])}`,
    ],
  },
  {
    name: "gradient",
    flow: "backward of-hidden",
    captions: ({ x, deltaHidden, deltaOutput, hiddenGrads, outputGrads }) => ({
      inputs: each(x, (one) => [value("", one)]),
      units: each(deltaHidden, (delta) => [ofHidden("dz", delta)]), output: [ofOutput("dz", deltaOutput)],
      weights: each(hiddenGrads, (grads) => each(grads, (grad) => ofHidden("dw", grad))),
      outputWeights: each(outputGrads, (grad) => [ofOutput("dw", grad)]),
    }),
    formulas: ({ n, x, a, deltaOutput, outputGrads, deltaHidden, hiddenGrads }) => [
      `dw_${n}^[2] = dz^[2] a_${n} = ${factor(deltaOutput)} · ${factor(a[n - 1])} | = ${signed(outputGrads[n - 1])}`,
      ...x.map((one, d) => `dw_{${n},${d + 1}} = dz_${n} x_${d + 1} = ${
        factor(deltaHidden[n - 1])} · ${factor(one)} | = ${signed(hiddenGrads[n - 1][d])}`),
      `db_${n} = dz_${n} = ${signed(deltaHidden[n - 1])}`,
      `db^[2] = dz^[2] = ${signed(deltaOutput)}`,
    ],
  },
  {
    name: "update",
    captions: ofChanges,
    formulas: (facts) => eachParameter(facts, ({ name, slope, from, to, change, grad }) =>
      `${name} ← ${name} − η ${slope} | = ${from} − ${facts.rate} · ${grad} | = ${from} ${
        change < 0 ? "−" : "+"} ${signed(Math.abs(change))} | = ${to}`),
  },
  {
    name: "taken",
    captions: ofChanges,
    formulas: ({ loss, lossAfter, ...facts }) => [
      `L = ${[loss, lossAfter].map((one) => beside(lossAfter - loss, one)).join(" → ")}`,
      ...eachParameter(facts, ({ name, from, to, change }) => `Δ ${name} = ${signed(change)} : | ${from} → ${to}`),
    ],
  },
];
const TAKEN = STEPS.length - 1;

// All that a step needs to know; n is the number of the unit, from 1. `before` are the parameters.
function factsOf({ net }, { trace, before, rate, lossAfter }, n) {
  const changes = before.map((_, i) => -rate * trace.grads[i]);
  const units = Array.from({ length: net.nHidden }, (_, k) => k);
  const isClasses = net.loss === "logistic";
  return {
    ...trace,
    ...{ net, units, n, rate, before, changes, lossAfter, isClasses, activation: net.activation, x: trace.row },
    y: isClasses ? (trace.target + 1) / 2 : trace.target,
    p: isClasses ? sigmoid(trace.output) : trace.output,
    weights: trace.row.map((_, d) => before[weightAt(net, d, n - 1)]),
    ...{ bias: before[biasAt(net, n - 1)], outputWeight: before[outputWeightAt(net, n - 1)], outputBias: before.at(-1) },
    outputGrads: units.map((k) => trace.grads[outputWeightAt(net, k)]),
    hiddenGrads: units.map((k) => trace.row.map((_, d) => trace.grads[weightAt(net, d, k)])),
    after: before.map((one, i) => one + changes[i]),
  };
}

export class Watch {
  // act: { moved(), take() }
  constructor(get, words, act) {
    Object.assign(this, { get, words, act, point: null, step: 0, unit: 0 });
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    const on = (name, act) => get(name).addEventListener("click", act);
    on("watch-back", () => this.move(-1));
    on("watch-next", () => this.move(1));
    on("watch-take", act.take);
    on("watch-close", () => this.leave());
    get("watch").addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.leave();
      if (key in moves) this.move(moves[key]);
    });
  }

  open(point) {
    this.step = 0;
    this.show(point);
    this.get("watch").scrollIntoView({ block: "nearest" });
    this.get("watch-next").focus({ preventScroll: true });
  }

  leave() {
    this.show(null);
    this.get("watch-open").focus({ preventScroll: true });
  }

  show(point) {
    this.point = point;
    this.get("watch").hidden = !point;
    this.get("watch").parentElement.classList.toggle("watching", point);
    this.act.moved();
  }

  // After the step that was taken, it begins again.
  move(by) {
    this.step = this.step === TAKEN ? 0 : Math.max(0, Math.min(TAKEN - 1, this.step + by));
    this.act.moved();
  }

  // The step that would be taken now.
  made = (session, rate) => ({ before: session.training.params.slice(), trace: session.trace(this.point), rate });

  take(session, rate) {
    this.taken = this.made(session, rate);
    session.stepWith(this.point, rate);
    Object.assign(this.taken, { end: session.training.params.join(), lossAfter: session.trace(this.point).loss });
    this.step = TAKEN;
  }

  // Shows the step, and returns what the diagram shows of it.
  draw(session, settings) {
    const { get, words, taken } = this;
    if (this.step === TAKEN && taken.end !== session.training.params.join()) this.step = 0; // trained since
    const [step, unit] = [this.step, Math.min(this.unit, session.net.nHidden - 1)];
    const facts = factsOf(session, step === TAKEN ? taken : this.made(session, settings.learningRate), unit + 1);
    const list = get("watch-steps");
    list.innerHTML = STEPS.slice(0, step + 1).map(({ name, formulas }, i) => {
      const lines = formulas(facts);
      const [title, text] = words.steps[name];
      if (i === step) this.said = [`${title}.`, text, ...lines.map(plain)].join(" ");
      const head = i === step ? `<li aria-current="step"><b>${title}.</b> ${text}` : `<li><b>${title}</b>`;
      return `${head}${lines.map((line) => `<p>${formula(line)}</p>`).join("")}</li>`;
    }).join("");
    list.scrollTop = list.lastChild.offsetTop - list.offsetTop;
    get("watch-unit").textContent = `${words.unit} ${unit + 1}`;
    get("watch-back").disabled = step === 0 || step === TAKEN;
    get("watch-next").disabled = step === TAKEN - 1;
    get("watch-take").disabled = step < TAKEN - 1;
    return { ...STEPS[step], ...STEPS[step].captions(facts), unit };
  }
}
