"""From the columns of a table to the features of a network.

``pipeline`` makes the steps: ``table_encoder``, ``relevance`` and a network. The encoder of tables finds the
type of each column (``columns``) and its kind (``kinds``, with ``text``, ``dates`` and ``remarks``), makes
``features`` of them, and encodes those that are numbers (``encoder``, with ``pieces`` and ``bends``).
"""
