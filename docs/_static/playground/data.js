// The data sets: points { place: [x, y], target, isTest }.

import { Random } from "./random.js";

export const EXTENT = 3; // the plane is [-3, 3] x [-3, 3]
const UNIT = 1 / 5000; // places and targets are multiples of it, so that a link can hold them
const N_POINTS = 200;
const [BLUE, ORANGE] = [-1, 1];

export const toUnits = (value) => Math.round(value / UNIT);
export const fromUnits = (n) => n * UNIT;
const rounded = (value) => fromUnits(toUnits(value));
const clipped = (place) => place.map((value) => rounded(Math.min(EXTENT, Math.max(-EXTENT, value))));

export function makePoint(place, target, isTest = false) {
  return { place: clipped(place), target: rounded(target), isTest };
}

const cell = (value) => Math.floor((value + EXTENT) / 2); // of the checkerboard, 3 x 3
const bump = ([x, y], [u, v]) => Math.exp(-((x - u) ** 2 + (y - v) ** 2) / 1.6);

// Two classes: the place of a point of one class, before the noise.
const CLASSES = {
  moons(sign, random) {
    const angle = Math.PI * random.uniform();
    return [1.5 * sign * (Math.cos(angle) - 0.5), 1.8 * sign * (Math.sin(angle) - 0.25)];
  },
  circles(sign, random) {
    const [radius, angle] = [sign === ORANGE ? 0.8 : 2.2, 2 * Math.PI * random.uniform()];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  xor(sign, random) {
    const corner = random.uniform() < 0.5 ? 1.3 : -1.3;
    return [corner + 0.3 * random.normal(), sign * corner + 0.3 * random.normal()];
  },
  blobs(sign, random) {
    return [sign + 0.4 * random.normal(), 0.6 * sign + 0.4 * random.normal()];
  },
  spirals(sign, random) {
    const turn = Math.sqrt(random.uniform());
    const [radius, angle] = [0.3 + 2.3 * turn, 2.6 * Math.PI * turn];
    return [sign * radius * Math.sin(angle), sign * radius * Math.cos(angle)];
  },
  checkerboard(sign, random) {
    for (;;) {
      const place = [0, 1].map(() => EXTENT * (2 * random.uniform() - 1));
      if ((cell(place[0]) + cell(place[1])) % 2 === (sign === ORANGE ? 0 : 1)) return place;
    }
  },
  own: null,
};

// Numbers: the target at a place.
const NUMBERS = {
  slope: ([x, y]) => x + 0.6 * y,
  hills: (place) =>
    bump(place, [1.3, 1.2]) - bump(place, [-1.3, 0.9]) + bump(place, [-0.8, -1.5]) - bump(place, [1.4, -1.3]),
};

// The loss that belongs to a data set.
export const lossOf = (name) => (name in NUMBERS ? "squared_error" : "logistic");

// Points in an order that can be cut: of two classes, every other point is orange.
export function makePoints(name, seed, noise) {
  const random = new Random(seed);
  if (name in NUMBERS) return numberPoints(NUMBERS[name], random, noise);
  const n = CLASSES[name] ? N_POINTS : 0;
  return Array.from({ length: n }, (_, i) => {
    const target = i % 2 ? ORANGE : BLUE;
    return makePoint(CLASSES[name](target, random).map((value) => value + noise * random.normal()), target);
  });
}

// The noise is in the targets. They get the mean 0 and the standard deviation 1, as in a regressor of sknn_scratch.
function numberPoints(height, random, noise) {
  const places = Array.from({ length: N_POINTS }, () => [0, 1].map(() => EXTENT * (2 * random.uniform() - 1)));
  const targets = places.map((place) => height(place) + noise * random.normal());
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const centre = mean(targets);
  const spread = Math.sqrt(mean(targets.map((target) => (target - centre) ** 2)));
  return places.map((place, i) => makePoint(place, (targets[i] - centre) / spread));
}

// The features that a network can be given, each as a function of the place.
export const FEATURES = {
  x1: ([x]) => x,
  x2: ([, y]) => y,
  "x1^2": ([x]) => x * x,
  "x2^2": ([, y]) => y * y,
  "x1 x2": ([x, y]) => x * y,
  "sin 2x1": ([x]) => Math.sin(2 * x),
  "sin 2x2": ([, y]) => Math.sin(2 * y),
};

export const rowOf = (place, features) => features.map((name) => FEATURES[name](place));

// Points as rows for the network.
export const rowsOf = (points, features) => ({
  X: points.map(({ place }) => rowOf(place, features)),
  targets: points.map(({ target }) => target),
});

// The first points are for training, the others for the test.
export function split(points, share) {
  const nTrain = Math.round(share * points.length);
  points.forEach((point, i) => (point.isTest = i >= nTrain));
}
