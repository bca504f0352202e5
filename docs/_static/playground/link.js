// The whole state as the part of the address after "#", and back: settings that are not the default, points that were
// changed by hand, and the weights with the solver's memory. Neither needs a server.

import { fromUnits, toUnits } from "./data.js";

function encodeBytes(array) {
  const text = btoa(String.fromCharCode(...new Uint8Array(array.buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decodeBytes(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}

// Places and targets are 16-bit integers.
function encodePoints(points) {
  const numbersOf = ({ place, target, isTest }) => [...[...place, target].map(toUnits), Number(isTest)];
  return encodeBytes(Int16Array.from(points.flatMap(numbersOf)));
}

function decodePoints(text) {
  const numbers = new Int16Array(decodeBytes(text).buffer);
  return Array.from({ length: numbers.length / 4 }, (_, i) => {
    const [x, y, target] = Array.from(numbers.subarray(4 * i, 4 * i + 3), fromUnits);
    return { place: [x, y], target, isTest: numbers[4 * i + 3] === 1 };
  });
}

// The numbers have seven digits in an address.
const encodeTraining = ({ params, memory, shuffle, epoch }) => ({
  epoch,
  updates: memory.nUpdates,
  shuffle: shuffle.state,
  weights: encodeBytes(Float32Array.from([...params, ...memory.first, ...memory.second])),
});

function decodeTraining(values) {
  const numbers = Float64Array.from(new Float32Array(decodeBytes(values.get("weights")).buffer));
  const n = numbers.length / 3;
  const [params, first, second] = [0, 1, 2].map((k) => numbers.slice(k * n, (k + 1) * n));
  const [epoch, nUpdates, shuffle] = ["epoch", "updates", "shuffle"].map((name) => Number(values.get(name)));
  return { params, memory: { first, second, nUpdates }, shuffle, epoch };
}

// settings and defaults: texts by name. points and training: null if they follow from the settings.
export function encode({ settings, points, training }, defaults) {
  const values = Object.entries(settings).filter(([name, value]) => value !== defaults[name]);
  if (points) values.push(["points", encodePoints(points)]);
  if (training) values.push(...Object.entries(encodeTraining(training)));
  return new URLSearchParams(values).toString();
}

// What `encode` was given, with all settings. Throws an error if the text is damaged.
export function decode(text, defaults) {
  const values = new URLSearchParams(text);
  const settings = Object.fromEntries(Object.keys(defaults).map((name) => [name, values.get(name) ?? defaults[name]]));
  return {
    settings,
    points: values.has("points") ? decodePoints(values.get("points")) : null,
    training: values.has("weights") ? decodeTraining(values) : null,
  };
}
