"""Other systems that answer the same questions: run beside ours, and compared with it."""
