"""What a file of a fitted ``tabular_pipeline`` names, beside the classes of ``sknn_scratch``.

These classes say how a column is read: its kind, and how its text is written. They are no API to call. Their
names here stay, so that files can be read whatever module a class moves to.
"""

from sknn_scratch._tables.encoders import Encoders
from sknn_scratch._tables.kind_of_dates import Dates, DatesInZones, Durations
from sknn_scratch._tables.kind_of_numbers import Numbers
from sknn_scratch._tables.kinds import Booleans, Categories, Nothing, Text
from sknn_scratch._tables.written_dates import DateStyle, DurationStyle
from sknn_scratch._tables.written_numbers import BooleanStyle, NumberStyle

__all__ = [
    "BooleanStyle",
    "Booleans",
    "Categories",
    "DateStyle",
    "Dates",
    "DatesInZones",
    "DurationStyle",
    "Durations",
    "Encoders",
    "Nothing",
    "NumberStyle",
    "Numbers",
    "Text",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
