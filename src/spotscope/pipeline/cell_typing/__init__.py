"""The Cell types step: spots, beads, tiles and several slices typed; what is held fixed."""
