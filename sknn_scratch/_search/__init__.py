"""Hyperparameter searches that train the networks of many candidates together."""
