"""The commands of the command line: a module each, whose `run` takes the parsed arguments and returns the exit code."""
