"""Replays: real histories of permissions, event by event, under a model written for them."""
