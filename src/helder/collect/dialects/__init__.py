"""How each family of clients says what happened: from the bytes of its requests to items, one module a family. Pure."""
