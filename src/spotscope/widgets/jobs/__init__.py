"""What runs on a thread: how far it is, how long it will take, and how layers wait for it."""
