"use strict";
// The playground's page: its controls, its canvases, and the loop that trains while they are drawn.
// The page holds all words, so that it can be in any language; network.js holds all mathematics.

(() => {
  const page = document.getElementById("playground");
  const get = (name) => page.querySelector(`[data-name="${name}"]`);
  const COLORS = { "-1": [0, 114, 178], 1: [230, 159, 0] }; // Okabe and Ito's blue and orange, of the classes
  const [LOW, HIGH] = [[33, 102, 172], [178, 24, 43]]; // of negative and positive hidden values
  const [EXTENT, GRID] = [3, 60]; // the plane is [-3, 3] x [-3, 3]; the maps have 60 x 60 points
  const MAX_EPOCHS = 20000;

  // --- What is trained ---

  const points = []; // { row: [x, y], sign: -1 or 1 }
  let seed = 0; // of the initial weights
  let [net, params, memory, history, state] = [];

  const setting = (name) => (get(name).type === "range" ? Number(get(name).value) : get(name).value);
  const initScale = () => (get("init_scale").value === get("init_scale").min ? 0 : 10 ** setting("init_scale"));
  const learningRate = () => 10 ** setting("learning_rate");

  function restart() {
    net = { nFeatures: 2, nHidden: setting("n_hidden"), activation: setting("activation") };
    params = Network.initialise(net, initScale(), Network.random(1000 + seed).normal);
    memory = {};
    history = { loss: [], normHidden: [], normOutput: [] };
    const unit = "<figure><canvas></canvas><figcaption></figcaption></figure>";
    get("units").innerHTML = unit.repeat(net.nHidden);
    change();
  }

  // Loss and gradient of the present weights.
  function measure() {
    const [rows, signs] = ["row", "sign"].map((key) => points.map((point) => point[key]));
    state = points.length ? Network.gradient(net, params, rows, signs) : null;
  }

  function trainEpochs(n) {
    for (let i = 0; i < n && state; i++) {
      if (!Number.isFinite(state.loss) || history.loss.length >= MAX_EPOCHS) return stop();
      for (const name in history) history[name].push(state[name]);
      Network.SOLVERS[setting("solver")](params, state.grads, learningRate(), memory);
      measure();
    }
  }

  function change() {
    measure();
    draw();
  }

  // --- Data sets ---

  const DATA = {
    moons(i, n, { normal }) {
      const [angle, side] = [(Math.PI * (i >> 1)) / (n / 2 - 1), i % 2 ? -1 : 1];
      const [x, y] = [1.5 * side * (Math.cos(angle) - 0.5), 1.8 * side * (Math.sin(angle) - 0.25)];
      return [x + 0.25 * normal(), y + 0.25 * normal()];
    },
    circles(i, n, { uniform, normal }) {
      const [radius, angle] = [i % 2 ? 0.8 : 2.2, 2 * Math.PI * uniform()];
      return [radius * Math.cos(angle) + 0.2 * normal(), radius * Math.sin(angle) + 0.2 * normal()];
    },
    xor(i, n, { uniform, normal }) {
      const corner = uniform() < 0.5 ? 1.3 : -1.3;
      return [corner + 0.4 * normal(), (i % 2 ? -corner : corner) + 0.4 * normal()];
    },
    blobs(i, n, { normal }) {
      const centre = i % 2 ? 1 : -1;
      return [centre + 0.6 * normal(), 0.6 * centre + 0.6 * normal()];
    },
    empty: null,
  };

  function loadData(name) {
    const [n, random] = [120, Network.random(7)];
    points.length = 0;
    for (let i = 0; DATA[name] && i < n; i++) points.push({ row: DATA[name](i, n, random), sign: i % 2 ? 1 : -1 });
    restart();
  }

  // --- Drawing ---

  const style = (name) => getComputedStyle(page).getPropertyValue(name).trim();
  const mix = (from, to, share) => from.map((value, i) => value + share * (to[i] - value));
  const ground = () => (document.documentElement.dataset.theme === "dark" ? [20, 24, 30] : [255, 255, 255]);

  // A canvas that is sharp on every screen, cleared; its units are those of the page.
  function prepare(canvas) {
    const { clientWidth: width, clientHeight: height } = canvas;
    const density = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [width * density, height * density];
    const context = canvas.getContext("2d");
    context.scale(density, density);
    return { context, width, height };
  }

  // Outputs and hidden values over the grid: one array of each, from the top left.
  function sample() {
    const [z, a] = [new Float64Array(net.nHidden), new Float64Array(net.nHidden)];
    const outputs = new Float64Array(GRID * GRID);
    const hidden = Array.from({ length: net.nHidden }, () => new Float64Array(GRID * GRID));
    for (let i = 0; i < GRID * GRID; i++) {
      const at = (k) => EXTENT * ((2 * (k + 0.5)) / GRID - 1);
      outputs[i] = Network.forward(net, params, [at(i % GRID), -at(Math.floor(i / GRID))], z, a);
      a.forEach((value, j) => (hidden[j][i] = value));
    }
    return { outputs, hidden };
  }

  // Fill a canvas with a colour for each point of the grid.
  function fillGrid({ context, width, height }, colorOf) {
    const small = new OffscreenCanvas(GRID, GRID);
    const image = new ImageData(GRID, GRID);
    for (let i = 0; i < GRID * GRID; i++) image.data.set([...colorOf(i), 255], 4 * i);
    small.getContext("2d").putImageData(image, 0, 0);
    context.drawImage(small, 0, 0, width, height);
  }

  // The line where the values over the grid change their sign, cell by cell.
  function drawBoundary({ context, width, height }, values) {
    context.beginPath();
    for (let i = 0; i < GRID - 1; i++) {
      for (let j = 0; j < GRID - 1; j++) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const crossings = [];
        corners.forEach(([x, y], k) => {
          const [nextX, nextY] = corners[(k + 1) % 4];
          const [from, to] = [values[y * GRID + x], values[nextY * GRID + nextX]];
          if (from > 0 === to > 0) return;
          const share = from / (from - to);
          crossings.push([x + share * (nextX - x) + 0.5, y + share * (nextY - y) + 0.5]);
        });
        crossings.forEach(([x, y], k) => {
          context[k % 2 ? "lineTo" : "moveTo"]((x / GRID) * width, (y / GRID) * height);
        });
      }
    }
    context.stroke();
  }

  const toScreen = ([x, y], { width, height }) => [(x / EXTENT + 1) * (width / 2), (1 - y / EXTENT) * (height / 2)];

  function drawPlane(sampled) {
    const [area, blank] = [prepare(get("plane")), ground()];
    const { context } = area;
    fillGrid(area, (i) => {
      const p = 1 / (1 + Math.exp(-sampled.outputs[i]));
      return mix(blank, COLORS[p > 0.5 ? 1 : -1], 0.1 + 0.9 * Math.abs(p - 0.5));
    });
    Object.assign(context, { strokeStyle: style("--pst-color-text-base"), lineWidth: 2 });
    drawBoundary(area, sampled.outputs);
    for (const { row, sign } of points) {
      context.beginPath();
      context.arc(...toScreen(row, area), 5, 0, 2 * Math.PI);
      Object.assign(context, { fillStyle: `rgb(${COLORS[sign]})`, strokeStyle: "white", lineWidth: 1 });
      context.fill();
      context.stroke();
    }
  }

  function drawUnits(sampled) {
    const blank = ground();
    const largest = sampled.hidden.reduce((most, map) => map.reduce((m, v) => Math.max(m, Math.abs(v)), most), 1e-9);
    [...get("units").children].forEach((unit, j) => {
      const area = prepare(unit.firstChild);
      const values = sampled.hidden[j];
      fillGrid(area, (i) => mix(blank, values[i] > 0 ? HIGH : LOW, Math.abs(values[i]) / largest));
      const weight = params[3 * net.nHidden + j];
      unit.lastChild.textContent = (weight < 0 ? "−" : "+") + Math.abs(weight).toPrecision(2);
    });
  }

  // Lines over the epochs, with a logarithmic axis from one power of ten to another.
  function drawChart(canvas, lines) {
    const area = prepare(canvas);
    const { context, width, height } = area;
    const powers = lines.flatMap((line) => line.values.map(Math.log10)).filter(Number.isFinite);
    const top = Math.ceil(powers.reduce((a, b) => Math.max(a, b), -8));
    const bottom = Math.max(top - 8, Math.floor(powers.reduce((a, b) => Math.min(a, b), top - 2)));
    const [left, base] = [34, height - 18];
    const y = (power) => base - (base - 6) * Math.max(0, (power - bottom) / (top - bottom));
    context.font = `11px ${style("--pst-font-family-base")}`;
    context.fillStyle = style("--pst-color-text-muted");
    context.strokeStyle = style("--pst-color-border");
    const every = Math.ceil((top - bottom) / 4);
    for (let power = bottom; power <= top; power += every) {
      context.strokeRect(left, y(power), width - left, 0);
      context.fillText(Math.abs(power) <= 2 ? Number(`1e${power}`) : `1e${power}`, 0, y(power) + 4);
    }
    const n = lines[0].values.length;
    context.textAlign = "right";
    context.fillText(n, width, height - 4);
    for (const { values, color } of lines) {
      Object.assign(context, { strokeStyle: color, lineWidth: 2 });
      context.beginPath();
      values.forEach((value, i) => context.lineTo(left + (i / (n - 1 || 1)) * (width - left), y(Math.log10(value))));
      context.stroke();
    }
  }

  function draw() {
    const sampled = sample();
    drawPlane(sampled);
    drawUnits(sampled);
    drawChart(get("loss-chart"), [{ values: history.loss, color: style("--pst-color-text-base") }]);
    const norms = [[history.normHidden, "--pst-color-link"], [history.normOutput, "--pst-color-secondary"]];
    drawChart(get("norm-chart"), norms.map(([values, color]) => ({ values, color: style(color) })));
    get("epochs").textContent = history.loss.length;
    get("loss").textContent = state ? state.loss.toPrecision(3) : "–";
    get("accuracy").textContent = state ? `${(100 * state.accuracy).toFixed(1)} %` : "–";
    showSettings();
  }

  // The settings beside their sliders, and as the same network in Python: all rows in a batch, no penalty.
  function showSettings() {
    const [scale, rate] = [initScale(), learningRate()].map((value) => Number(value.toPrecision(2)));
    const shown = { n_hidden: net.nHidden, init_scale: scale, learning_rate: rate };
    for (const name in shown) get(`${name}-value`).textContent = shown[name];
    const solver = setting("solver") === "sgd" ? '"sgd", momentum=0' : '"adam"';
    get("python").textContent = `ShallowNNClassifier(${net.nHidden}, "${net.activation}", init_scale=${scale}, \
learning_rate=${rate}, solver=${solver}, batch_size=None, alpha=0)`;
  }

  // --- The loop and the controls ---

  let running = false;

  function step() {
    if (!running) return;
    trainEpochs(setting("speed"));
    draw();
    requestAnimationFrame(step);
  }

  function run(on) {
    running = on;
    get("train").setAttribute("aria-pressed", on);
    requestAnimationFrame(step);
  }

  const stop = () => run(false);

  get("train").addEventListener("click", () => run(!running));
  get("step").addEventListener("click", () => {
    stop();
    trainEpochs(1);
    draw();
  });
  get("restart").addEventListener("click", () => {
    seed += 1;
    restart();
  });
  get("data").addEventListener("input", () => loadData(setting("data")));
  for (const name of ["activation", "n_hidden", "init_scale", "solver", "learning_rate"]) {
    get(name).addEventListener("input", name === "learning_rate" ? draw : restart);
  }

  // --- Points: drag one, press the ground to add one, press one twice to remove it ---

  const plane = get("plane");
  let dragged = null;

  const toPlane = ({ offsetX, offsetY }) => [offsetX / plane.clientWidth, 1 - offsetY / plane.clientHeight]
    .map((share) => EXTENT * Math.min(1, Math.max(-1, 2 * share - 1)));
  const nearest = ([x, y]) => points.find(({ row }) => Math.hypot(row[0] - x, row[1] - y) < 0.2);

  plane.addEventListener("pointerdown", (event) => {
    const place = toPlane(event);
    dragged = nearest(place);
    if (!dragged) points.push((dragged = { row: place, sign: Number(setting("class")) }));
    plane.setPointerCapture(event.pointerId);
    change();
  });
  plane.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    dragged.row = toPlane(event);
    change();
  });
  for (const end of ["pointerup", "pointercancel"]) plane.addEventListener(end, () => (dragged = null));
  plane.addEventListener("dblclick", (event) => {
    const point = nearest(toPlane(event));
    if (point) points.splice(points.indexOf(point), 1);
    change();
  });

  new ResizeObserver(draw).observe(page);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  loadData(setting("data"));
})();
