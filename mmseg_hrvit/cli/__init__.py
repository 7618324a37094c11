"""What the commands of ``hrvit`` do, one in each file; ``run(args)`` starts it."""
