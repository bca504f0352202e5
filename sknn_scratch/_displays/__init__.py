"""Plots of a fitted network: one module for each display."""
