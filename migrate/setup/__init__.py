"""What an admin would rebuild by hand: the set-up of legacy chat as SFDX source of enhanced chat, to be reviewed."""

from .desk import Desk, read_desk, read_desk_of_org
from .project import Written, write_setup

__all__ = ["Desk", "Written", "read_desk", "read_desk_of_org", "write_setup"]
