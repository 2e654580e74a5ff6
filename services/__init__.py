"""What is allowed and what is written: commands, one transaction each."""
