"""Files that belong to something: kept once by content, received in pieces, shown with care."""
