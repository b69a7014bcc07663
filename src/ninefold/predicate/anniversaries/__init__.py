"""Dates that come back every year, by the solar and by the Chinese calendar."""

from .days import DAYS_ALLOWED, DAYS_PATTERN, days_ahead, is_days, lunar_births, lunar_days, solar_days

__all__ = ["DAYS_ALLOWED", "DAYS_PATTERN", "days_ahead", "is_days", "lunar_births", "lunar_days", "solar_days"]
