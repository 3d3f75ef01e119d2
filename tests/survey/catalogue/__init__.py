"""Tests of the catalogue's file."""
