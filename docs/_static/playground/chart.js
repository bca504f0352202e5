// Lines over the epochs, with a logarithmic axis. Without epochs, only axes are drawn.

// A canvas that is sharp on every screen, cleared; its units are those of the page.
export function prepare(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [width * density, height * density];
  const context = canvas.getContext("2d");
  context.scale(density, density);
  return { context, width, height };
}

// The powers of ten between which the values lie, at most eight.
function powersOf(lines) {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of lines) {
    for (const value of values) {
      if (!(value > 0)) continue;
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  if (low > high) return lines[0].values.length ? null : [-2, 0];
  const top = Math.ceil(Math.log10(high));
  return [Math.max(top - 8, Math.min(top - 1, Math.floor(Math.log10(low)))), top];
}

const wordOf = (power) => (Math.abs(power) <= 2 ? `${Number(`1e${power}`)}` : `1e${power}`);

// lines: [{ values, color, dash }], a value an epoch
export function drawChart(canvas, lines, firstEpoch, { text, border, font }) {
  const { context, width, height } = prepare(canvas);
  const powers = powersOf(lines);
  if (!powers) return;
  const [bottom, top] = powers;
  const [left, base] = [36, height - 18];
  const n = Math.max(1, ...lines.map(({ values }) => values.length));
  const x = (i) => left + (n > 1 ? i / (n - 1) : 0.5) * (width - left - 4);
  const y = (value) => base - (base - 8) * Math.max(0, (Math.log10(Math.max(value, 1e-300)) - bottom) / (top - bottom));
  Object.assign(context, { font, fillStyle: text, strokeStyle: border });
  const every = Math.ceil((top - bottom) / 4);
  for (let power = bottom; power <= top; power += every) {
    context.strokeRect(left, y(10 ** power), width - left, 0);
    context.fillText(wordOf(power), 0, y(10 ** power) + 4);
  }
  context.fillText(firstEpoch, left, height - 4);
  context.textAlign = "right";
  context.fillText(firstEpoch + n - 1, width, height - 4);
  const every_n = Math.max(1, Math.floor(n / width)); // no more points than pixels
  for (const { values, color, dash } of lines) {
    Object.assign(context, { strokeStyle: color, fillStyle: color, lineWidth: 2 });
    context.setLineDash(dash);
    context.beginPath();
    for (let i = 0; i < values.length; i += every_n) context.lineTo(x(i), y(values[i]));
    if (values.length === 1) context.arc(x(0), y(values[0]), 1, 0, 7);
    context.stroke();
  }
}
