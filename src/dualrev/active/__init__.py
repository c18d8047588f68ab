"""What the numbers of both modes share: how NumPy reaches the rules, values, containers, writes in place."""
