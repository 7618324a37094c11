"""What the verbs of the command ``hrvit`` do, one a file; ``run(args)`` begins it."""
