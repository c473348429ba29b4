"""What becomes of a swarm after it was made: other days, absences of its people, its task's end, its own end."""
