"""What is written to customers: templates and their approval, forbidden words, pools."""
