"""A tenant of Infor whose keys are nobody's."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
