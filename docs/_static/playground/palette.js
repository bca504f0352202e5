// The colours, by what they mean. palette.css has them, for light and for dark pages.

const rgb = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
const mix = (from, to, share) => from.map((value, i) => value + share * (to[i] - value));

// Numbers from low to high: six steps of matplotlib's cividis.
const CIVIDIS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"].map(rgb);

// The colour at a share of a row of colours.
function along(colors, share) {
  const place = Math.min(1, Math.max(0, share)) * (colors.length - 1);
  const i = Math.min(colors.length - 2, Math.floor(place));
  return mix(colors[i], colors[i + 1], place - i);
}

// 256 colours for the values from -1 to 1, as the integers that pixels are made of.
const table = (colorAt) =>
  Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = colorAt(i / 127.5 - 1).map(Math.round);
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });

export const css = (color) => `rgb(${color.map(Math.round)})`;

export function palette() {
  const style = getComputedStyle(document.documentElement);
  const text = (name) => style.getPropertyValue(`--${name}`).trim();
  const color = (name) => rgb(text(name));
  const ground = color("ground");
  const [classes, signs] = [["class-0", "class-1"], ["negative", "positive"]].map((pair) => pair.map(color));
  const bySide = (pair, share) => (value) => mix(ground, pair[value > 0 ? 1 : 0], share(Math.abs(value)));
  return {
    text,
    sign: (value) => css(signs[value > 0 ? 1 : 0]),
    class: (target) => css(classes[target > 0 ? 1 : 0]),
    number: (value) => css(along(CIVIDIS, (value + 1) / 2)),
    // Of maps: of probabilities as 2 p - 1, of numbers, of hidden values.
    classTable: table(bySide(classes, (size) => 0.12 + 0.5 * size)),
    numberTable: table((value) => along(CIVIDIS, (value + 1) / 2)),
    signTable: table(bySide(signs, (size) => size)),
  };
}
