"""Only root can make the small disks that fill up."""

from __future__ import annotations

import os

collect_ignore = [] if os.getuid() == 0 else ["test_disk_full.py"]
