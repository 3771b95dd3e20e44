"""Which type each nucleus is."""
