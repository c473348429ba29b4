"""What assembly asks of 100,000 people, in arrays that follow the log: who is free, who can what, who knows whom."""
