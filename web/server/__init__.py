"""How bytes become requests, and answers bytes: uvicorn's HTTP protocol, in our form."""
