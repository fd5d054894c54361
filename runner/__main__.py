"""The entry of the command `lkrun`.

LiveKit's job processes run this module again as `__mp_main__`: it imports nothing before `main` is
called.
"""


def main() -> None:
    """Run the command line."""
    from runner.collecting import collect_rarely  # noqa: PLC0415 - see above

    collect_rarely()
    from runner.cli import run  # noqa: PLC0415 - see above

    run()


if __name__ == "__main__":
    main()
