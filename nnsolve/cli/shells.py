"""What shells need otherwise than click has it; imported where a shell asks for completion."""

from __future__ import annotations

from typing import ClassVar

from click.shell_completion import FishComplete, add_completion_class


@add_completion_class
class Fish(FishComplete):
    """Cuts a proposal from its kind at the first comma alone: there are commas in descriptions, too."""

    source_template: ClassVar[str] = FishComplete.source_template.replace('split ","', 'split --max 1 ","')
