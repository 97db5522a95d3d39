"""The README explains every statement that the deployment is given, in the words of the file they stand in.

`python -m tests.docs.test_permissions_section` prints the section as it is to be.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FEATURES = {
    "notifications": "always",
    "metrics": "unless `metrics_enabled` is false",
    "executive_summary": "only with `executive_summary`",
    "schedules": "only with the trigger `schedule`",
    "customer_key": "only with `kms_key_id`",
    "code_only": "only with `code_only`",
    "events": "unless there are no Events rules",
    "tracing": "only with `tracing_enabled`",
}


class _Placeholders(dict[str, str]):
    """Shows what is filled in at a deployment as people write it: `<bucket name>`."""

    def __missing__(self, name: str) -> str:
        return f"<{name.replace('_', ' ')}>"


def _shown(text: str) -> str:
    return Template(text).substitute(_Placeholders())


def _when(feature: str | None) -> str:
    when = FEATURES[feature] if feature else "always"
    return "" if when == "always" else f" ({when})"


def rendered() -> str:
    """Every role with its members, and every statement with its reason."""
    roles: dict[str, dict[str, Any]] = yaml.safe_load(
        (ROOT / "terraform" / "policies.yaml").read_text("utf-8")
    )
    lines: list[str] = []
    for role, told in roles.items():
        lines += [f"**{role.capitalize()}**{_when(told.get('if'))}: {told['purpose']}"]
        if "members" in told:
            lines += [f"Its dynamic group: `{_shown(told['members'])}`."]
        lines += [""]
        for statement in told["statements"]:
            lines += [
                f"- `{_shown(statement['allow'])}`{_when(statement.get('if'))}",
                f"  {statement['why']}",
            ]
        lines += [""]
    return "\n".join(lines)


def test_the_readme_tells_every_statement_and_why() -> None:
    assert rendered() in (ROOT / "README.md").read_text("utf-8")


if __name__ == "__main__":
    print(rendered())
