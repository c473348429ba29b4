"""What a dispatcher asks: how demand comes and goes, who is free for it, and how fairly work is shared."""
