"""StarDist networks in torch, with the star-convex suppression of the stardist package."""
