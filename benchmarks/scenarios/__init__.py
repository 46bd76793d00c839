"""One file per question that is measured. Each answers with figures by their keys in `rows.py`."""
