"""What a gate does with its answers; each output has a thread of its own and delays nobody."""
