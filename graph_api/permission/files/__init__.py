"""Files of the permission graph: tuples as CSV, JSON, JSONL and YAML, and OpenFGA's store files with their tests.

Everything takes and gives text, bytes and values; only `folder` opens files. A file is read as a whole or refused with
all that is wrong in it.
"""
