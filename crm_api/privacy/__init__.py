"""What a customer may ask of us by law: to see all that is kept, and to have it erased."""
