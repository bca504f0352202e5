"""Why a network learns nothing: one table of causes, for the warning of a fit and for ``diagnose``.

causes     the table: how each cause is measured, its remedy, and the findings that it explains
findings   what a line of the table is, and the finding that it makes
evidence   what is measured: a fitted network, its history, and rows as it sees them
features   the size, spread and outliers of each feature; how strongly the loss pulls at a new hidden unit
remedies   the options of a remedy that are left to a network
words      numbers in sentences, and tables of HTML
"""
