"""What would be lost with people who leave, and the record of who asked about whom."""
