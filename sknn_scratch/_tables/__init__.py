"""From the columns of a table to the features of a network."""
