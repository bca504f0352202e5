// Formulas as MathML, with the symbols of the course, as in "dz_3 = dz^[2] w_3": ^[2] is the output layer. A gradient
// has the colour of its layer. A line may break where there is a "|".

const TOKEN = /([a-zση]+′?)(?:_\{([^}]*)\}|_(\d+))?(\^\[2\])?|\d[\d.]*(?:e[-+]?\d+)?|\S/giu;
const LAYER = "<mo stretchy='false'>[</mo><mn>2</mn><mo stretchy='false'>]</mo>";

const isGradient = (name) => /^d[wzb]$/.test(name);
const letters = (name) =>
  isGradient(name) || name === "g′" ? `<mrow><mi>${name[0]}</mi><mi>${name[1]}</mi></mrow>` : `<mi>${name}</mi>`;

function symbol(name, index = "", isOutput) {
  const made = `<msubsup>${letters(name)}<mn>${index}</mn><mrow>${isOutput ? LAYER : ""}</mrow></msubsup>`;
  return isGradient(name) ? `<mrow class="${isOutput ? "output-layer" : "hidden-layer"}">${made}</mrow>` : made;
}

function token([text, name, braced, digits, output]) {
  if (name) return symbol(name, braced ?? digits, Boolean(output));
  return /^\d/.test(text) ? `<mn>${text}</mn>` : `<mo stretchy="false">${text}</mo>`;
}

export function formula(text) {
  const parts = text.split("|").map((part) => Array.from(part.matchAll(TOKEN), token).join(""));
  return parts.map((part) => `<math>${part}</math>`).join(" ");
}
