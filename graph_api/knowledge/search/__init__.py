"""Search in the texts of knowledge items: what to ask, the index that answers, and what a viewer gets of it."""
