"""The commands of ``hrvit``, one in each file; ``run(args)`` starts a command."""
