"""From a user's data to a training run, and from its result to fitted attributes."""
