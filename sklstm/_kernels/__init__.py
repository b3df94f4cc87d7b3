"""TensorFlow, started quietly, and what runs faster here than in stock Keras."""
