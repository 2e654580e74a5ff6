"""What wraps every request. Pure ASGI: the way to `/graphql` is hot."""
