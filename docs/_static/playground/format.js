// Numbers as texts.

const isTiny = (value) => value !== 0 && Math.abs(value) < 1e-3;

export const number = (value) => (isTiny(value) ? value.toExponential(1) : Number(value.toPrecision(3)));
export const signed = (value) => `${value < 0 ? "−" : ""}${Math.abs(number(value))}`;
export const short = (value) => signed(Number(value.toPrecision(2)));
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

// Replaces the names in braces.
export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// The name of a feature as it is written.
export const subscript = (name) => name.replaceAll("x1", "x₁").replaceAll("x2", "x₂").replaceAll("^2", "²");
