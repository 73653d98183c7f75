"""Many operations in one request: composite, graph, batch, tree and collections."""
