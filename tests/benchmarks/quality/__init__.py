"""How good are the networks with their defaults, on real sequences and series?"""
