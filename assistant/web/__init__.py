"""The FastAPI service: sockets, HTTP and the pages."""
