"""What ``spotscope bench`` prints: methods beside their baselines and the peers at hand."""
