"""Fits on a cluster of Dask or Ray. ``nox -s cluster`` runs these."""
