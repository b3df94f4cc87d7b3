"""How fitted estimators and Keras objects are copied and stored."""
