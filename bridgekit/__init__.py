"""What an adapter imports: all of it, and nothing else."""
