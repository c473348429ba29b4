"""Knowledge flow: who learned what from whom, when, over whom, and what is lost with whom. Pure over the graph."""
