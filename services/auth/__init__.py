"""Who someone is: passwords, access tokens, sessions."""
