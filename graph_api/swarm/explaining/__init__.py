"""Why this team: what each member is worth to it, why somebody is not in it, and what each thing asked for costs."""
