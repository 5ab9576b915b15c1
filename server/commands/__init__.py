"""What the command `oqu` does, one file per subcommand."""
