"""Records as a store: migration, fast listing, verification, merging, pruning."""
