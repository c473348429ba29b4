"""Make up a labelled synthetic organization: a cross-border e-commerce seller that does not exist.

Everything follows from the scale, the seed and the day given; there is no IO, no clock and no other chance.
"""
