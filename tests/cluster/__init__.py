"""Fits on a cluster of Dask or Ray. ``bash .ci/run cluster`` runs these."""
