// Maps: a value for each cell of a grid over the plane, as the colours of a canvas.

import { EXTENT, rowOf } from "./data.js";
import { forward } from "./network.js";

export const GRID = 40; // cells along each side
const PLACES = Array.from({ length: GRID * GRID }, (_, i) => {
  const at = (k) => EXTENT * ((2 * (k + 0.5)) / GRID - 1);
  return [at(i % GRID), -at(Math.floor(i / GRID))]; // from the top left
});

// The rows of all cells.
export const gridRows = (features) => PLACES.map((place) => rowOf(place, features));

// Outputs and hidden values over the grid.
export function sample(net, params, rows) {
  const [z, a] = [new Float64Array(net.nHidden), new Float64Array(net.nHidden)];
  const outputs = new Float64Array(rows.length);
  const hidden = Array.from({ length: net.nHidden }, () => new Float64Array(rows.length));
  rows.forEach((row, i) => {
    outputs[i] = forward(net, params, row, z, a);
    for (let j = 0; j < net.nHidden; j++) hidden[j][i] = a[j];
  });
  return { outputs, hidden };
}

export const largest = (maps) => maps.reduce((most, map) => map.reduce((m, v) => Math.max(m, Math.abs(v)), most), 1e-9);

// Colours a canvas of GRID x GRID pixels by values from -size to size.
export function paint(canvas, { values, size, table }) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(GRID, GRID);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = table[Math.round(127.5 * (1 + Math.min(1, Math.max(-1, values[i] / size || 0))))];
  }
  context.putImageData(image, 0, 0);
}

// The line where the values change their sign: pairs of places, each from 0 to 1, one pair a cell.
export function boundary(values) {
  const segments = [];
  for (let i = 0; i < GRID - 1; i++) {
    for (let j = 0; j < GRID - 1; j++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const crossings = corners.flatMap(([x, y], k) => {
        const [nextX, nextY] = corners[(k + 1) % 4];
        const [from, to] = [values[y * GRID + x], values[nextY * GRID + nextX]];
        if (from > 0 === to > 0) return [];
        const share = from / (from - to);
        return [[(x + share * (nextX - x) + 0.5) / GRID, (y + share * (nextY - y) + 0.5) / GRID]];
      });
      for (let k = 0; k + 1 < crossings.length; k += 2) segments.push([crossings[k], crossings[k + 1]]);
    }
  }
  return segments;
}
