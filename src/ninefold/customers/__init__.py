"""Customers as authorised channels and partners see and change them: within a node, for a purpose, masked."""

from .browsing import Browsing
from .model import (
    PARTS,
    Consent,
    Customer,
    Given,
    Joining,
    Limits,
    Outcome,
    Page,
    Part,
    Status,
    Wanted,
)
from .service import Customers
from .sight import OwnSources, Sight
from .writing import Books, Writing

__all__ = [
    "PARTS", "Books", "Browsing", "Consent", "Customer", "Customers", "Given", "Joining", "Limits", "Outcome",
    "OwnSources", "Page", "Part", "Sight", "Status", "Wanted", "Writing",
]  # fmt: skip
