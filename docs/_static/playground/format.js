// Numbers as texts.

const isTiny = (value) => value !== 0 && Math.abs(value) < 1e-3;

export const number = (value) => (isTiny(value) ? value.toExponential(1) : Number(value.toPrecision(3)));
const withSign = (value, textOf) => `${value < 0 ? "−" : ""}${textOf(Math.abs(value))}`;
export const signed = (value) => withSign(value, (size) => Number(number(size)));
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

// Two digits, also of a very large or small number, in little room.
const brief = (size) => (isTiny(size) || size >= 1e4 ? size.toExponential(1).replace("+", "") : +size.toPrecision(2));
export const short = (value) => withSign(value, brief);

// With so many decimals that two digits of a change are seen, if there is room for them.
export function beside(change, value) {
  const decimals = Math.max(2, 1 - Math.floor(Math.log10(Math.abs(change))));
  return decimals > 8 || Math.abs(value) >= 1e5 ? signed(value) : withSign(value, (size) => size.toFixed(decimals));
}

// Replaces the names in braces.
export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// The name of a feature as it is written.
export const subscript = (name) => name.replaceAll("x1", "x₁").replaceAll("x2", "x₂").replaceAll("^2", "²");
