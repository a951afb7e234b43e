"""The devices that sync: what each said of itself, and whether it still may."""
