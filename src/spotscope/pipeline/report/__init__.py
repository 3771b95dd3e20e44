"""What a sample looks like on paper: the overview, figures and the page of a report."""
