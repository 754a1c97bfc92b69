"""The demo: fictional firms around Zhumadian with batches and recalls, told through the operations."""
