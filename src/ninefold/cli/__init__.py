"""The `ninefold` command: parse, call the API, print."""


def main() -> None:
    """Entry of the console script."""
    from .main import run  # noqa: PLC0415 - heavy imports only when a command runs

    run()


__all__ = ["main"]
