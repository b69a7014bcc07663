"""The engine of uncertain matches: Splink on DuckDB, told by a matching document."""

from .service import Engine, Means
from .settings import model_from_json, model_to_json

__all__ = ["Engine", "Means", "model_from_json", "model_to_json"]
