"""What must be set before NumPy is imported."""

import os

# MKL rounds a product by where its arrays lie in memory, so the same fit can end with other bits; but not in
# this mode. The site says so to users, in guide/many_networks.
os.environ.setdefault("MKL_CBWR", "COMPATIBLE")
