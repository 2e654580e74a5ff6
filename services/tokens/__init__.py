"""What people and the treasury do with AZR. The ledger moves it."""
