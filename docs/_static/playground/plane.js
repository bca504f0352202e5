// The plane: its map, the points, and how they are edited. A mouse drags a point; a click or a tap on the ground adds
// one, and on a training point chooses it; with the eraser, it removes one. A finger that moves scrolls the page. With
// the keyboard, arrows move a cross.

import { prepare } from "./chart.js";
import { EXTENT } from "./data.js";
import { boundary, paint } from "./maps.js";

const REACH = 0.2; // how near a click must be to a point
const [STEP, LARGE_STEP] = [0.1, 0.5]; // of the cross
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const [ENTER, ERASE] = [["Enter", " "], ["Delete", "Backspace"]];

const clip = (value) => Math.min(EXTENT, Math.max(-EXTENT, value));
const distance = ([x, y], [u, v]) => Math.hypot(x - u, y - v);

export class Plane {
  // edit: { isEraser(), add(place), choose(point), move(point, place), remove(point), look(place) }, or
  // null if nothing can be edited
  constructor(map, canvas, edit) {
    Object.assign(this, { map, canvas, edit, points: [], cross: null });
    if (!edit) return;
    canvas.addEventListener("pointerdown", (event) => this.grasp(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("click", (event) => this.press(event));
    canvas.addEventListener("keydown", (event) => this.type(event));
    canvas.addEventListener("blur", () => this.moveCross(null));
  }

  placeOf({ offsetX, offsetY }) {
    const { clientWidth, clientHeight } = this.canvas;
    return [EXTENT * ((2 * offsetX) / clientWidth - 1), EXTENT * (1 - (2 * offsetY) / clientHeight)];
  }

  nearest(place) {
    const near = this.points.filter((point) => distance(point.place, place) < REACH);
    return near.sort((a, b) => distance(a.place, place) - distance(b.place, place))[0];
  }

  grasp(event) {
    this.hasMoved = false;
    this.grasped = event.pointerType !== "touch" && !this.edit.isEraser() && this.nearest(this.placeOf(event));
    if (this.grasped) this.canvas.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (!this.grasped || !event.buttons) return;
    this.hasMoved = true;
    this.edit.move(this.grasped, this.placeOf(event));
  }

  press(event) {
    if (!this.hasMoved) this.change(this.placeOf(event), this.edit.isEraser());
    this.grasped = null;
  }

  change(place, isEraser) {
    const point = this.nearest(place);
    if (!isEraser && !point) this.edit.add(place);
    if (!isEraser && point && !point.isTest) this.edit.choose(point);
    if (isEraser && point) this.edit.remove(point);
  }

  type(event) {
    const cross = this.cross ?? [0, 0];
    if (event.key in ARROWS) {
      const step = event.shiftKey ? LARGE_STEP : STEP;
      this.moveCross(ARROWS[event.key].map((direction, i) => clip(Number((cross[i] + step * direction).toFixed(2)))));
    } else if (ENTER.includes(event.key)) this.change(cross, this.edit.isEraser());
    else if (ERASE.includes(event.key)) this.change(cross, true);
    else return;
    event.preventDefault();
  }

  moveCross(place) {
    this.cross = place;
    this.edit.look(place);
  }

  // map: what `paint` takes; line: values at whose change of sign a line is drawn, or null; fillOf: a point's colour
  // chosen: a point with a ring around it, or null
  draw({ map, line, train, test, fillOf, ink, chosen = null }) {
    this.points = [...train, ...test];
    paint(this.map, map);
    const { context, width, height } = prepare(this.canvas);
    Object.assign(context, { strokeStyle: ink, lineWidth: 2 });
    context.beginPath();
    for (const [from, to] of line ? boundary(line) : []) {
      context.moveTo(from[0] * width, from[1] * height);
      context.lineTo(to[0] * width, to[1] * height);
    }
    context.stroke();
    const toScreen = ([x, y]) => [(x / EXTENT + 1) * (width / 2), (1 - y / EXTENT) * (height / 2)];
    const dot = (point, shape) => {
      context.beginPath();
      shape(...toScreen(point.place));
      context.fillStyle = fillOf(point.target);
      context.fill();
      context.stroke();
    };
    Object.assign(context, { strokeStyle: "black", lineWidth: 0.8 });
    test.forEach((point) => dot(point, (x, y) => context.rect(x - 3, y - 3, 6, 6)));
    Object.assign(context, { strokeStyle: "white", lineWidth: 1 });
    train.forEach((point) => dot(point, (x, y) => context.arc(x, y, 5, 0, 2 * Math.PI)));
    if (chosen) {
      Object.assign(context, { strokeStyle: ink, lineWidth: 3 });
      dot(chosen, (x, y) => context.arc(x, y, 10, 0, 2 * Math.PI));
    }
    if (!this.cross) return;
    const [x, y] = toScreen(this.cross);
    context.fillStyle = ink;
    context.fillRect(x - 10, y - 1, 20, 2);
    context.fillRect(x - 1, y - 10, 2, 20);
  }
}
