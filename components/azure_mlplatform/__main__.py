"""The entry point of `mlplatform` and of `python -m azure_mlplatform`."""

import gc


def main() -> None:
    """Runs the command."""
    # A preview makes many objects and frees few. Without garbage collection it takes 14 % less time (docs/bench.md).
    gc.disable()
    try:
        from .cli.edge import run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run(_command)


def _command() -> None:
    from .cli.app import app

    app()


if __name__ == "__main__":
    main()
