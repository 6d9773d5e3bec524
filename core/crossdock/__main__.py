"""`python -m crossdock` is `crossdock`."""

from crossdock.cli.main import main

if __name__ == "__main__":
    main()
