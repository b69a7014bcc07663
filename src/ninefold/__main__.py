"""`python -m ninefold` is the `ninefold` command."""

from ninefold.cli import main

if __name__ == "__main__":
    main()
