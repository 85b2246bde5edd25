"""Hand-driven peers of the interop cases: sockets and nothing of the project's. See ../README.md."""
