// Random numbers that depend on the seed alone (mulberry32). `state` is an integer with which they go on.

export class Random {
  constructor(state) {
    this.state = state | 0;
  }

  // In [0, 1).
  uniform() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  // Box and Muller.
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  shuffled(n) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor((i + 1) * this.uniform());
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
