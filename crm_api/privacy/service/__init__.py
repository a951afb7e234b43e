"""What a customer may ask of us by law."""
