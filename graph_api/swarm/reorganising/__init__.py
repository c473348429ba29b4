"""Liquid reorganisation: whether a task is worth more than it costs to move people to it out of other swarms."""
