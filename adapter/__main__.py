"""Starts the command line: `python -m adapter`."""

from adapter.cli.main import main

if __name__ == "__main__":
    main()
