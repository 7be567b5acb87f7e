"""What the product costs, beside the peer it is built on. See docs/benchmarks.md."""
