"""Bring the files of others that the pages use into the tree, and write down what they are.

``python tools/vendor.py`` packs each package of ``vendor.toml`` with npm, copies the files that are wanted, makes the
sprite of icons, and writes a ``vendor.lock`` into each folder: name, version, licence and sha256 of every file. A test
holds the files to their locks.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "vendor.toml"
LOCK = "vendor.lock"
SHAPES = re.compile(r"<(?:path|circle|rect|line|polyline|polygon|ellipse)\b[^>]*/>")


def main() -> int:
    """Fetch everything anew; return the exit code."""
    locks: dict[Path, list[str]] = {}
    for package in tomllib.loads(LIST.read_text("utf-8"))["package"]:
        folder = ROOT / package["into"]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            found = fetch(package, Path(name))
        for file, content in found.items():
            (folder / file).write_bytes(content)
            locks.setdefault(folder, []).append(entry(package, file, content))
    for folder, entries in locks.items():
        (folder / LOCK).write_text("\n".join(entries), "utf-8")
        print(f"{folder.relative_to(ROOT)}: {len(entries)} files")
    return 0


def fetch(package: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Return the wanted files of one package, by the name that they get here."""
    wanted = f"{package['name']}@{package['version']}"
    packed = subprocess.run(
        ["npm", "pack", "--silent", wanted], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    with tarfile.open(folder / packed) as archive:
        archive.extractall(folder, filter="data")
    inside = folder / "package"
    files = {name: (inside / path).read_bytes() for path, name in package["files"].items()}
    if "sprite" in package:
        files[package["sprite"]] = sprite(inside / "icons", package["icons"])
    return files


def sprite(folder: Path, names: list[str]) -> bytes:
    """Return one SVG with a symbol an icon; stroke and size come from where it is used."""
    symbols = "\n".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(shapes(folder / f"{name}.svg"))}</symbol>' for name in names
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'.encode()


def shapes(file: Path) -> list[str]:
    """Return the shapes of an icon, each on one line."""
    return [re.sub(r"\s+", " ", shape) for shape in SHAPES.findall(file.read_text("utf-8"))]


def entry(package: dict[str, Any], file: str, content: bytes) -> str:
    """Return what the lock says of one file (TOML)."""
    lines = {
        "file": file,
        "package": package["name"],
        "version": package["version"],
        "licence": package["licence"],
        "sha256": sha256(content).hexdigest(),
    }
    return "[[vendored]]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items())


if __name__ == "__main__":
    sys.exit(main())
