"""Tests of what makes a text valid, and of drafts out of notes and documents."""
