"""The engine: tuples in roaring bitmaps, models compiled over them, and every question answered from both."""
