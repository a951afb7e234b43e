"""Pure rules of an import: from a row of text to a customer's facts."""
