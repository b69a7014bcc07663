"""Tests of behaviour analysis."""
