"""The command line. A command is imported only when it is called, so that `--help` answers at once."""
