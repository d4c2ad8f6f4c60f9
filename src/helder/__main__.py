"""``python -m helder`` is the same as ``helder``."""

from helder.cli import main

if __name__ == "__main__":
    main()
