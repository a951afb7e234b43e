"""Mobile sync: feeds for phones that work offline."""
