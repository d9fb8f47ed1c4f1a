"""What several tests need: programs that they record, and servers on loopback."""
