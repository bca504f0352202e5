// The loop that trains a session and draws.

const TRAINING_TIME = 25; // milliseconds for each picture, at most

export class Loop {
  // act: { settings(), draw(), show(isRunning), halt(trouble) }
  constructor(session, act) {
    Object.assign(this, { session, act, isRunning: false, due: 0 }); // epochs, since a picture may show less than one
  }

  run() {
    this.isRunning = true;
    this.act.show(true);
    this.next = requestAnimationFrame(() => this.frame());
  }

  pause() {
    this.isRunning = false;
    cancelAnimationFrame(this.next);
    this.act.show(false);
  }

  frame() {
    const settings = this.act.settings();
    this.due += settings.speed;
    const n = Math.floor(this.due);
    this.due -= n;
    const trouble = this.session.train(n, settings, TRAINING_TIME);
    this.session.look();
    this.act.draw();
    if (trouble) this.act.halt(trouble);
    else if (this.isRunning) this.next = requestAnimationFrame(() => this.frame());
  }
}
