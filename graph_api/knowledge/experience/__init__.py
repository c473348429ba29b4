"""The circuit-breaker: no swarm ends before what its members learned is kept, or somebody answers for the loss."""
