"""Everything that trains a network or runs one forward."""
