"""An org's own schema from files: descriptors, describes and SFDX source, as descriptor documents."""

from .reading import read_objects

__all__ = ["read_objects"]
