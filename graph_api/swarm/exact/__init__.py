"""The exact search for teams: branch and bound in whole milli-points, compiled."""
