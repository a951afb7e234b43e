"""The day's approval: what managers rule about the messages of a day before these go out."""
