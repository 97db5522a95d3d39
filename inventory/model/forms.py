"""The forms of what people write in settings, triggers and the command's options."""

from __future__ import annotations

import re

#: A region's name, such as us-ashburn-1.
REGION_NAME = re.compile(r"[a-z]+(-[a-z]+)+-\d+")
#: A resource type's name as Search has it.
TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
#: A structured query.
QUERY = re.compile(r"query\s+\S.*", re.IGNORECASE | re.DOTALL)
