"""What a text of experience is worth: whether it is valid, and drafts of one out of notes and documents."""
