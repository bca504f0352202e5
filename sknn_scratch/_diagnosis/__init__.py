"""The diagnosis of a fitted network: measurements, findings, and the report."""
