"""What is wrong with a fitted network: measured, judged, and put into words."""
