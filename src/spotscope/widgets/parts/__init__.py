"""Plain parts that every card is made of; they know nothing of slides."""
