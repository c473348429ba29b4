"""People, skills, units, tasks and customers: the base graph and the commands that keep it."""
