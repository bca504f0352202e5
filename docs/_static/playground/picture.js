// The picture of a session, on the page and in scenes: its plane and diagram, and the curves of its training.

import { drawChart } from "./chart.js";
import { largest, sample } from "./maps.js";
import { palette } from "./palette.js";

const SPREAD = 2; // standard deviations of the numbers: the ends of their colours

// parts: { plane, diagram, grid }; preview: the unit whose map is on the plane, or null; told: what the diagram is told
export function drawNetwork(session, { plane, diagram, grid }, { preview, isSharp, hasTest, chosen, ...told }) {
  const { net, training: { params } } = session;
  const { outputs, hidden } = sample(net, params, grid);
  const colors = palette();
  const isClasses = net.loss === "logistic";
  const shade = isSharp ? Math.sign : (y) => Math.tanh(y / 2); // of 2 p - 1
  const size = largest(hidden);
  const maps = {
    output: isClasses
      ? { values: outputs.map(shade), size: 1, table: colors.classTable }
      : { values: outputs, size: SPREAD, table: colors.numberTable },
    hidden: hidden.map((values) => ({ values, size, table: colors.signTable })),
  };
  const isUnit = typeof preview === "number";
  plane.draw({
    map: isUnit ? maps.hidden[preview] : maps.output,
    line: isUnit ? hidden[preview] : isClasses ? outputs : null,
    ...{ train: session.trainPoints, test: hasTest ? session.testPoints : [], chosen },
    fillOf: isClasses ? colors.class : (target) => colors.number(target / SPREAD),
    ink: colors.text("training"),
  });
  diagram.update({ net, params, maps, colors, ...told });
}

// names: the colour of each curve, by its name; the second curve is dashed.
export function drawCurves(canvas, { training: { curves, epoch } }, names) {
  const { text } = palette();
  const style = getComputedStyle(canvas);
  const border = style.getPropertyValue("--pst-color-border");
  const axes = { text: style.color, border, font: `11px ${style.fontFamily}` };
  const lines = Object.entries(names).map(([name, color], i) => (
    { values: curves[name], color: text(color), dash: i ? [6, 4] : [] }
  ));
  drawChart(canvas, lines, epoch - lines[0].values.length + 1, axes);
}
