"""Staff who leave: their keys and roles end, and their customers go to others, in one step that can be taken back."""

from .model import Departure, Order, Plan, Undone
from .service import Departures

__all__ = ["Departure", "Departures", "Order", "Plan", "Undone"]
